//! The call on presets, for the OpenAPI document.

use crate::builds::schemas::ROLE;
use crate::game::operations::TABLE;
use crate::http::operation::{Answer, Content, Operation};
use crate::http::schema::{Field, Schema, Text};

use super::IDS;

/// Players of a squad, or of one role in it.
const COUNT: Schema = Schema::Integer { min: 0, max: 50 };
const TARGET: Schema = Schema::Object(&[
    Field::required("role", &ROLE, "Id of GET /game/roles."),
    Field::required("count", &COUNT, "How many players of it."),
]);
const PRESET: Schema = Schema::Named(
    "Preset",
    &Schema::Object(&[
        Field::required("id", &Schema::Choice(IDS), "Stable, snake_case."),
        Field::required("name", &Text::of(1, 100), "For people."),
        Field::required("players", &COUNT, "How many players it has."),
        Field::required(
            "targets",
            &Schema::List {
                items: &TARGET,
                min: 1,
                max: 12,
            },
            "By role: they add up to players.",
        ),
    ]),
);

/// GET /game/presets
pub const PRESETS: Operation = Operation {
    id: "list_presets",
    summary: "List squad presets",
    response: Answer {
        status: 200,
        about: "All of them, on one page.",
        content: Content::Page(
            &PRESET,
            r#"{"id":"gvg_15","name":"GvG, 15","players":15,"targets":[{"role":"primary_support","count":3},{"role":"secondary_support","count":3},{"role":"melee_dps","count":6},{"role":"ranged_dps","count":2},{"role":"strip","count":1},{"role":"roamer","count":0}]}"#,
        ),
    },
    ..TABLE
};
