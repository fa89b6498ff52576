//! The request schema for placing players. Its list limits bound the search. `input` reads the members;
//! `answer_schema` has the response.

use crate::builds::schemas::ROLE;
use crate::http::object;
use crate::http::schema::{Schema, Text};
use crate::squads::functions::operations::SPECIALIZATION_ID;
use crate::squads::presets;

/// Players, at most.
pub const MAX_PLAYERS: usize = 50;
/// Subgroups, at most.
pub const MAX_SUBGROUPS: usize = 15;
/// Units that a build may bring of one function.
pub const SCORE_MAX: u32 = 100_000;
/// Moves unless asked for.
pub const DEFAULT_MOVES: u32 = 600_000;
/// Starts unless asked for.
pub const DEFAULT_STARTS: u32 = 2;
/// Candidates whom one may ask about.
const MAX_CANDIDATES: usize = 100;
/// Pairs of players.
const MAX_SETS: usize = MAX_PLAYERS * (MAX_PLAYERS - 1) / 2;

pub(super) const NAME: Schema = Text::name(1, 100);
pub(super) const PREFERENCE: Schema = Schema::integer(0, 1_000_000);
pub(super) const WEIGHT: Schema = Schema::integer(0, 1_000_000);
pub(super) const UNITS: Schema = Schema::integer(1, 100_000);
pub(super) const PLAYERS: Schema = Schema::integer(0, 50);
pub(super) const SUBGROUP: Schema = Schema::integer(1, 15);
pub(super) const SIZE: Schema = Schema::integer(1, 10);
const SQUAD_SIZE: Schema = Schema::integer(1, 50);
pub(super) const BUILD_NUMBER: Schema = Schema::integer(0, 9);
pub(super) const SEED: Schema = Schema::integer(0, 9_007_199_254_740_991);
pub(super) const MOVES: Schema = Schema::integer(1, 3_000_000);
pub(super) const STARTS: Schema = Schema::integer(1, 16);
pub(super) const KIND: Schema = Schema::Choice(&["party", "squad"]);
pub(super) const FUNCTION_ID: Schema = Text::name(1, 40);
const SCORES: Schema = Schema::raw(
    r#"{"type":"object","additionalProperties":{"type":"integer","minimum":0,"maximum":100000}}"#,
);
const TEAM_SCORES: Schema = Schema::raw(
    r#"{"type":"object","additionalProperties":{"type":"object","additionalProperties":{"type":"integer","minimum":0,"maximum":3}}}"#,
);
const PRESET: Schema = Schema::Nullable(&Schema::Choice(presets::IDS));

const BUILD: Schema = object! { "OwnedBuild":
    optional name: NAME, "For people.";
    optional specialization: SPECIALIZATION_ID,
        "Its scores are those of GET /game/functions, with scores of the body over them. Copies are counted by it.";
    optional role: ROLE, "What it counts as for the bounds of roles.";
    optional preference: PREFERENCE, "Points for letting the player play it: 0 unless given.";
    optional scores: SCORES, "Units that it brings, by function, over those of its specialization.";
};
const OWNED: Schema = Schema::list(&BUILD, 1, 10);
const PLAYER: Schema = object! { "PlayerToPlace":
    required name: NAME, "Tells players apart.";
    required builds: OWNED, "What the player can play; named by their places, from 0.";
};
const FUNCTION: Schema = object! {
    required id: FUNCTION_ID, "Id of GET /game/functions, or one of your own.";
    optional kind: KIND, "party: counted in each subgroup. squad: counted once.";
    optional weight: WEIGHT, "Points for each unit.";
    optional target: UNITS, "Units that count, in each subgroup or in the squad.";
};
const PIN: Schema = object! {
    required player: NAME, "Who: this player plays.";
    optional subgroup: SUBGROUP, "Where, counted from 1.";
    optional build: BUILD_NUMBER, "As what: the place of the build, from 0.";
};
const SET: Schema = Schema::list(&NAME, 2, 50);
const ROLE_BOUND: Schema = object! {
    required role: ROLE, "Id of GET /game/roles.";
    optional min: PLAYERS, "At least so many play it.";
    optional max: PLAYERS, "At most so many play it.";
};
const COPIES: Schema = object! {
    required specialization: SPECIALIZATION_ID, "Id of GET /game/specializations.";
    required max: PLAYERS, "At most so many play it.";
};
const PRESENT: Schema = object! {
    required player: NAME, "Who; players who are not in the body have left.";
    required subgroup: SUBGROUP, "Where, counted from 1.";
    required build: BUILD_NUMBER, "As what: the place of the build, from 0.";
};

/// Body of POST /squads/assign.
pub const INPUT: Schema = object! { "AssignmentInput":
    required players: Schema::list(&PLAYER, 1, MAX_PLAYERS), "Who is there.";
    optional preset: PRESET,
        "How many are planned for: the squad's targets are for so many. All players unless given.";
    optional functions: Schema::list(&FUNCTION, 1, 24),
        "Exactly what counts: at most 16 functions of kind party and 8 of kind squad. Those of GET /game/functions unless given; of them, what is left out here is as it is there.";
    optional scores: TEAM_SCORES, "Your own scores, as in PUT /teams/{id}/scores.";
    optional subgroups: SUBGROUP, "How many subgroups; as many as are needed unless given.";
    optional subgroup_size: SIZE, "Room of a subgroup; 5 unless given.";
    optional squad_size: SQUAD_SIZE, "At most so many play.";
    optional bench_max: PLAYERS, "At most so many are on the bench.";
    optional pins: Schema::list(&PIN, 0, 150), "Who must play, where, and as what.";
    optional together: Schema::list(&SET, 0, MAX_SETS), "Each list: in one subgroup, or all on the bench.";
    optional apart: Schema::list(&SET, 0, MAX_SETS), "Each list: no two in one subgroup.";
    optional roles: Schema::list(&ROLE_BOUND, 0, 50), "Bounds of roles, over the squad.";
    optional copies: Schema::list(&COPIES, 0, 100), "Bounds of specializations, over the squad.";
    optional copies_max: PLAYERS, "The same for every specialization that copies does not name.";
    optional present: Schema::list(&PRESENT, 1, MAX_PLAYERS),
        "Where players stand already: the answer is then the one with the fewest changes that was found within 0.5 % of the best.";
    optional candidates: Schema::list(&PLAYER, 0, MAX_CANDIDATES),
        "Who is not there and could be asked. All specializations of GET /game/functions unless given.";
    optional seed: SEED, "The same body and seed give the same answer; 1 unless given.";
    optional moves: MOVES, "How many moves are tried; 600,000 unless given.";
    optional starts: STARTS, "How many starts share them; 2 unless given.";
};
