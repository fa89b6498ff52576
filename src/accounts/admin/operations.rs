//! The calls of administrators on accounts: documentation and schemas.

use crate::http::operation::{Answer, Condition, Content, Operation, PLAIN, RequestBody};
use crate::http::problems;
use crate::http::schema::{Field, Text};

use super::model::{ACCOUNT, ACCOUNT_INPUT};

/// The group of all calls for administrators.
pub const TAG: &str = "Administration";
const EXAMPLE: &str = r#"{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","email":"commander@guild.gg","email_verified":true,"pending_email":null,"display_name":"Commander","role":"user","created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z","disabled":false,"password_disabled":false,"two_factor":false,"sessions":1}"#;
const PATH: &[Field] = &[Field::required(
    "id",
    &Text::of(1, 100),
    "The account's id: TypeID with the prefix user.",
)];

/// GET /admin/users/{id}
pub const GET: Operation = Operation {
    id: "get_account",
    tag: TAG,
    summary: "An account",
    path: PATH,
    response: Answer {
        status: 200,
        about: "The account, with its strong ETag.",
        content: Content::Json(&ACCOUNT, EXAMPLE),
    },
    problems: &[&problems::NOT_FOUND],
    condition: Condition::Read,
    ..PLAIN
};
/// PATCH /admin/users/{id}
pub const CHANGE: Operation = Operation {
    id: "change_account",
    tag: TAG,
    summary: "Change the role of an account, or disable it",
    description: "Disabling ends all logins. In other isolates a change takes effect within 10 seconds. A new administrator's access tokens get their scopes at the next login or renewal.",
    path: PATH,
    request: Some(RequestBody {
        schema: &ACCOUNT_INPUT,
        example: r#"{"disabled":false,"password_disabled":false}"#,
        is_merge_patch: true,
    }),
    response: Answer {
        status: 200,
        about: "The account as it is now, with its strong ETag.",
        content: Content::Json(&ACCOUNT, EXAMPLE),
    },
    problems: &[&problems::NOT_FOUND, &problems::LAST_ADMINISTRATOR],
    condition: Condition::Write,
    ..PLAIN
};
