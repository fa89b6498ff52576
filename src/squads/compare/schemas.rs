//! The schemas of comparisons: what `model` serializes.

use crate::http::object;
use crate::http::schema::{Schema, Text};
use crate::squads::analysis::schemas::{
    COUNT, COVERAGE, MAYBE_NAME, MAYBE_ROLE, MAYBE_SPECIALIZATION, ROLE, ROWS_MAX,
};
use crate::squads::compositions::schemas::{MAX_PLAYERS, MAX_SUBGROUPS, MEMBER_NAMES};
use crate::squads::functions::operations::FUNCTION_ID;

const NAME: Schema = Text::of(0, 100);
const DIFFERENCE: Schema = Schema::integer(-1_000, 1_000);
const MAYBE_COVERAGE: Schema = Schema::Nullable(&COVERAGE);

const SIDE: Schema = object! { "ComparedComposition":
    required composition_id: NAME, "Its id.";
    required name: NAME, "Its name.";
    required player_count: COUNT, "Places that are not open.";
};
const CHANGE: Schema = object! { "CoverageChange":
    required function: FUNCTION_ID, "Id of GET /game/functions.";
    required base: MAYBE_COVERAGE, "What the base has; null where it has no such subgroup.";
    required other: MAYBE_COVERAGE, "What the other has; null where it has no such subgroup.";
    required change: DIFFERENCE, "By how much the sum is greater in the other.";
};
const CHANGES: Schema = Schema::list(&CHANGE, 0, ROWS_MAX);
const SUBGROUP: Schema = object! {
    required subgroup: COUNT, "Counted from 1.";
    required coverage: CHANGES, "Functions with other numbers.";
};
const ROLE_CHANGE: Schema = object! {
    required role: ROLE, "Id of GET /game/roles, or none.";
    required base: COUNT, "Players in the base.";
    required other: COUNT, "Players in the other.";
    required change: DIFFERENCE, "By how many there are more in the other.";
};
const PLACED: Schema = object! { "PlacedPlayer":
    required subgroup: COUNT, "Counted from 1.";
    required slot: COUNT, "The place in it, counted from 1.";
    required player: MAYBE_NAME, "Their name, if it is given.";
    required player_id: MAYBE_NAME, "Their id in the team's roster, if it is given.";
    required build_id: MAYBE_NAME, "Their build, if it is given.";
    required specialization: MAYBE_SPECIALIZATION, "What they play.";
    required name: MAYBE_NAME, "Its name.";
    required role: MAYBE_ROLE, "What they are there for.";
};
const PLACED_LIST: Schema = Schema::list(&PLACED, 0, MAX_PLAYERS);
const PAIR: Schema = object! {
    required base: PLACED, "In the base.";
    required other: PLACED, "In the other.";
};
const PAIRS: Schema = Schema::list(&PAIR, 0, MAX_PLAYERS);

/// A comparison.
pub const COMPARISON: Schema = object! { "Comparison":
    required base: SIDE, "The one that is compared with.";
    required other: SIDE, "The one that is compared.";
    required changed: MEMBER_NAMES,
        "Members of the two that differ: also those of which nothing more is said here.";
    required subgroups: Schema::list(&SUBGROUP, 0, MAX_SUBGROUPS),
        "By their numbers; as many as the greater one has.";
    required squad: CHANGES, "The same of the squad as a whole.";
    required roles: Schema::list(&ROLE_CHANGE, 0, 100), "Roles of which there are more or fewer.";
    required players: object! { "PlayerChanges":
        required added: PLACED_LIST, "Only in the other.";
        required removed: PLACED_LIST, "Only in the base.";
        required moved: PAIRS, "In another subgroup.";
        required changed: PAIRS, "With another build, specialization or role.";
    }, "Who has come, gone, or changed.";
};
