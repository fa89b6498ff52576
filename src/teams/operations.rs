//! The calls on teams, for the OpenAPI document and the checks.

use crate::http::body::Body;
use crate::http::operation::{Answer, Condition, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::Field;
use crate::http::{fields, operations, problems};

use super::schemas::{ID, TEAM, TeamInput};

/// The group of all calls on teams.
pub const TAG: &str = "Teams";
/// The path of a call on a team.
pub const PATH: &[Field] = fields! { required id: ID, "TypeID with the prefix team."; };

/// A team as a member sees it.
pub const EXAMPLE: &str = r#"{"id":"team_01kanp2xc0e8br5v0xmvhv7j2d","name":"Red Guard","tag":"RED","description":"Thursdays and Sundays, 19:00 UTC.","role":"leader","member_count":1,"created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}"#;
const ANSWER: Answer = Answer::ok(
    "The team as I see it, with its strong ETag. The tag changes with my role and the number of members, too.",
    &TEAM,
    EXAMPLE,
);

operations! { TAG;
    CREATE = "create_team", "Create a team" {
        description: "Whoever makes it is its leader. One can be in 20 teams.",
        request: TeamInput::TAKEN,
        response: Answer::created("The team; Location names it.", &TEAM, EXAMPLE),
        problems: problems![NOT_FOUND, TOO_MANY_TEAMS],
    }

    LIST = "list_teams", "List my teams" {
        description: "Newest first.",
        query: &[LIMIT, CURSOR],
        response: Answer::page(&TEAM, EXAMPLE),
    }

    GET = "get_team", "Get one of my teams" {
        path: PATH,
        response: ANSWER,
        problems: problems![NOT_FOUND],
        condition: Condition::Read,
    }

    PATCH_TEAM = "patch_team", "Change a team's name, tag or description" {
        description: "JSON Merge Patch (RFC 7396). For leaders and officers.",
        path: PATH,
        request: RequestBody::patch(&TeamInput::SCHEMA, r#"{"tag":"RG","description":null}"#),
        response: ANSWER,
        problems: problems![INSUFFICIENT_TEAM_ROLE, NOT_FOUND],
        condition: Condition::Write,
    }

    DELETE = "delete_team", "Delete a team and all its data" {
        description: "For leaders. Members, invitations, roster and compositions go with it. Builds stay their owners': those that only the team could see are private then. Webhooks of the team are told, and disabled after that.",
        path: PATH,
        problems: problems![INSUFFICIENT_TEAM_ROLE, NOT_FOUND],
        condition: Condition::Write,
    }
}
