//! The calls on members, for the OpenAPI document and the checks.

use crate::http::body::Body;
use crate::http::operation::{Answer, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::{Field, Schema};
use crate::http::{fields, operations, problems};
use crate::teams::operations::{PATH as TEAM_PATH, TAG};
use crate::teams::schemas::{ID, USER_ID};

use super::schemas::{HandOver, MEMBER, MEMBER_INPUT, REMOVAL};

const EXAMPLE: &str = r#"{"user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d","display_name":"Commander","role":"leader","joined_at":"2026-11-22T18:00:00.000Z"}"#;
const EXAMPLE_REMOVAL: &str =
    r#"{"webhooks":1,"share_links":2,"invitations":1,"builds":4,"players":1,"banned":false}"#;
const PATH: &[Field] = fields! {
    required id: ID, "TypeID with the prefix team.";
    required user_id: USER_ID, "TypeID with the prefix user.";
};

operations! { TAG;
    LIST = "list_team_members", "List the members of a team" {
        description: "By their ids.",
        path: TEAM_PATH,
        query: &[LIMIT, CURSOR],
        response: Answer::page(&MEMBER, EXAMPLE),
        problems: problems![NOT_FOUND],
    }

    CHANGE = "change_team_member", "Change the role of a member" {
        description: "For leaders: whoever is below them becomes what they say. They step down themselves, unless they are the last leader. Who may no longer have webhooks, share links or invitations in the team loses them, and open invitations to a role above their new one do not let them back.",
        path: PATH,
        request: RequestBody::patch(&MEMBER_INPUT, r#"{"role":"officer"}"#),
        response: Answer::ok("The member as they are now.", &MEMBER, EXAMPLE),
        problems: problems![INSUFFICIENT_TEAM_ROLE, NOT_FOUND, LAST_LEADER],
    }

    REMOVE = "remove_team_member", "Leave a team, or remove a member of a lower role" {
        description: "What they made for the team ends: their webhooks of it are disabled, their share links to its compositions and their invitations are gone. Builds that they shared with it are theirs again: what only the team saw becomes private. Their entry in the roster stays as only a name. Compositions are the team's and stay. Whoever is removed comes back only by an invitation that is made afterwards; whoever leaves by themselves, by any that is open. The last leader hands over or deletes the team first.",
        path: PATH,
        query: fields! {
            optional ban: Schema::Choice(&["true", "false"]),
                "true, for leaders: no invitation lets them in until the ban is lifted. Also for someone who has left already.";
        },
        response: Answer::ok("What went with them.", &REMOVAL, EXAMPLE_REMOVAL),
        problems: problems![INSUFFICIENT_TEAM_ROLE, NOT_FOUND, LAST_LEADER, TOO_MANY_BANS],
    }

    HAND_OVER_TEAM = "hand_over_team", "Hand a team over to another member" {
        description: "That member becomes leader and I become an officer, both at once.",
        path: TEAM_PATH,
        request: HandOver::TAKEN,
        problems: problems![INSUFFICIENT_TEAM_ROLE, NOT_FOUND],
    }
}
