//! The schemas of analyses: what `model` serializes.

use crate::http::object;
use crate::http::schema::{Schema, Text};
use crate::squads::compositions::schemas::{MAX_PLAYERS, MAX_SUBGROUPS};
use crate::squads::functions::operations::{
    CONFIDENCE, FUNCTION_ID, SCORE, SCORES_BROUGHT, SPECIALIZATION_ID,
};

/// Words of a stable code.
const CODE: Schema = Text::of(1, 40);
const WORDS: Schema = Text::of(1, 1_000);
const NAME: Schema = Text::of(0, 100);
/// A number that is small.
pub const COUNT: Schema = Schema::integer(0, 1_000);
const MAYBE_COUNT: Schema = Schema::Nullable(&COUNT);
const PERCENT: Schema = Schema::Nullable(&Schema::integer(0, 100));
/// A name that may not be given.
pub const MAYBE_NAME: Schema = Schema::Nullable(&NAME);
/// A specialization, if there is one.
pub const MAYBE_SPECIALIZATION: Schema = Schema::Nullable(&SPECIALIZATION_ID);
/// What a player is there for; players without a role are counted as `none`.
pub const ROLE: Schema = Text::of(1, 40);
/// A role that may not be given.
pub const MAYBE_ROLE: Schema = Schema::Nullable(&ROLE);
const MAYBE_FUNCTION: Schema = Schema::Nullable(&FUNCTION_ID);
const POINTER: Schema = Text::of(1, 100);
const FUNCTIONS_MAX: usize = 100;
/// Coverage has a row for each function.
pub const ROWS_MAX: usize = FUNCTIONS_MAX;

