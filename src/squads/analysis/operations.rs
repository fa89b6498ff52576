//! The call for an analysis, for the OpenAPI document.

use crate::http::operation::{Answer, Condition};
use crate::http::schema::Text;
use crate::http::{fields, operations, problems};

use super::schemas::ANALYSIS;

/// The group of the calls on compositions.
pub const TAG: &str = "Compositions";
const EXAMPLE: &str = include_str!("analysis.example.json");

operations! { TAG;
    GET = "analyze_composition", "Analyse a composition: coverage, shortfalls, contributions" {
        description: "Adds up the scores of GET /game/functions, in the numbers of World vs World: each function for each subgroup and for the squad. What is done for allies counts in the subgroup of its source; how much of it players get from the others of their subgroup is said beside. One more player never lowers any of it, and brings no new lack, unless they are the first of the squad among roamers and scouts. Builds that you may see count as they are now, others as they were when they were put there. Members of its team see it by the team's own scores (PUT /teams/{id}/scores), others by the defaults. Nothing in warnings is forbidden.",
        path: fields! { required id: Text::of(1, 100), "The composition's id."; },
        response: Answer::ok(
            "The analysis. Its strong ETag changes with the composition, its builds and the scores.",
            &ANALYSIS,
            EXAMPLE,
        ),
        problems: problems![NOT_FOUND],
        condition: Condition::Read,
    }
}
