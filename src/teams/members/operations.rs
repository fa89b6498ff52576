//! The calls on members, as they are documented and checked.
//! Promises what `http::operation` does; leaves the work to `handlers`.

use crate::http::operation::{Answer, Content, Operation, PLAIN, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::problems;
use crate::http::schema::Field;
use crate::teams::operations::{PATH as TEAM_PATH, TAG};
use crate::teams::schemas::{ID, USER_ID};

use super::schemas::{HAND_OVER, MEMBER, MEMBER_INPUT};

const EXAMPLE: &str = r#"{"user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d","display_name":"Commander","role":"leader","joined_at":"2026-11-22T18:00:00.000Z"}"#;
const PATH: &[Field] = &[
    Field::required("id", &ID, "TypeID with the prefix team."),
    Field::required("user_id", &USER_ID, "TypeID with the prefix user."),
];

/// GET /teams/{id}/members
pub const LIST: Operation = Operation {
    id: "list_team_members",
    tag: TAG,
    summary: "Who is in a team",
    description: "By their ids.",
    path: TEAM_PATH,
    query: &[LIMIT, CURSOR],
    response: Answer {
        status: 200,
        about: "A page.",
        content: Content::Page(&MEMBER, EXAMPLE),
    },
    problems: &[&problems::NOT_FOUND],
    ..PLAIN
};
/// PATCH `/teams/{id}/members/{user_id}`
pub const CHANGE: Operation = Operation {
    id: "change_team_member",
    tag: TAG,
    summary: "Give a member another role",
    description: "For leaders: whoever is below them becomes what they say. They step down themselves, unless they are the last leader. Who may no longer have webhooks or invitations in the team loses them.",
    path: PATH,
    request: Some(RequestBody {
        schema: &MEMBER_INPUT,
        example: r#"{"role":"officer"}"#,
        is_merge_patch: true,
    }),
    response: Answer {
        status: 200,
        about: "The member as they are now.",
        content: Content::Json(&MEMBER, EXAMPLE),
    },
    problems: &[
        &problems::INSUFFICIENT_TEAM_ROLE,
        &problems::NOT_FOUND,
        &problems::LAST_LEADER,
    ],
    ..PLAIN
};
/// DELETE `/teams/{id}/members/{user_id}`
pub const REMOVE: Operation = Operation {
    id: "remove_team_member",
    tag: TAG,
    summary: "Leave a team, or remove someone below me",
    description: "Their webhooks of the team are disabled and their invitations withdrawn. What they have shared stays shared until they take it back. The last leader hands over or deletes the team first.",
    path: PATH,
    problems: &[
        &problems::INSUFFICIENT_TEAM_ROLE,
        &problems::NOT_FOUND,
        &problems::LAST_LEADER,
    ],
    ..PLAIN
};
/// POST /teams/{id}/hand-over
pub const HAND_OVER_TEAM: Operation = Operation {
    id: "hand_over_team",
    tag: TAG,
    summary: "Make another member leader in my place",
    description: "That member becomes leader and I become an officer, both at once.",
    path: TEAM_PATH,
    request: Some(RequestBody {
        schema: &HAND_OVER,
        example: r#"{"user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
        is_merge_patch: false,
    }),
    problems: &[&problems::INSUFFICIENT_TEAM_ROLE, &problems::NOT_FOUND],
    ..PLAIN
};
