//! The call for a comparison. It takes three statements at most. `model` finds the differences;
//! `compositions` decides who may see a composition or an earlier version of it.

use crate::auth::permissions::WriteCompositions;
use crate::http::{FieldError, Problem, Response};
use crate::ids::TeamId;
use crate::platform::Text;
use crate::runtime::Context;
use crate::squads::analysis::handlers::{Gathered, answer, own_team};
use crate::squads::compositions::handlers::{find, find_by};
use crate::squads::compositions::model::Composition;
use crate::squads::versions;

use super::model::compare;

/// GET /compositions/{id}/compare/{other}
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let base = find(cx).await?;
    let [from, to] = ["base_version", "other_version"].map(|name| cx.query.integer(name));
    if from.is_some() || to.is_some() {
        if cx.param("other") != cx.param("id") {
            return Err(Problem::invalid(vec![FieldError::new(
                ["?other_version", "?base_version"][usize::from(from.is_some())],
                "conflicting_fields",
                "Versions are compared within one composition: use its id for both.",
            )]));
        }
        if cx.caller.is_none() {
            return Err(Problem::login_required(
                "What a composition was needs an access token.",
            ));
        }
        let grant = base.grant_to(&cx.permit::<WriteCompositions>()?)?;
        let numbers = [from, to].map(|number| number.unwrap_or(base.version));
        let found = versions::store::pair(&cx.state.platform, &grant, numbers).await?;
        let texts = found.ok_or_else(Problem::not_found)?;
        return compared(cx, own_team(&base), texts.each_ref(), numbers).await;
    }
    let other = find_by(cx, cx.param("other")).await?;
    // Both are compared by the same scores.
    let team = own_team(&base).or_else(|| own_team(&other));
    let numbers = [base.version, other.version];
    compared(cx, team, [&base.document, &other.document], numbers).await
}

/// Compares two documents in these versions by the scores of `team`.
async fn compared(
    cx: &Context<'_>,
    team: Option<&TeamId>,
    documents: [&Text; 2],
    versions: [i64; 2],
) -> Result<Response, Problem> {
    let [base, other] = documents.map(|it| Composition::parse(it.as_str()));
    let (mut base, mut other) = (base?, other?);
    let gathered = Gathered::read(cx, team, &[&base, &other]).await?;
    let [from, to] = versions.map(|version| version.to_string());
    let tag = gathered.etag(&[&base.id, &other.id, &from, &to]);
    answer(cx, tag, || {
        let facts = gathered.facts()?;
        facts.refresh(&mut base);
        facts.refresh(&mut other);
        serde_json::to_string(&compare(&base, &other, &facts.edits)).map_err(Problem::internal)
    })
}
