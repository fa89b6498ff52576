//! How lists are asked for and answered, the same for all.

use serde_json::Value;

use crate::http::{FieldError, Page, Problem, Profile, Response, pagination};
use crate::lists::{Filters, Shown};
use crate::membership::lookup;
use crate::platform::Text;

use super::Context;

impl Context<'_> {
    /// What this list is narrowed by: `tag`, `q` and `team_id`, and facets by the parameters that give
    /// their values. `errors` are the mistakes that were found before.
    pub async fn filters<const N: usize>(
        &self,
        facets: [(&str, &'static str); N],
        mut errors: Vec<FieldError>,
    ) -> Result<Filters, Problem> {
        let (query, mut filters) = (&self.query, Filters::default());
        let tag = query.text("tag").map(|tag| tag.trim().to_lowercase());
        filters.facets.extend(tag.map(|tag| ("tag", tag)));
        let given = facets
            .into_iter()
            .filter_map(|(name, facet)| Some((facet, query.written(name)?)));
        filters.facets.extend(given);
        filters.search = query.text("q").map(str::to_lowercase);
        let user = self.caller.as_ref().map(|caller| &caller.user_id);
        let (platform, team) = (&self.state.platform, query.text("team_id"));
        let membership = lookup::named(platform, user, team, "?team_id", &mut errors).await?;
        filters.team = membership.map(|membership| membership.team);
        Problem::check(errors)?;
        Ok(filters)
    }

    /// What this list shows: by its caller, by `owner`, and by the team that it is narrowed by.
    pub fn shown(&self, filters: &Filters) -> Result<Shown<'_>, Problem> {
        Ok(
            match (&self.caller, self.query.text("owner"), &filters.team) {
                (Some(caller), Some(_), _) => Shown::Own(&caller.user_id),
                (_, None, Some(_)) => Shown::Team,
                (Some(caller), None, None) => Shown::Seen(&caller.user_id),
                (None, None, None) => Shown::Public,
                (None, Some(_), _) => {
                    return Err(Problem::login_required("owner=me needs an access token."));
                }
            },
        )
    }

    /// A page of this list: `items` are ids and documents in their order, one more than the page takes
    /// when there is a next one.
    pub fn page(&self, page: &Page, items: impl IntoIterator<Item = (String, Value)>) -> Response {
        let (data, last) = pagination::cut(page, items);
        self.listed(data, last)
    }

    /// A page of this list: a JSON array, and the id of its last item when more may follow.
    pub fn listed(&self, data: Text, last: Option<String>) -> Response {
        let path = [self.state.config.issuer.as_str(), &self.request.path].concat();
        pagination::respond(Profile::Private, data, last.as_deref(), &path, &self.query)
    }
}
