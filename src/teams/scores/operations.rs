//! The calls on a team's scores. `handlers` check the scores, since their names are data.

use crate::http::operation::{Answer, Condition, RequestBody};
use crate::http::schema::{Field, Schema, Text};
use crate::http::{fields, object, operations, problems};

const TAG: &str = "Teams";
const EXAMPLE: &str = r#"{"scores":{"62":{"stability":3,"strip":1},"81":{"quickness":0}}}"#;
const PATH: &[Field] = fields! { required id: Text::of(1, 100), "The team's id."; };

const SCORES: Schema = object! { "TeamScores":
    required scores: Schema::Named("ScoreEdits", &Schema::raw(include_str!("scores.schema.json"))),
        "By specialization (ids of GET /game/specializations) and function (ids of GET /game/functions), from 0 to 3. What is left out is the default.";
};
const ANSWER: Answer = Answer::ok(
    "The team's own scores, with their strong ETag.",
    &SCORES,
    EXAMPLE,
);

operations! { TAG;
    GET = "get_team_scores", "Get the team's own scores" {
        path: PATH,
        response: ANSWER,
        problems: problems![NOT_FOUND],
        condition: Condition::Read,
    }

    REPLACE = "replace_team_scores", "Set the team's own scores" {
        description: "Analyses of the team's compositions use them. Replaces all of them: what is left out is the default again.",
        path: PATH,
        request: RequestBody::json(&SCORES, EXAMPLE),
        response: ANSWER,
        problems: problems![NOT_FOUND, INSUFFICIENT_TEAM_ROLE],
        condition: Condition::Write,
    }
}
