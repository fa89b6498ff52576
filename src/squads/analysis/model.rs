//! An analysis as a value: the response, and how it is assembled. It is a pure function of the
//! composition, its builds and the team's scores. `coverage`, `shortfalls` and `warnings` make its parts.

use serde::{Deserialize, Serialize, Serializer};

use crate::squads::compositions::model::{Composition, Slot};
use crate::squads::functions::model::{
    Confidence, FUNCTION_IDS, FUNCTIONS, Scores, defaults_of, name_of,
};
use crate::squads::functions::scores::Edits;
use crate::squads::presets;

use super::coverage::{self, Tally};
use super::{shortfalls, warnings};

/// What is told of a composition.
#[derive(Debug, Serialize)]
pub struct Analysis<'a> {
    /// The composition.
    pub composition_id: &'a str,
    /// Places that are not open.
    pub player_count: usize,
    /// How many it is planned for: the targets of the squad are for so many.
    pub planned_players: usize,
    /// What the subgroups have, in their order.
    pub subgroups: Vec<SubgroupCoverage<'a>>,
    /// What the squad has.
    pub squad: Vec<Coverage>,
    /// Who is there for what.
    pub roles: Roles,
    /// What is missing, the most important first.
    pub shortfalls: Vec<Shortfall>,
    /// Who would bring it, once for each function that is missing somewhere.
    pub suggestions: Vec<Suggestions>,
    /// What each player adds, in the order of the places.
    pub players: Vec<PlayerAdds<'a>>,
    /// What looks wrong.
    pub warnings: Vec<Warning>,
    /// The scores of the specializations that are in it.
    pub scores: Vec<ScoresUsed>,
}

/// What a subgroup has.
#[derive(Debug, Serialize)]
pub struct SubgroupCoverage<'a> {
    /// Counted from 1, as the game does.
    pub subgroup: usize,
    /// Its name; may be empty.
    pub name: &'a str,
    /// Places that are not open.
    pub player_count: usize,
    /// One row for each function.
    pub coverage: Vec<Coverage>,
}

/// How much there is of one function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Id of `GET /game/functions`.
    pub function: &'static str,
    /// The scores of all, added up.
    pub sum: u16,
    /// The sum that is enough; none where nobody is asked for it.
    pub target: Option<u16>,
    /// Percent of the target, 100 at most.
    pub covered: Option<u16>,
    /// In a subgroup, of what is done for allies: what players get from the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_others: Option<FromOthers>,
    /// In the squad, of what is done for allies: how it is spread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subgroups: Option<Spread>,
}

/// What the players of a subgroup get from the others of it: for each the sum without their own
/// score. It reaches five, those who bring it first; above five players nothing more is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FromOthers {
    /// What the one gets who gets least, which is whoever brings most.
    pub least: u16,
    /// How many get as much as the target, or anything where there is none; five at most.
    pub players: usize,
}

/// How the subgroups share what there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// How many have as much as is asked of a subgroup, or anything where nothing is.
    pub covered: usize,
    /// The first of those that have least, counted from 1.
    pub worst: Option<usize>,
}

/// Who is there for what.
#[derive(Debug, Serialize)]
pub struct Roles {
    /// The kind of squad it is measured by.
    pub preset: Option<&'static str>,
    /// A row for each role that someone has or that the preset asks for.
    pub counts: Vec<RoleCount>,
}

/// How many there are of a role.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct RoleCount {
    /// Id of `GET /game/roles`, or `none` for players without one.
    pub role: &'static str,
    /// Players.
    pub have: u16,
    /// Open places that are kept for it.
    pub open: u16,
    /// What the preset asks for.
    pub target: Option<u16>,
    /// How many the preset asks for beyond those that are there.
    pub missing: u16,
}

/// Something that is missing.
#[derive(Debug, Serialize)]
pub struct Shortfall {
    /// What kind: stable, `snake_case`.
    pub code: &'static str,
    /// What there is too little of.
    pub function: Option<&'static str>,
    /// Whom there are too few of.
    pub role: Option<&'static str>,
    /// Where, counted from 1; null for the squad.
    pub subgroup: Option<usize>,
    /// From 100 (all is lost without it) to 1.
    pub importance: u16,
    /// How much there is.
    pub have: u16,
    /// How much is enough.
    pub target: u16,
    /// The same in a commander's words.
    pub text: String,
}

/// Who would bring a function.
#[derive(Debug, Serialize)]
pub struct Suggestions {
    /// Id of `GET /game/functions`.
    pub function: &'static str,
    /// The best first.
    pub specializations: Vec<Suggestion>,
}

/// A specialization that would help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// Its id.
    pub specialization: u8,
    /// Its name.
    pub name: &'static str,
    /// How good it is at it, from 1 to 3.
    pub score: u8,
}

