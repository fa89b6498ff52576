//! The call for an analysis. It takes two statements, and a team's scores are used for its members
//! only. `model` adds up; `compositions` decides who may see a composition.

use std::collections::BTreeSet;

use crate::game::model::REFERENCE_VERSION;
use crate::http::{Problem, Profile, Response, etag};
use crate::ids::TeamId;
use crate::platform::{DatabaseError, Text};
use crate::runtime::Context;
use crate::squads::compositions::handlers::find;
use crate::squads::compositions::model::{Composition, Slot, StoredComposition};
use crate::squads::functions::model::FUNCTIONS_VERSION;
use crate::squads::functions::scores::Edits;

use super::model::{Facts, analyze, balance_tag};
use super::store;

/// Part of each tag: the answer's texts change with the code.
const COMMIT: &str = env!("WVW_GIT_COMMIT");

/// The inputs of an analysis besides the compositions, as JSON from the database.
pub struct Gathered {
    texts: [Text; 3],
    balance_build: Option<i64>,
}

impl Gathered {
    /// Reads, in one statement, what the caller may see of the builds and players that these compositions
    /// name, and the scores of `team`, of which they are a member.
    pub async fn read(
        cx: &Context<'_>,
        team: Option<&TeamId>,
        plans: &[&Composition],
    ) -> Result<Self, DatabaseError> {
        let user = cx.caller.as_ref().map(|caller| &caller.user_id);
        let named = |of: fn(&Slot) -> Option<&String>| -> Vec<&str> {
            let slots = plans.iter().flat_map(|plan| plan.slots());
            let ids: BTreeSet<&str> = slots.filter_map(of).map(String::as_str).collect();
            ids.into_iter().collect()
        };
        let builds = named(|slot| slot.build_id.as_ref());
        let players = named(|slot| slot.player_id.as_ref());
        let platform = &cx.state.platform;
        Ok(Self {
            texts: store::gather(platform, user, team, &builds, &players).await?,
            balance_build: cx.state.config.game_balance_build,
        })
    }

    /// The strong tag of an answer computed from `parts` and these inputs.
    pub fn etag(&self, parts: &[&str]) -> String {
        let number = balance_tag(self.balance_build);
        let [builds, players, scores] = self.texts.each_ref().map(Text::as_str);
        tag(&[parts, &[&number, builds, players, scores]].concat())
    }

    pub fn facts(&self) -> Result<Facts, Problem> {
        let [builds, players, scores] = self.texts.each_ref().map(Text::as_str);
        Ok(Facts {
            builds: serde_json::from_str(builds).map_err(Problem::internal)?,
            players: serde_json::from_str(players).map_err(Problem::internal)?,
            edits: Edits::stored(scores),
            balance_build: self.balance_build,
        })
    }
}

fn tag(parts: &[&str]) -> String {
    etag::of_parts(&[parts, &[FUNCTIONS_VERSION, REFERENCE_VERSION, COMMIT]].concat())
}

/// The team whose scores apply: only for its members; others get the defaults.
pub fn own_team(stored: &StoredComposition) -> Option<&TeamId> {
    stored.team.as_ref().filter(|_| stored.role.is_some())
}

/// Answers with the JSON of `render`, or 304.
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
    let mut plan = Composition::parse(stored.document.as_str())?;
    let gathered = Gathered::read(cx, own_team(&stored), &[&plan]).await?;
    let version = stored.version.to_string();
    answer(cx, gathered.etag(&[stored.id.as_str(), &version]), || {
        let facts = gathered.facts()?;
        facts.refresh(&mut plan);
        serde_json::to_string(&analyze(&plan, &facts)).map_err(Problem::internal)
    })
}