const FROM_OTHERS: Schema = object! {
    required least: COUNT, "What the one gets who gets least: whoever brings most.";
    required players: COUNT,
        "How many get the target from the others, or anything where there is no target. Five at most, those who bring it first: it reaches five, so above five players nothing more is reached.";
};
const SPREAD: Schema = object! {
    required covered: COUNT,
        "How many subgroups have their target, or anything where there is none.";
    required worst: MAYBE_COUNT,
        "The first of the subgroups that have least, counted from 1; null without subgroups.";
};
/// The numbers of one function.
pub const COVERAGE: Schema = object! { "Coverage":
    required function: FUNCTION_ID, "Id of GET /game/functions.";
    required sum: COUNT, "The scores of all, added up.";
    required target: MAYBE_COUNT,
        "The sum that is enough; null where nobody is asked for it, as no subgroup is for what is done for the squad. In the squad it is for planned_players: for what is done for allies, the target of a subgroup for each five of them.";
    required covered: PERCENT,
        "Percent of the target, rounded down, 100 at most. In the squad, what a subgroup has beyond its target does not count for others.";
    optional from_others: FROM_OTHERS,
        "In subgroups, for what is done for allies: what players get from the others of the subgroup, which is for each of them the sum without what they bring themselves.";
    optional subgroups: SPREAD, "In the squad, for what is done for allies: how it is spread.";
};
const COVERAGES: Schema = Schema::list(&COVERAGE, 0, FUNCTIONS_MAX);
const SUBGROUP: Schema = object! { "SubgroupCoverage":
    required subgroup: COUNT, "Counted from 1, as the game does.";
    required name: NAME, "Its name; may be empty.";
    required player_count: COUNT, "Places that are not open.";
    required coverage: COVERAGES,
        "A row for each function: of what is done for the squad, what this subgroup brings.";
};
const ROLE_COUNT: Schema = object! {
    required role: ROLE, "Id of GET /game/roles, or none.";
    required have: COUNT, "Players.";
    required open: COUNT, "Open places that are kept for it.";
    required target: MAYBE_COUNT, "What the preset asks for.";
    required missing: COUNT, "How many it asks for beyond those that are there.";
};
const ROLES: Schema = object! { "RoleCounts":
    required preset: MAYBE_NAME, "What it is measured by.";
    required counts: Schema::list(&ROLE_COUNT, 0, 100),
        "A row for each role that someone has or that the preset asks for.";
};
const SUGGESTION: Schema = object! {
    required specialization: SPECIALIZATION_ID, "Id of GET /game/specializations.";
    required name: NAME, "Its name.";
    required score: SCORE, "How good it is at it.";
};
const SHORTFALL: Schema = object! { "CoverageShortfall":
    required code: CODE,
        "none_in_subgroup, low_in_subgroup, none_in_squad, low_in_squad or role_short.";
    required function: MAYBE_FUNCTION, "What there is too little of; null for role_short.";
    required role: MAYBE_ROLE, "Whom there are too few of; only for role_short.";
    required subgroup: MAYBE_COUNT, "Where, counted from 1; null for the squad.";
    required importance: Schema::integer(1, 100), "100: the squad falls without it.";
    required have: COUNT, "How much there is.";
    required target: COUNT, "How much is enough.";
    required text: WORDS, "The same in words.";
};
const SUGGESTIONS: Schema = object! { "Suggestions":
    required function: FUNCTION_ID, "Id of GET /game/functions.";
    required specializations: Schema::list(&SUGGESTION, 0, 3),
        "Who would bring it, the best first.";
};
const PLAYER: Schema = object! { "PlayerAdds":
    required pointer: POINTER, "JSON Pointer into the composition.";
    required subgroup: COUNT, "Counted from 1.";
    required player: MAYBE_NAME,
        "Their name, if it is given; else, for members of the team, as the roster has it.";
    required player_id: MAYBE_NAME, "Their id in the team's roster, if it is given.";
    required specialization: MAYBE_SPECIALIZATION, "What they play.";
    required name: MAYBE_NAME, "Its name.";
    required role: MAYBE_ROLE, "What they are there for.";
    required adds: Schema::Object(&SCORES_BROUGHT),
        "What they bring, from 1 to 3; functions that they do not bring are left out.";
    required only_source_of: Schema::list(&FUNCTION_ID, 0, FUNCTIONS_MAX),
        "What nobody else brings: in the subgroup for what is done for allies, else in the squad.";
};
const WARNING: Schema = object! { "CompositionWarning":
    required code: CODE,
        "subgroup_over_five, no_stability, open_slots, duplicate_player, missing_build, stale_build, unknown_game_build or weapon_gating.";
    required pointers: Schema::list(&POINTER, 1, MAX_PLAYERS),
        "JSON Pointers into the composition.";
    required text: WORDS, "What it is, and what to do about it.";
};
const EDIT: Schema = object! {
    required function: FUNCTION_ID, "Id of GET /game/functions.";
    required default: SCORE, "What it was.";
    required score: SCORE, "What the team has made of it.";
};
const SCORES_USED: Schema = object! { "ScoresUsed":
    required specialization: SPECIALIZATION_ID, "Id of GET /game/specializations.";
    required name: NAME, "Its name.";
    required confidence: Schema::Nullable(&CONFIDENCE),
        "How well the defaults are known; null where there are none, and what is not edited counts as 0.";
    required edited: Schema::list(&EDIT, 0, FUNCTIONS_MAX), "What the team sees otherwise.";
};

/// An analysis.
pub const ANALYSIS: Schema = object! { "Analysis":
    required composition_id: NAME, "The composition.";
    required player_count: COUNT, "Places that are not open.";
    required planned_players: COUNT,
        "How many the targets of the squad are for, however many are there: those of the preset, else 50 for a blob, 15 for gvg, 10 for havoc, 5 for roaming, and 30.";
    required subgroups: Schema::list(&SUBGROUP, 0, MAX_SUBGROUPS), "In their order.";
    required squad: COVERAGES, "A row for each function.";
    required roles: ROLES, "Who is there for what.";
    required shortfalls: Schema::list(&SHORTFALL, 0, 1_000),
        "What is missing, the most important first.";
    required suggestions: Schema::list(&SUGGESTIONS, 0, FUNCTIONS_MAX),
        "Who would bring what is missing, once for each function.";
    required players: Schema::list(&PLAYER, 0, MAX_PLAYERS),
        "In the order of the places; open ones are left out.";
    required warnings: Schema::list(&WARNING, 0, 1_000), "What looks wrong.";
    required scores: Schema::list(&SCORES_USED, 0, MAX_PLAYERS),
        "Where the scores of the specializations in it come from.";
};
