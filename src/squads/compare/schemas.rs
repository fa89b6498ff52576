//! The schemas of comparisons: what `model` serializes.

use crate::http::schema::{Field, Schema, Text};
use crate::squads::analysis::schemas::{
    COUNT, COVERAGE, MAYBE_NAME, MAYBE_ROLE, MAYBE_SPECIALIZATION, ROLE, ROWS_MAX,
};
use crate::squads::compositions::schemas::{MAX_PLAYERS, MAX_SUBGROUPS, MEMBER_NAMES};
use crate::squads::functions::operations::FUNCTION_ID;

const NAME: Schema = Text::of(0, 100);
const DIFFERENCE: Schema = Schema::Integer {
    min: -1_000,
    max: 1_000,
};
const MAYBE_COVERAGE: Schema = Schema::Nullable(&COVERAGE);

const SIDE: Schema = Schema::Named(
    "ComparedComposition",
    &Schema::Object(&[
        Field::required("composition_id", &NAME, "Its id."),
        Field::required("name", &NAME, "Its name."),
        Field::required("player_count", &COUNT, "Places that are not open."),
    ]),
);
const CHANGE: Schema = Schema::Named(
    "CoverageChange",
    &Schema::Object(&[
        Field::required("function", &FUNCTION_ID, "Id of GET /game/functions."),
        Field::required(
            "base",
            &MAYBE_COVERAGE,
            "What the base has; null where it has no such subgroup.",
        ),
        Field::required(
            "other",
            &MAYBE_COVERAGE,
            "What the other has; null where it has no such subgroup.",
        ),
        Field::required(
            "change",
            &DIFFERENCE,
            "By how much the sum is greater in the other.",
        ),
    ]),
);
const CHANGES: Schema = Schema::List {
    items: &CHANGE,
    min: 0,
    max: ROWS_MAX,
};
const SUBGROUP: Schema = Schema::Object(&[
    Field::required("subgroup", &COUNT, "Counted from 1."),
    Field::required("coverage", &CHANGES, "Functions with other numbers."),
]);
const ROLE_CHANGE: Schema = Schema::Object(&[
    Field::required("role", &ROLE, "Id of GET /game/roles, or none."),
    Field::required("base", &COUNT, "Players in the base."),
    Field::required("other", &COUNT, "Players in the other."),
    Field::required(
        "change",
        &DIFFERENCE,
        "By how many there are more in the other.",
    ),
]);
const PLACED: Schema = Schema::Named(
    "PlacedPlayer",
    &Schema::Object(&[
        Field::required("subgroup", &COUNT, "Counted from 1."),
        Field::required("slot", &COUNT, "The place in it, counted from 1."),
        Field::required("player", &MAYBE_NAME, "Their name, if it is given."),
        Field::required(
            "player_id",
            &MAYBE_NAME,
            "Their id in the team's roster, if it is given.",
        ),
        Field::required("build_id", &MAYBE_NAME, "Their build, if it is given."),
        Field::required("specialization", &MAYBE_SPECIALIZATION, "What they play."),
        Field::required("name", &MAYBE_NAME, "Its name."),
        Field::required("role", &MAYBE_ROLE, "What they are there for."),
    ]),
);
const PLACED_LIST: Schema = Schema::List {
    items: &PLACED,
    min: 0,
    max: MAX_PLAYERS,
};
const PAIRS: Schema = Schema::List {
    items: &Schema::Object(&[
        Field::required("base", &PLACED, "In the base."),
        Field::required("other", &PLACED, "In the other."),
    ]),
    min: 0,
    max: MAX_PLAYERS,
};

/// A comparison.
pub const COMPARISON: Schema = Schema::Named(
    "Comparison",
    &Schema::Object(&[
        Field::required("base", &SIDE, "The one that is compared with."),
        Field::required("other", &SIDE, "The one that is compared."),
        Field::required(
            "changed",
            &MEMBER_NAMES,
            "Members of the two that differ: also those of which nothing more is said here.",
        ),
        Field::required(
            "subgroups",
            &Schema::List {
                items: &SUBGROUP,
                min: 0,
                max: MAX_SUBGROUPS,
            },
            "By their numbers; as many as the greater one has.",
        ),
        Field::required("squad", &CHANGES, "The same of the squad as a whole."),
        Field::required(
            "roles",
            &Schema::List {
                items: &ROLE_CHANGE,
                min: 0,
                max: 100,
            },
            "Roles of which there are more or fewer.",
        ),
        Field::required(
            "players",
            &Schema::Named(
                "PlayerChanges",
                &Schema::Object(&[
                    Field::required("added", &PLACED_LIST, "Only in the other."),
                    Field::required("removed", &PLACED_LIST, "Only in the base."),
                    Field::required("moved", &PAIRS, "In another subgroup."),
                    Field::required(
                        "changed",
                        &PAIRS,
                        "With another build, specialization or role.",
                    ),
                ]),
            ),
            "Who has come, gone, or changed.",
        ),
    ]),
);
