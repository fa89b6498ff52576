//! The calls on accounts, as they are documented and checked.

use crate::http::operation::{Answer, Condition, Content, Operation, PLAIN, RequestBody};
use crate::http::problems;
use crate::http::schema::{Field, Schema};

use super::model::{PROFILE_INPUT, REGISTRATION, USER};

const TAG: &str = "Identity";
const EXAMPLE_USER: &str = r#"{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","email":"commander@guild.gg","email_verified":false,"pending_email":null,"display_name":"Commander","role":"user","created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}"#;

/// POST /auth/register
pub const REGISTER: Operation = Operation {
    id: "register",
    tag: TAG,
    summary: "Create an account",
    description: "A link that proves the address is sent there; until it is used, the account gets no other mail and no way back after a forgotten password. Whether another account has the address is not told here, but in that mail: if nobody has proved it, this account is made when the link is used (and cannot be logged in to before); if someone has, nothing is made. Only where the instance sends no mail is a taken address 409.",
    request: Some(RequestBody {
        schema: &REGISTRATION,
        example: r#"{"email":"commander@guild.gg","password":"four words in a row","display_name":"Commander"}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 201,
        about: "The account. Log in next; if the address was in use, prove it first.",
        content: Content::Json(
            &Schema::Named(
                "Registered",
                &Schema::Object(&[Field::required("user", &USER, "The account.")]),
            ),
            r#"{"user":{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","email":"commander@guild.gg","email_verified":false,"pending_email":null,"display_name":"Commander","role":"user","created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}}"#,
        ),
    },
    problems: &[&problems::EMAIL_TAKEN],
    ..PLAIN
};
/// GET /users/me
pub const ME: Operation = Operation {
    id: "get_me",
    tag: TAG,
    summary: "My account",
    response: Answer {
        status: 200,
        about: "The account of the access token.",
        content: Content::Json(&USER, EXAMPLE_USER),
    },
    problems: &[&problems::NOT_FOUND],
    condition: Condition::Read,
    ..PLAIN
};
/// PATCH /users/me
pub const CHANGE: Operation = Operation {
    id: "change_me",
    tag: TAG,
    summary: "Change my name or address",
    description: "An address is what one logs in with: changing it needs current_password, and where there is a second factor a code too, or a proof from the last five minutes (POST /api/v1/auth/reauthenticate). The old address stays until the link that is sent to the new one is used (pending_email). Role and id are not the owner's to change.",
    request: Some(RequestBody {
        schema: &PROFILE_INPUT,
        example: r#"{"display_name":"Commander"}"#,
        is_merge_patch: true,
    }),
    response: Answer {
        status: 200,
        about: "The account as it is now, with its strong ETag.",
        content: Content::Json(&USER, EXAMPLE_USER),
    },
    problems: &[
        &problems::WRONG_PASSWORD,
        &problems::WRONG_TWO_FACTOR_CODE,
        &problems::REAUTHENTICATION_REQUIRED,
        &problems::NOT_FOUND,
        &problems::EMAIL_TAKEN,
    ],
    condition: Condition::Write,
    ..PLAIN
};
