//! The calls on invitations, for the OpenAPI document and the checks.

use crate::http::operation::{Answer, Content, Operation, PLAIN, Replay, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::problems;
use crate::http::schema::Field;
use crate::teams::operations::{EXAMPLE as TEAM_EXAMPLE, PATH as TEAM_PATH, TAG};
use crate::teams::schemas::{ID as TEAM_ID, TEAM};

use super::schemas::{
    ACCEPTANCE, ANY_CODE, CODE, ID, INVITATION, INVITATION_INPUT, PREVIEW, SHOWN_INVITATION,
};

/// POST /teams/{id}/invitations
pub const CREATE: Operation = Operation {
    id: "create_invitation",
    tag: TAG,
    summary: "Create an invitation",
    description: "For leaders and officers. An invitation as officer needs a login with a proof from the last five minutes (POST /api/v1/auth/reauthenticate). Whoever has the code can come in: send it only to whom it is meant for. At most 50 open ones a team. All are withdrawn when whoever made them leaves the team.",
    path: TEAM_PATH,
    request: Some(RequestBody {
        schema: &INVITATION_INPUT,
        example: r#"{"role":"member","max_uses":10,"expires_in_seconds":86400}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 201,
        about: "The invitation with its code.",
        content: Content::Json(
            &SHOWN_INVITATION,
            r#"{"id":"invitation_01kanp2xc0e8br5v0xmvhv7j2d","role":"member","uses":0,"max_uses":10,"state":"open","created_by":"user_01kanp2xc0e8br5v0xmvhv7j2d","created_at":"2026-11-22T18:00:00.000Z","expires_at":"2026-11-23T18:00:00.000Z","code":"wvwi_0000000000000000EXAMPL","url":"https://builds.example/i/wvwi_0000000000000000EXAMPL"}"#,
        ),
    },
    problems: &[
        &problems::REAUTHENTICATION_REQUIRED,
        &problems::INSUFFICIENT_TEAM_ROLE,
        &problems::NOT_FOUND,
        &problems::TOO_MANY_INVITATIONS,
    ],
    replay: Replay::Secret,
    ..PLAIN
};
/// GET /teams/{id}/invitations
pub const LIST: Operation = Operation {
    id: "list_invitations",
    tag: TAG,
    summary: "List the invitations of a team",
    description: "For leaders and officers. Newest first; those that have ended, too, for 30 days.",
    path: TEAM_PATH,
    query: &[LIMIT, CURSOR],
    response: Answer {
        status: 200,
        about: "A page.",
        content: Content::Page(
            &INVITATION,
            r#"{"id":"invitation_01kanp2xc0e8br5v0xmvhv7j2d","role":"member","uses":3,"max_uses":10,"state":"open","created_by":"user_01kanp2xc0e8br5v0xmvhv7j2d","made_by":{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","name":"Commander"},"created_at":"2026-11-22T18:00:00.000Z","expires_at":"2026-11-23T18:00:00.000Z"}"#,
        ),
    },
    problems: &[&problems::INSUFFICIENT_TEAM_ROLE, &problems::NOT_FOUND],
    ..PLAIN
};
/// DELETE `/teams/{id}/invitations/{invitation_id}`
pub const WITHDRAW: Operation = Operation {
    id: "withdraw_invitation",
    tag: TAG,
    summary: "Revoke an invitation",
    description: "Whoever has come in by it stays.",
    path: &[
        Field::required("id", &TEAM_ID, "TypeID with the prefix team."),
        Field::required("invitation_id", &ID, "TypeID with the prefix invitation."),
    ],
    problems: &[&problems::INSUFFICIENT_TEAM_ROLE, &problems::NOT_FOUND],
    ..PLAIN
};
/// GET /invitations/{code}
pub const SHOW: Operation = Operation {
    id: "get_invitation",
    tag: TAG,
    summary: "Show an invitation",
    description: "For whoever has its code, without a token.",
    path: &[Field::required("code", &CODE, "The invitation's code.")],
    response: Answer {
        status: 200,
        about: "Where it leads.",
        content: Content::Json(
            &PREVIEW,
            r#"{"team":{"name":"Red Guard","tag":"RED","description":"Thursdays and Sundays, 19:00 UTC."},"role":"member","expires_at":"2026-11-23T18:00:00.000Z","uses_left":7}"#,
        ),
    },
    problems: &[
        &problems::NOT_FOUND,
        &problems::INVITATION_USED_UP,
        &problems::INVITATION_EXPIRED,
    ],
    ..PLAIN
};
/// GET /i/{code}
pub const PAGE: Operation = Operation {
    id: "get_invitation_page",
    tag: TAG,
    summary: "An invitation as a page for people",
    description: "What the link of an invitation leads to: the team, who invites, as what, until when, and how to come in. Works without an account and without scripts; to look at it spends nothing.",
    path: &[Field::required("code", &ANY_CODE, "The invitation's code.")],
    response: Answer {
        status: 200,
        about: "The page.",
        content: Content::Media("text/html"),
    },
    ..PLAIN
};
/// POST /invitations/accept
pub const ACCEPT: Operation = Operation {
    id: "accept_invitation",
    tag: TAG,
    summary: "Accept an invitation",
    description: "Spends one use of the invitation.",
    request: Some(RequestBody {
        schema: &ACCEPTANCE,
        example: r#"{"code":"wvwi_0000000000000000EXAMPL"}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "The team as I see it now.",
        content: Content::Json(&TEAM, TEAM_EXAMPLE),
    },
    problems: &[
        &problems::INVITATION_REFUSED,
        &problems::NOT_FOUND,
        &problems::ALREADY_A_MEMBER,
        &problems::INVITATION_USED_UP,
        &problems::INVITATION_EXPIRED,
        &problems::TOO_MANY_TEAMS,
        &problems::TEAM_FULL,
    ],
    ..PLAIN
};
