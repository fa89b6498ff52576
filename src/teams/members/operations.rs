//! The calls on members, for the OpenAPI document and the checks.

use crate::http::operation::{Answer, Content, Operation, PLAIN, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::problems;
use crate::http::schema::{Field, Schema};
use crate::teams::operations::{PATH as TEAM_PATH, TAG};
use crate::teams::schemas::{ID, USER_ID};

use super::schemas::{HAND_OVER, MEMBER, MEMBER_INPUT, REMOVAL};

const EXAMPLE: &str = r#"{"user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d","display_name":"Commander","role":"leader","joined_at":"2026-11-22T18:00:00.000Z"}"#;
const EXAMPLE_REMOVAL: &str =
    r#"{"webhooks":1,"share_links":2,"invitations":1,"builds":4,"players":1,"banned":false}"#;
const PATH: &[Field] = &[
    Field::required("id", &ID, "TypeID with the prefix team."),
    Field::required("user_id", &USER_ID, "TypeID with the prefix user."),
];

/// GET /teams/{id}/members
pub const LIST: Operation = Operation {
    id: "list_team_members",
    tag: TAG,
    summary: "List the members of a team",
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
    summary: "Change the role of a member",
    description: "For leaders: whoever is below them becomes what they say. They step down themselves, unless they are the last leader. Who may no longer have webhooks, share links or invitations in the team loses them, and open invitations to a role above their new one do not let them back.",
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
    summary: "Leave a team, or remove a member of a lower role",
    description: "What they made for the team ends: their webhooks of it are disabled, their share links to its compositions and their invitations are gone. Builds that they shared with it are theirs again: what only the team saw becomes private. Their entry in the roster stays as only a name. Compositions are the team's and stay. Whoever is removed comes back only by an invitation that is made afterwards; whoever leaves by themselves, by any that is open. The last leader hands over or deletes the team first.",
    path: PATH,
    query: &[Field::optional(
        "ban",
        &Schema::Choice(&["true", "false"]),
        "true, for leaders: no invitation lets them in until the ban is lifted. Also for someone who has left already.",
    )],
    response: Answer {
        status: 200,
        about: "What went with them.",
        content: Content::Json(&REMOVAL, EXAMPLE_REMOVAL),
    },
    problems: &[
        &problems::INSUFFICIENT_TEAM_ROLE,
        &problems::NOT_FOUND,
        &problems::LAST_LEADER,
        &problems::TOO_MANY_BANS,
    ],
    ..PLAIN
};
/// POST /teams/{id}/hand-over
pub const HAND_OVER_TEAM: Operation = Operation {
    id: "hand_over_team",
    tag: TAG,
    summary: "Hand a team over to another member",
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