/// What a player adds.
#[derive(Debug, Serialize)]
pub struct PlayerAdds<'a> {
    /// JSON Pointer to the place in the composition.
    pub pointer: String,
    /// The subgroup, counted from 1.
    pub subgroup: usize,
    /// Their name, if it is given.
    pub player: Option<&'a str>,
    /// Their id in the team's roster, if it is given.
    pub player_id: Option<&'a str>,
    /// What they play.
    pub specialization: Option<u8>,
    /// Its name.
    pub name: Option<&'static str>,
    /// What they are there for.
    pub role: Option<&'a str>,
    /// What they bring.
    #[serde(serialize_with = "by_function")]
    pub adds: Scores,
    /// Functions that nobody else brings: in the subgroup for what is done for allies, else in the
    /// squad.
    pub only_source_of: Vec<&'static str>,
}

/// A member for each function that is brought: fifty players bring four hundred of them, and a list
/// of objects would be twice the bytes.
fn by_function<S: Serializer>(scores: &Scores, serializer: S) -> Result<S::Ok, S::Error> {
    let brought = FUNCTION_IDS.iter().zip(scores);
    serializer.collect_map(brought.filter(|(_, score)| **score > 0))
}

/// Something that looks wrong. Nothing here is forbidden.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What kind: stable, `snake_case`.
    pub code: &'static str,
    /// JSON Pointers to the places in the composition.
    pub pointers: Vec<String>,
    /// What it is, and what to do about it.
    pub text: String,
}

/// Where the scores of a specialization come from.
#[derive(Debug, Serialize)]
pub struct ScoresUsed {
    /// The specialization.
    pub specialization: u8,
    /// Its name.
    pub name: &'static str,
    /// How well the defaults are known; null where there are none.
    pub confidence: Option<Confidence>,
    /// What the team sees otherwise.
    pub edited: Vec<EditUsed>,
}

/// A score that the team sees otherwise.
#[derive(Debug, Serialize)]
pub struct EditUsed {
    /// Id of `GET /game/functions`.
    pub function: &'static str,
    /// What it was.
    pub default: u8,
    /// What the team has made of it.
    pub score: u8,
}

/// What a warning may need to know of a build that the caller sees.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BuildFacts {
    /// Its id.
    pub id: String,
    /// Its profession.
    pub profession: String,
    /// Its elite specialization, or the last of its core ones.
    pub specialization: Option<u8>,
    /// The game's build number it was made for.
    pub game_build: Option<i64>,
    /// What is in its third slot.
    pub elite: Option<u16>,
    /// Its weapon types.
    pub weapons: Option<Vec<Numbered>>,
}

/// A weapon type: only the id is of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Numbered {
    /// The game's id.
    pub id: u16,
}

/// What an analysis is made of, beside the composition.
#[derive(Debug, Default)]
pub struct Facts {
    /// The builds of the composition that the caller sees.
    pub builds: Vec<BuildFacts>,
    /// Players of the roster whose names the caller may know: id and name.
    pub players: Vec<(String, String)>,
    /// What the team sees otherwise.
    pub edits: Edits,
    /// The game's build number of the last change of balance, if the operator has set it.
    pub balance_build: Option<i64>,
}

impl Facts {
    /// The build of a place, if the caller sees it.
    pub fn build_of(&self, slot: &Slot) -> Option<&BuildFacts> {
        let id = slot.build_id.as_deref()?;
        self.builds.iter().find(|build| build.id == id)
    }

    /// What the roster calls the player of a place.
    pub fn roster_name(&self, slot: &Slot) -> Option<&str> {
        let id = slot.player_id.as_deref()?;
        let found = self.players.iter().find(|(player, _)| player == id);
        found.map(|(_, name)| name.as_str())
    }

    /// Brings a composition up to date: a build may be played otherwise by now than when it was put
    /// there, and the roster may have the names. What the caller does not see stays as it was copied.
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

/// Adds a composition up, as [`Facts::refresh`] has left it.
pub fn analyze<'a>(plan: &'a Composition, facts: &Facts) -> Analysis<'a> {
    let tally = Tally::of(plan, &facts.edits);
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

fn scores_used(tally: &Tally, edits: &Edits) -> Vec<ScoresUsed> {
    let mut ids: Vec<u8> = tally
        .players
        .iter()
        .filter_map(|p| p.specialization)
        .collect();
    ids.sort_unstable();
    ids.dedup();
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

/// The game's build number of its last change of balance, as a part of a tag.
pub fn balance_tag(build: Option<i64>) -> String {
    build.map_or_else(|| "none".to_owned(), |build| build.to_string())
}
