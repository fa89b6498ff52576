//! The calls on invitations, for the OpenAPI document and the checks.

use crate::http::body::Body;
use crate::http::operation::{Answer, Replay};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::{fields, operations, problems};
use crate::teams::operations::{EXAMPLE as TEAM_EXAMPLE, PATH as TEAM_PATH, TAG};
use crate::teams::schemas::{ID as TEAM_ID, TEAM};

use super::schemas::{
    ANY_CODE, Acceptance, CODE, ID, INVITATION, InvitationInput, PREVIEW, SHOWN_INVITATION,
};

operations! { TAG;
    CREATE = "create_invitation", "Create an invitation" {
        description: "For leaders and officers. An invitation as officer needs a login with a proof from the last five minutes (POST /api/v1/auth/reauthenticate). Whoever has the code can come in: send it only to whom it is meant for. At most 50 open ones a team. All are withdrawn when whoever made them leaves the team.",
        path: TEAM_PATH,
        request: InvitationInput::TAKEN,
        response: Answer::created(
            "The invitation with its code.",
            &SHOWN_INVITATION,
            r#"{"id":"invitation_01kanp2xc0e8br5v0xmvhv7j2d","role":"member","uses":0,"max_uses":10,"state":"open","created_by":"user_01kanp2xc0e8br5v0xmvhv7j2d","created_at":"2026-11-22T18:00:00.000Z","expires_at":"2026-11-23T18:00:00.000Z","code":"wvwi_0000000000000000EXAMPL","url":"https://builds.example/i/wvwi_0000000000000000EXAMPL"}"#,
        ),
        problems: problems![
            REAUTHENTICATION_REQUIRED, INSUFFICIENT_TEAM_ROLE, NOT_FOUND, TOO_MANY_INVITATIONS,
        ],
        replay: Replay::Secret,
    }

    LIST = "list_invitations", "List the invitations of a team" {
        description: "For leaders and officers. Newest first; those that have ended, too, for 30 days.",
        path: TEAM_PATH,
        query: &[LIMIT, CURSOR],
        response: Answer::page(
            &INVITATION,
            r#"{"id":"invitation_01kanp2xc0e8br5v0xmvhv7j2d","role":"member","uses":3,"max_uses":10,"state":"open","created_by":"user_01kanp2xc0e8br5v0xmvhv7j2d","made_by":{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","name":"Commander"},"created_at":"2026-11-22T18:00:00.000Z","expires_at":"2026-11-23T18:00:00.000Z"}"#,
        ),
        problems: problems![INSUFFICIENT_TEAM_ROLE, NOT_FOUND],
    }

    WITHDRAW = "withdraw_invitation", "Revoke an invitation" {
        description: "Whoever has come in by it stays.",
        path: fields! {
            required id: TEAM_ID, "TypeID with the prefix team.";
            required invitation_id: ID, "TypeID with the prefix invitation.";
        },
        problems: problems![INSUFFICIENT_TEAM_ROLE, NOT_FOUND],
    }

    SHOW = "get_invitation", "Show an invitation" {
        description: "For whoever has its code, without a token.",
        path: fields! { required code: CODE, "The invitation's code."; },
        response: Answer::ok(
            "Where it leads.",
            &PREVIEW,
            r#"{"team":{"name":"Red Guard","tag":"RED","description":"Thursdays and Sundays, 19:00 UTC."},"role":"member","expires_at":"2026-11-23T18:00:00.000Z","uses_left":7}"#,
        ),
        problems: problems![NOT_FOUND, INVITATION_USED_UP, INVITATION_EXPIRED],
    }

    PAGE = "get_invitation_page", "An invitation as a page for people" {
        description: "What the link of an invitation leads to: the team, who invites, as what, until when, and how to come in. Works without an account and without scripts; to look at it spends nothing.",
        path: fields! { required code: ANY_CODE, "The invitation's code."; },
        response: Answer::media("The page.", "text/html"),
    }

    ACCEPT = "accept_invitation", "Accept an invitation" {
        description: "Spends one use of the invitation.",
        request: Acceptance::TAKEN,
        response: Answer::ok("The team as I see it now.", &TEAM, TEAM_EXAMPLE),
        problems: problems![
            INVITATION_REFUSED, NOT_FOUND, ALREADY_A_MEMBER, INVITATION_USED_UP, INVITATION_EXPIRED,
            TOO_MANY_TEAMS, TEAM_FULL,
        ],
    }
}
