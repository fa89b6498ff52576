//! An analysis as a value: the response, and how it is assembled. It is a pure function of the
//! composition, its builds and the team's scores. `coverage`, `shortfalls` and `warnings` make its parts; `schemas`
//! describes their members.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize, Serializer};

use crate::squads::compositions::model::{Composition, Slot};
use crate::squads::functions::model::{
    Confidence, FUNCTION_IDS, FUNCTIONS, Scores, defaults_of, name_of,
};
use crate::squads::functions::scores::Edits;
use crate::squads::presets;

use super::coverage::{self, CoverageTally};
use super::{shortfalls, warnings};

#[derive(Debug, Serialize)]
pub struct Analysis<'a> {
    pub composition_id: &'a str,
    pub player_count: usize,
    pub planned_players: usize,
    pub subgroups: Vec<SubgroupCoverage<'a>>,
    pub squad: Vec<Coverage>,
    pub roles: Roles,
    pub shortfalls: Vec<Shortfall>,
    pub suggestions: Vec<Suggestions>,
    pub players: Vec<PlayerAdds<'a>>,
    pub warnings: Vec<Warning>,
    pub scores: Vec<ScoresUsed>,
}

#[derive(Debug, Serialize)]
pub struct SubgroupCoverage<'a> {
    pub subgroup: usize,
    pub name: &'a str,
    pub player_count: usize,
    pub coverage: Vec<Coverage>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    pub function: &'static str,
    pub sum: u16,
    pub target: Option<u16>,
    pub covered: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_others: Option<FromOthers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subgroups: Option<Spread>,
}

/// What the players of a subgroup get from the others of it: for each the sum without their own
/// score. It reaches five, those who bring it first; above five players nothing more is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FromOthers {
    pub least: u16,
    pub players: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spread {
    pub covered: usize,
    pub worst: Option<usize>,
}

#[derive(Debug, Serialize)]
pub struct Roles {
    pub preset: Option<&'static str>,
    pub counts: Vec<RoleCount>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct RoleCount {
    pub role: &'static str,
    pub have: u16,
    pub open: u16,
    pub target: Option<u16>,
    pub missing: u16,
}

#[derive(Debug, Serialize)]
pub struct Shortfall {
    pub code: &'static str,
    pub function: Option<&'static str>,
    pub role: Option<&'static str>,
    pub subgroup: Option<usize>,
    pub importance: u16,
    pub have: u16,
    pub target: u16,
    pub text: String,
}

#[derive(Debug, Serialize)]
pub struct Suggestions {
    pub function: &'static str,
    pub specializations: Vec<Suggestion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    pub specialization: u8,
    pub name: &'static str,
    pub score: u8,
}

#[derive(Debug, Serialize)]
pub struct PlayerAdds<'a> {
    pub pointer: String,
    pub subgroup: usize,
    pub player: Option<&'a str>,
    pub player_id: Option<&'a str>,
    pub specialization: Option<u8>,
    pub name: Option<&'static str>,
    pub role: Option<&'a str>,
    #[serde(serialize_with = "by_function")]
    pub adds: Scores,
    pub only_source_of: Vec<&'static str>,
}

/// A member for each function that is brought: fifty players bring four hundred of them, and a list
/// of objects would be twice the bytes.
fn by_function<S: Serializer>(scores: &Scores, serializer: S) -> Result<S::Ok, S::Error> {
    let brought = FUNCTION_IDS.iter().zip(scores);
    serializer.collect_map(brought.filter(|(_, score)| **score > 0))
}

/// Something that looks wrong but is allowed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    pub code: &'static str,
    pub pointers: Vec<String>,
    pub text: String,
}

#[derive(Debug, Serialize)]
pub struct ScoresUsed {
    pub specialization: u8,
    pub name: &'static str,
    pub confidence: Option<Confidence>,
    pub edited: Vec<EditUsed>,
}

#[derive(Debug, Serialize)]
pub struct EditUsed {
    pub function: &'static str,
    pub default: u8,
    pub score: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BuildFacts {
    pub id: String,
    pub profession: String,
    /// Its elite specialization, or the last of its core ones.
    pub specialization: Option<u8>,
    /// The game's build number it was made for.
    pub game_build: Option<i64>,
    /// The specialization in its third slot.
    pub elite: Option<u16>,
    pub weapons: Option<Vec<Numbered>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Numbered {
    pub id: u16,
}

/// The inputs of an analysis besides the composition.
#[derive(Debug, Default)]
pub struct Facts {
    pub builds: Vec<BuildFacts>,
    /// Id and name of the roster's players that the caller may see.
    pub players: Vec<(String, String)>,
    pub edits: Edits,
    /// The game build of the last balance change, if configured.
    pub balance_build: Option<i64>,
}

impl Facts {
    /// The build of a slot, if the caller sees it.
    pub fn build_of(&self, slot: &Slot) -> Option<&BuildFacts> {
        let id = slot.build_id.as_deref()?;
        self.builds.iter().find(|build| build.id == id)
    }

    /// The roster's name of a slot's player.
    pub fn roster_name(&self, slot: &Slot) -> Option<&str> {
        let id = slot.player_id.as_deref()?;
        let found = self.players.iter().find(|(player, _)| player == id);
        found.map(|(_, name)| name.as_str())
    }

    /// Updates a composition's copies of builds and names; what the caller may not see stays as it was.
    pub fn refresh(&self, plan: &mut Composition) {
        for slot in plan.subgroups.iter_mut().flat_map(|it| &mut it.slots) {
            if let Some(build) = self.build_of(slot) {
                slot.specialization = build.specialization;
                slot.profession = Some(build.profession.clone());
            }
            if slot.player.is_none() {
                slot.player = self.roster_name(slot).map(str::to_owned);
            }
        }
    }
}

/// Analyses a composition after [`Facts::refresh`].
pub fn analyze<'a>(plan: &'a Composition, facts: &Facts) -> Analysis<'a> {
    let tally = CoverageTally::of(plan, &facts.edits);
    let roles = coverage::roles(plan);
    let planned_players = presets::size_of(plan.preset.as_deref(), &plan.mode);
    let (shortfalls, suggestions) = shortfalls::find(&tally, planned_players, &roles, &facts.edits);
    Analysis {
        composition_id: &plan.id,
        player_count: tally.players.len(),
        planned_players,
        subgroups: coverage::subgroups(plan, &tally),
        squad: coverage::squad(&tally, planned_players),
        players: coverage::players(plan, &tally),
        warnings: warnings::find(plan, &tally, facts),
        scores: scores_used(&tally, &facts.edits),
        roles,
        shortfalls,
        suggestions,
    }
}

fn scores_used(tally: &CoverageTally, edits: &Edits) -> Vec<ScoresUsed> {
    let players = tally.players.iter();
    let ids: BTreeSet<u8> = players.filter_map(|it| it.specialization).collect();
    let used = |id: u8| {
        let defaults = defaults_of(id);
        let edited = edits.of(id).iter().map(|edit| EditUsed {
            function: FUNCTIONS[edit.function].id,
            default: defaults.map_or(0, |row| row.scores[edit.function]),
            score: edit.score,
        });
        ScoresUsed {
            specialization: id,
            name: name_of(id),
            confidence: defaults.map(|row| row.confidence),
            edited: edited.collect(),
        }
    };
    ids.into_iter().map(used).collect()
}

/// The game build of the last balance change, as part of a tag.
pub fn balance_tag(build: Option<i64>) -> String {
    build.map_or_else(|| "none".to_owned(), |build| build.to_string())
}
