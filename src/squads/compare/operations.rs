//! The call for a comparison, for the OpenAPI document.

use crate::http::operation::{Answer, Condition};
use crate::http::schema::{Schema, Text};
use crate::http::{fields, operations, problems};
use crate::squads::analysis::operations::TAG;

use super::schemas::COMPARISON;

const VERSION: Schema = Schema::integer(1, 4_000_000_000);
const EXAMPLE: &str = include_str!("comparison.example.json");

operations! { TAG;
    GET = "compare_compositions", "Compare two compositions" {
        description: "Lists only what differs; changes are those from the base ({id}) to the other. Players are found again by their id in the roster, else by their name whatever its case; places without either by what is played. Both are measured by the same scores: those of the base's team if you are in it, else of the other's team, else the defaults. With {other} the same as {id}, base_version and other_version compare two versions of it, for those who may change it.",
        path: fields! {
            required id: Text::of(1, 100), "The base's id.";
            required other: Text::of(1, 100), "The other one's id.";
        },
        query: fields! {
            optional base_version: VERSION, "The latest one unless given.";
            optional other_version: VERSION, "The latest one unless given.";
        },
        response: Answer::ok("The differences, with their strong ETag.", &COMPARISON, EXAMPLE),
        problems: problems![NOT_FOUND, NOT_OWNER, INSUFFICIENT_TEAM_ROLE, INVALID_INPUT],
        condition: Condition::Read,
    }
}
