//! The call for a comparison, for the OpenAPI document.

use crate::http::operation::{Answer, Condition, Content, Operation, PLAIN};
use crate::http::problems;
use crate::http::schema::{Field, Schema, Text};
use crate::squads::analysis::operations::TAG;

use super::schemas::COMPARISON;

const VERSION: Schema = Schema::Integer {
    min: 1,
    max: 4_000_000_000,
};
const EXAMPLE: &str = include_str!("comparison.example.json");

/// GET /compositions/{id}/compare/{other}
pub const GET: Operation = Operation {
    id: "compare_compositions",
    tag: TAG,
    summary: "Compare two compositions",
    description: "Lists only what differs; changes are those from the base ({id}) to the other. Players are found again by their id in the roster, else by their name whatever its case; places without either by what is played. Both are measured by the same scores: those of the base's team if you are in it, else of the other's team, else the defaults. With {other} the same as {id}, base_version and other_version compare two versions of it, for those who may change it.",
    path: &[
        Field::required("id", &Text::of(1, 100), "The base's id."),
        Field::required("other", &Text::of(1, 100), "The other one's id."),
    ],
    query: &[
        Field::optional("base_version", &VERSION, "The latest one unless given."),
        Field::optional("other_version", &VERSION, "The latest one unless given."),
    ],
    response: Answer {
        status: 200,
        about: "The differences, with their strong ETag.",
        content: Content::Json(&COMPARISON, EXAMPLE),
    },
    problems: &[
        &problems::NOT_FOUND,
        &problems::NOT_OWNER,
        &problems::INSUFFICIENT_TEAM_ROLE,
        &problems::INVALID_INPUT,
    ],
    condition: Condition::Read,
    ..PLAIN
};
