//! The calls on compositions, for the OpenAPI document and the checks.

use crate::http::operation::{Answer, Condition, Content, Operation, PLAIN, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::problems;
use crate::http::schema::{Field, Schema, Text};

use super::model::MODES;
use super::schemas::{COMPOSITION, INPUT};

/// The group.
pub const TAG: &str = "Compositions";
const EXAMPLE_INPUT: &str = r#"{"name":"Thursday zerg","mode":"zerg","preset":"zerg_30","tags":["zerg"],"subgroups":[{"name":"Melee","slots":[{"player":"Anna","specialization":62,"role":"primary_support"},{"role":"strip"}]}]}"#;
/// A composition.
pub const EXAMPLE: &str = include_str!("composition.example.json");

/// The id in the path.
pub const ID: Field = Field::required("id", &Text::of(1, 100), "The composition's id.");
const PATH: &[Field] = &[ID];
/// A composition with its tag.
pub const ANSWER: Answer = Answer {
    status: 200,
    about: "The composition, with its strong ETag.",
    content: Content::Json(&COMPOSITION, EXAMPLE),
};
/// A composition that is new.
pub const MADE: Answer = Answer {
    status: 201,
    about: "The composition; Location names it.",
    content: Content::Json(&COMPOSITION, EXAMPLE),
};
const BODY: RequestBody = RequestBody {
    schema: &INPUT,
    example: EXAMPLE_INPUT,
    is_merge_patch: false,
};

/// POST /compositions
pub const CREATE: Operation = Operation {
    id: "create_composition",
    tag: TAG,
    summary: "Create a composition",
    description: "With a preset and without subgroups it is laid out as open places with the preset's roles. In a team, officers and leaders plan. An account can have 200 compositions that are no team's, a team 500.",
    request: Some(BODY),
    response: MADE,
    problems: &[
        &problems::INSUFFICIENT_TEAM_ROLE,
        &problems::TOO_MANY_COMPOSITIONS,
    ],
    ..PLAIN
};
/// GET /compositions
pub const LIST: Operation = Operation {
    id: "list_compositions",
    tag: TAG,
    summary: "Public compositions, my own and those of my teams, newest first",
    description: "Without a token: public ones. All filters given must hold. A page ends early when its compositions are very large; next_cursor says whether more follow.",
    query: &[
        LIMIT,
        CURSOR,
        Field::optional(
            "owner",
            &Schema::Choice(&["me"]),
            "Only those that I have made.",
        ),
        Field::optional("team_id", &Text::of(1, 100), "Only those of this team."),
        Field::optional("mode", &Schema::Choice(&MODES), "Only those for this."),
        Field::optional("tag", &Text::line(1, 32), "A tag; case does not matter."),
        Field::optional(
            "is_template",
            &Schema::Choice(&["true", "false"]),
            "Only those that are made to be copied, or only the others.",
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
        content: Content::Page(&COMPOSITION, EXAMPLE),
    },
    ..PLAIN
};
/// GET /compositions/{id}
pub const GET: Operation = Operation {
    id: "get_composition",
    tag: TAG,
    summary: "One composition",
    path: PATH,
    response: ANSWER,
    problems: &[&problems::NOT_FOUND],
    condition: Condition::Read,
    ..PLAIN
};
/// The problems for callers who may not change a composition.
pub const REFUSALS: &[&problems::ProblemKind] = &[
    &problems::NOT_FOUND,
    &problems::NOT_OWNER,
    &problems::INSUFFICIENT_TEAM_ROLE,
];
/// PUT /compositions/{id}
pub const REPLACE: Operation = Operation {
    id: "replace_composition",
    tag: TAG,
    summary: "Replace a composition",
    description: "Members left out get their usual values; the team stays. Needs If-Match, so that two who plan never overwrite each other.",
    path: PATH,
    request: Some(BODY),
    response: ANSWER,
    problems: REFUSALS,
    condition: Condition::SharedWrite,
    ..PLAIN
};
/// PATCH /compositions/{id}
pub const PATCH: Operation = Operation {
    id: "patch_composition",
    tag: TAG,
    summary: "Update a composition",
    description: "JSON Merge Patch (RFC 7396): null removes a member, lists are replaced whole. Needs If-Match.",
    path: PATH,
    request: Some(RequestBody {
        schema: &INPUT,
        example: r#"{"name":"Friday zerg","notes":null}"#,
        is_merge_patch: true,
    }),
    response: ANSWER,
    problems: REFUSALS,
    condition: Condition::SharedWrite,
    ..PLAIN
};
/// POST /compositions/{id}/copy
pub const COPY: Operation = Operation {
    id: "copy_composition",
    tag: TAG,
    summary: "Copy a composition that I may see",
    description: "A template becomes a plan: its copy is no template, and has no players unless keep_players is true. Builds that I may not see become their specializations; players of a roster that the copy does not share keep their names only where the place has one.",
    path: PATH,
    request: Some(RequestBody {
        schema: &super::schemas::COPY_INPUT,
        example: r#"{"name":"Friday zerg","keep_players":false}"#,
        is_merge_patch: false,
    }),
    response: MADE,
    problems: &[
        &problems::NOT_FOUND,
        &problems::INSUFFICIENT_TEAM_ROLE,
        &problems::TOO_MANY_COMPOSITIONS,
    ],
    ..PLAIN
};
/// DELETE /compositions/{id}
pub const DELETE: Operation = Operation {
    id: "delete_composition",
    tag: TAG,
    summary: "Delete a composition",
    description: "With its versions and its links.",
    path: PATH,
    problems: REFUSALS,
    condition: Condition::Write,
    ..PLAIN
};
