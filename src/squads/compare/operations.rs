//! The call for a comparison, as it is documented.
//! Promises what `http::operation` does.
//! Leaves the work to `handlers`.

use crate::http::operation::{Answer, Condition, Content, Operation, PLAIN};
use crate::http::problems;
use crate::http::schema::{Field, Text};
use crate::squads::analysis::operations::TAG;

use super::schemas::COMPARISON;

const EXAMPLE: &str = include_str!("comparison.example.json");

/// GET /compositions/{id}/compare/{other}
pub const GET: Operation = Operation {
    id: "compare_compositions",
    tag: TAG,
    summary: "What differs between two compositions",
    description: "Lists only what differs; changes are those from the base ({id}) to the other. Players are found again by their id in the roster, else by their name whatever its case; places without either by what is played. Both are measured by the same scores: those of the base's team if you are in it, else of the other's team, else the defaults.",
    path: &[
        Field::required("id", &Text::of(1, 100), "The base's id."),
        Field::required("other", &Text::of(1, 100), "The other one's id."),
    ],
    response: Answer {
        status: 200,
        about: "The differences, with their strong ETag.",
        content: Content::Json(&COMPARISON, EXAMPLE),
    },
    problems: &[&problems::NOT_FOUND],
    condition: Condition::Read,
    ..PLAIN
};
