//! The calls of administrators on accounts: documentation and schemas.

use crate::http::operation::{Answer, Condition, RequestBody};
use crate::http::schema::{Field, Text};
use crate::http::{fields, operations, problems};

use super::model::{ACCOUNT, ACCOUNT_INPUT};

/// The group of all calls for administrators.
pub const TAG: &str = "Administration";
const EXAMPLE: &str = r#"{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","email":"commander@guild.gg","email_verified":true,"pending_email":null,"display_name":"Commander","role":"user","created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z","disabled":false,"password_disabled":false,"two_factor":false,"sessions":1}"#;
const PATH: &[Field] = fields! {
    required id: Text::of(1, 100), "The account's id: TypeID with the prefix user.";
};

operations! { TAG;
    GET = "get_account", "An account" {
        path: PATH,
        response: Answer::ok("The account, with its strong ETag.", &ACCOUNT, EXAMPLE),
        problems: problems![NOT_FOUND],
        condition: Condition::Read,
    }

    CHANGE = "change_account", "Change the role of an account, or disable it" {
        description: "Disabling ends all logins. In other isolates a change takes effect within 10 seconds. A new administrator's access tokens get their scopes at the next login or renewal.",
        path: PATH,
        request: RequestBody::patch(
            &ACCOUNT_INPUT,
            r#"{"disabled":false,"password_disabled":false}"#,
        ),
        response: Answer::ok("The account as it is now, with its strong ETag.", &ACCOUNT, EXAMPLE),
        problems: problems![NOT_FOUND, LAST_ADMINISTRATOR],
        condition: Condition::Write,
    }
}
