//! The calls on builds, for the OpenAPI document and the checks.

use crate::http::operation::{Answer, Condition, Content, Operation, PLAIN, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::problems;
use crate::http::schema::{Field, Schema, Text};

use super::schemas::{BUILD, BUILD_INPUT, GAME_BUILD, ROLE, TAG as BUILD_TAG};

const TAG: &str = "Builds";
const EXAMPLE_INPUT: &str = r#"{"name":"Support Firebrand","chat_code":"[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]","visibility":"public","roles":["primary_support"],"tags":["zerg"],"notes":"Stand on the tag.","gear":{"stats":"Minstrel's"}}"#;
const EXAMPLE: &str = include_str!("build.example.json");

const PATH: &[Field] = &[Field::required("id", &Text::of(1, 100), "The build's id.")];
const ANSWER: Answer = Answer {
    status: 200,
    about: "The build, with its strong ETag.",
    content: Content::Json(&BUILD, EXAMPLE),
};
const BODY: RequestBody = RequestBody {
    schema: &BUILD_INPUT,
    example: EXAMPLE_INPUT,
    is_merge_patch: false,
};

/// POST /builds
pub const CREATE: Operation = Operation {
    id: "create_build",
    tag: TAG,
    summary: "Create a build",
    description: "Paste the chat code from the game, or send the template as JSON. An account can have 1,000 builds, and 2,000 can be shared with a team.",
    request: Some(BODY),
    response: Answer {
        status: 201,
        about: "The build; Location names it.",
        content: Content::Json(&BUILD, EXAMPLE),
    },
    problems: &[&problems::TOO_MANY_BUILDS],
    ..PLAIN
};
/// GET /builds
pub const LIST: Operation = Operation {
    id: "list_builds",
    tag: TAG,
    summary: "Public builds and my own, newest first",
    description: "Without a token: public ones. All filters given must hold. A page ends early when its builds are very large; next_cursor says whether more follow.",
    query: &[
        LIMIT,
        CURSOR,
        Field::optional(
            "owner",
            &Schema::Choice(&["me"]),
            "Only my own, public or not.",
        ),
        Field::optional(
            "profession",
            &Text::of(1, 20),
            "Id of GET /game/professions.",
        ),
        Field::optional(
            "specialization",
            &Schema::Integer { min: 1, max: 255 },
            "Id of GET /game/specializations, in any slot.",
        ),
        Field::optional("role", &ROLE, "Id of GET /game/roles."),
        Field::optional("tag", &BUILD_TAG, "A tag; case does not matter."),
        Field::optional("team_id", &Text::of(1, 100), "Only those of this team."),
        Field::optional(
            "game_build",
            &GAME_BUILD,
            "Made for this build number of the game.",
        ),
        Field::optional(
            "q",
            &Text::line(1, 100),
            "Text in the name or the notes; case does not matter.",
        ),
    ],
    response: Answer {
        status: 200,
        about: "A page.",
        content: Content::Page(&BUILD, EXAMPLE),
    },
    ..PLAIN
};
/// GET /builds/{id}
pub const GET: Operation = Operation {
    id: "get_build",
    tag: TAG,
    summary: "One build",
    path: PATH,
    response: ANSWER,
    problems: &[&problems::NOT_FOUND],
    condition: Condition::Read,
    ..PLAIN
};
const CHANGE_REFUSALS: &[&problems::ProblemKind] = &[
    &problems::NOT_FOUND,
    &problems::NOT_OWNER,
    &problems::TOO_MANY_BUILDS,
];
/// PUT /builds/{id}
pub const REPLACE: Operation = Operation {
    id: "replace_build",
    tag: TAG,
    summary: "Replace a build",
    description: "Members left out get their usual values.",
    path: PATH,
    request: Some(BODY),
    response: ANSWER,
    problems: CHANGE_REFUSALS,
    condition: Condition::Write,
    ..PLAIN
};
/// PATCH /builds/{id}
pub const PATCH: Operation = Operation {
    id: "patch_build",
    tag: TAG,
    summary: "Update a build",
    description: "JSON Merge Patch (RFC 7396): null removes a member, lists are replaced whole. A template replaces the chat code.",
    path: PATH,
    request: Some(RequestBody {
        schema: &BUILD_INPUT,
        example: r#"{"visibility":"unlisted","notes":null}"#,
        is_merge_patch: true,
    }),
    response: ANSWER,
    problems: CHANGE_REFUSALS,
    condition: Condition::Write,
    ..PLAIN
};
/// DELETE /builds/{id}
pub const DELETE: Operation = Operation {
    id: "delete_build",
    tag: TAG,
    summary: "Delete a build",
    path: PATH,
    problems: &[&problems::NOT_FOUND, &problems::NOT_OWNER],
    condition: Condition::Write,
    ..PLAIN
};
