//! The call that places players, for the OpenAPI document.

use crate::http::operation::{Answer, RequestBody};
use crate::http::{operations, problems};

use super::answer_schema::ANSWER;
use super::schemas::INPUT;

operations! { "Compositions";
    ASSIGN = "assign_squad", "Assign players to subgroups" {
        description: "Finds a good assignment of players, each with one of the builds they own, and proves how good any could be. The score adds up weight times units, up to the target, for each subgroup and for the squad, and the preferences. The same body and seed give the same answer. Nothing is stored. docs/ASSIGNMENT.md of the source has the model, and scripts/check-assignment.mjs checks an answer.",
        request: RequestBody::json(&INPUT, include_str!("request.example.json")),
        response: Answer::ok("The assignment.", &ANSWER, include_str!("answer.example.json")),
        problems: problems![CONSTRAINTS_CLASH, CONSTRAINTS_UNDECIDED],
    }
}
