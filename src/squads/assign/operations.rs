//! The call that places players, for the OpenAPI document.

use crate::http::operation::{Answer, Content, Operation, PLAIN, RequestBody};
use crate::http::problems;

use super::answer_schema::ANSWER;
use super::schemas::INPUT;

/// POST /squads/assign
pub const ASSIGN: Operation = Operation {
    id: "assign_squad",
    tag: "Compositions",
    summary: "Assign players to subgroups",
    description: "Finds a good assignment of players, each with one of the builds they own, and proves how good any could be. The score adds up weight times units, up to the target, for each subgroup and for the squad, and the preferences. The same body and seed give the same answer. Nothing is stored. docs/ASSIGNMENT.md of the source has the model, and scripts/check-assignment.mjs checks an answer.",
    request: Some(RequestBody {
        schema: &INPUT,
        example: include_str!("request.example.json"),
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "The assignment.",
        content: Content::Json(&ANSWER, include_str!("answer.example.json")),
    },
    problems: &[
        &problems::CONSTRAINTS_CLASH,
        &problems::CONSTRAINTS_UNDECIDED,
    ],
    ..PLAIN
};
