//! The call for an analysis.
//! Promises three statements at most, and that a team's scores are used for its members alone.
//! Leaves adding up to `model`, and who may see a composition to `compositions`.

use crate::builds;
use crate::context::Context;
use crate::game::model::REFERENCE_VERSION;
use crate::http::etag;
use crate::http::problem::Problem;
use crate::http::response::{Profile, Response};
use crate::ids::{TeamId, UserId};
use crate::platform::{DatabaseError, Platform, Text};
use crate::squads::compositions::handlers::find;
use crate::squads::compositions::model::{Composition, StoredComposition};
use crate::squads::functions::model::FUNCTIONS_VERSION;
use crate::squads::functions::scores::Edits;
use crate::teams::scores;

use super::model::{Facts, analyze};

/// The answer's words change with the code, and so must its tag.
const COMMIT: &str = env!("WVW_GIT_COMMIT");
/// What a team says that has said nothing.
pub const NO_SCORES: &str = "{}";

/// What an analysis is made of, as the database gave it.
pub struct Gathered {
    builds: Text,
    scores: String,
    balance_build: Option<i64>,
}

impl Gathered {
    /// Reads the builds of a composition that `user` may see, and the scores of `team`, whose
    /// member they have shown to be: two statements at most.
    pub async fn read(
        platform: &Platform,
        user: Option<&UserId>,
        team: Option<&TeamId>,
        plan: &Composition,
        balance_build: Option<i64>,
    ) -> Result<Self, DatabaseError> {
        let slots = plan.slots();
        let mut ids: Vec<&str> = slots.filter_map(|slot| slot.build_id.as_deref()).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(Self {
            builds: builds::store::facts(platform, user, &ids).await?,
            scores: read_scores(platform, team).await?,
            balance_build,
        })
    }

    /// The strong tag of the analysis of a composition in this version.
    pub fn etag(&self, stored: &StoredComposition) -> String {
        let numbers = format!("{} {:?}", stored.version, self.balance_build);
        let parts = [stored.id.as_str(), &numbers, self.builds.as_str()];
        tag(&[&parts[..], &[&self.scores]].concat())
    }

    /// The same as values.
    pub fn facts(&self) -> Result<Facts, Problem> {
        Ok(Facts {
            builds: serde_json::from_str(self.builds.as_str()).map_err(Problem::internal)?,
            edits: Edits::stored(&self.scores),
            balance_build: self.balance_build,
        })
    }
}

/// The strong tag of what is made of `parts` by this version of the service.
pub fn tag(parts: &[&str]) -> String {
    etag::of_parts(&[parts, &[FUNCTIONS_VERSION, REFERENCE_VERSION, COMMIT]].concat())
}

/// The scores of a team as they are kept.
pub async fn read_scores(
    platform: &Platform,
    team: Option<&TeamId>,
) -> Result<String, DatabaseError> {
    let kept = match team {
        Some(team) => scores::store::read(platform, team).await?,
        None => None,
    };
    Ok(kept.unwrap_or_else(|| NO_SCORES.to_owned()))
}

/// The team whose scores whoever reads this composition may use: outsiders see the defaults.
pub fn own_team(stored: &StoredComposition) -> Option<&TeamId> {
    stored.team.as_ref().filter(|_| stored.role.is_some())
}

/// Answers the JSON that `render` makes, unless the client has it.
pub fn answer(
    cx: &Context<'_>,
    tag: String,
    render: impl FnOnce() -> Result<String, Problem>,
) -> Result<Response, Problem> {
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Response::not_modified(Profile::Private, tag));
    }
    Ok(Response::text(200, Profile::Private, Text::Owned(render()?)).with_header("etag", tag))
}

/// GET /compositions/{id}/analysis
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let stored = find(cx).await?;
    let plan = Composition::parse(stored.document.as_str())?;
    let state = cx.state;
    let gathered = Gathered::read(
        &state.platform,
        cx.caller.as_ref().map(|caller| &caller.user_id),
        own_team(&stored),
        &plan,
        state.config.game_balance_build,
    )
    .await?;
    answer(cx, gathered.etag(&stored), || {
        serde_json::to_string(&analyze(&plan, &gathered.facts()?)).map_err(Problem::internal)
    })
}
