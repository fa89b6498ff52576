//! The calls on teams, for the OpenAPI document and the checks.

use crate::http::operation::{Answer, Condition, Content, Operation, PLAIN, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::problems;
use crate::http::schema::Field;

use super::schemas::{ID, TEAM, TEAM_INPUT};

/// The group of all calls on teams.
pub const TAG: &str = "Teams";
/// The path of a call on a team.
pub const PATH: &[Field] = &[Field::required("id", &ID, "TypeID with the prefix team.")];

/// A team as a member sees it.
pub const EXAMPLE: &str = r#"{"id":"team_01kanp2xc0e8br5v0xmvhv7j2d","name":"Red Guard","tag":"RED","description":"Thursdays and Sundays, 19:00 UTC.","role":"leader","member_count":1,"created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}"#;
const ANSWER: Answer = Answer {
    status: 200,
    about: "The team as I see it, with its strong ETag. The tag changes with my role and the number of members, too.",
    content: Content::Json(&TEAM, EXAMPLE),
};

/// POST /teams
pub const CREATE: Operation = Operation {
    id: "create_team",
    tag: TAG,
    summary: "Create a team",
    description: "Whoever makes it is its leader. One can be in 20 teams.",
    request: Some(RequestBody {
        schema: &TEAM_INPUT,
        example: r#"{"name":"Red Guard","tag":"RED","description":"Thursdays and Sundays, 19:00 UTC."}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 201,
        about: "The team; Location names it.",
        content: Content::Json(&TEAM, EXAMPLE),
    },
    problems: &[&problems::NOT_FOUND, &problems::TOO_MANY_TEAMS],
    ..PLAIN
};
/// GET /teams
pub const LIST: Operation = Operation {
    id: "list_teams",
    tag: TAG,
    summary: "List my teams",
    description: "Newest first.",
    query: &[LIMIT, CURSOR],
    response: Answer {
        status: 200,
        about: "A page.",
        content: Content::Page(&TEAM, EXAMPLE),
    },
    ..PLAIN
};
/// GET /teams/{id}
pub const GET: Operation = Operation {
    id: "get_team",
    tag: TAG,
    summary: "Get one of my teams",
    path: PATH,
    response: ANSWER,
    problems: &[&problems::NOT_FOUND],
    condition: Condition::Read,
    ..PLAIN
};
/// PATCH /teams/{id}
pub const PATCH_TEAM: Operation = Operation {
    id: "patch_team",
    tag: TAG,
    summary: "Change a team's name, tag or description",
    description: "JSON Merge Patch (RFC 7396). For leaders and officers.",
    path: PATH,
    request: Some(RequestBody {
        schema: &TEAM_INPUT,
        example: r#"{"tag":"RG","description":null}"#,
        is_merge_patch: true,
    }),
    response: ANSWER,
    problems: &[&problems::INSUFFICIENT_TEAM_ROLE, &problems::NOT_FOUND],
    condition: Condition::Write,
    ..PLAIN
};
/// DELETE /teams/{id}
pub const DELETE: Operation = Operation {
    id: "delete_team",
    tag: TAG,
    summary: "Delete a team and all its data",
    description: "For leaders. Members, invitations, roster and compositions go with it. Builds stay their owners': those that only the team could see are private then. Webhooks of the team are told, and disabled after that.",
    path: PATH,
    problems: &[&problems::INSUFFICIENT_TEAM_ROLE, &problems::NOT_FOUND],
    condition: Condition::Write,
    ..PLAIN
};
