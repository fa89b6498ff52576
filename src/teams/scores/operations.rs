//! The calls on a team's scores, for the OpenAPI document and the checks. `handlers` check the scores
//! themselves, since their names are data.

use crate::http::operation::{Answer, Condition, Content, Operation, PLAIN, RequestBody};
use crate::http::problems;
use crate::http::schema::{Field, Schema, Text};

const TAG: &str = "Teams";
const EXAMPLE: &str = r#"{"scores":{"62":{"stability":3,"strip":1},"81":{"quickness":0}}}"#;
const PATH: &[Field] = &[Field::required("id", &Text::of(1, 100), "The team's id.")];

const SCORES: Schema = Schema::Named(
    "TeamScores",
    &Schema::Object(&[Field::required(
        "scores",
        &Schema::Named(
            "ScoreEdits",
            &Schema::raw(include_str!("scores.schema.json")),
        ),
        "By specialization (ids of GET /game/specializations) and function (ids of GET /game/functions), from 0 to 3. What is left out is the default.",
    )]),
);
const ANSWER: Answer = Answer {
    status: 200,
    about: "The team's own scores, with their strong ETag.",
    content: Content::Json(&SCORES, EXAMPLE),
};

/// GET /teams/{id}/scores
pub const GET: Operation = Operation {
    id: "get_team_scores",
    tag: TAG,
    summary: "Get the team's own scores",
    path: PATH,
    response: ANSWER,
    problems: &[&problems::NOT_FOUND],
    condition: Condition::Read,
    ..PLAIN
};
/// PUT /teams/{id}/scores
pub const REPLACE: Operation = Operation {
    id: "replace_team_scores",
    tag: TAG,
    summary: "Set the team's own scores",
    description: "Analyses of the team's compositions use them. Replaces all of them: what is left out is the default again.",
    path: PATH,
    request: Some(RequestBody {
        schema: &SCORES,
        example: EXAMPLE,
        is_merge_patch: false,
    }),
    response: ANSWER,
    problems: &[&problems::NOT_FOUND, &problems::INSUFFICIENT_TEAM_ROLE],
    condition: Condition::Write,
    ..PLAIN
};
