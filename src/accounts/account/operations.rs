//! The calls on accounts, as they are documented and checked.

use crate::http::body::Body;
use crate::http::operation::{Answer, Condition, RequestBody};
use crate::http::schema::Schema;
use crate::http::{object, operations, problems};

use super::model::{NewAccount, ProfileInput, USER};

const TAG: &str = "Identity";
const EXAMPLE_USER: &str = r#"{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","email":"commander@guild.gg","email_verified":false,"pending_email":null,"display_name":"Commander","role":"user","created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}"#;

const REGISTERED: Schema = object! { "Registered": required user: USER, "The account."; };

operations! { TAG;
    REGISTER = "register", "Create an account" {
        description: "A link that proves the address is sent there; until it is used, the account gets no other mail and no way back after a forgotten password. Whether another account has the address is not told here, but in that mail: if nobody has proved it, this account is made when the link is used (and cannot be logged in to before); if someone has, nothing is made. Only where the instance sends no mail is a taken address 409.",
        request: NewAccount::TAKEN,
        response: Answer::created(
            "The account. Log in next; if the address was in use, prove it first.",
            &REGISTERED,
            r#"{"user":{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","email":"commander@guild.gg","email_verified":false,"pending_email":null,"display_name":"Commander","role":"user","created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}}"#,
        ),
        problems: problems![EMAIL_TAKEN],
    }

    ME = "get_me", "My account" {
        response: Answer::ok("The account of the access token.", &USER, EXAMPLE_USER),
        problems: problems![NOT_FOUND],
        condition: Condition::Read,
    }

    CHANGE = "change_me", "Change my name or address" {
        description: "An address is what one logs in with: changing it needs current_password, and where there is a second factor a code too, or a proof from the last five minutes (POST /api/v1/auth/reauthenticate). The old address stays until the link that is sent to the new one is used (pending_email). Role and id are not the owner's to change.",
        request: RequestBody::patch(&ProfileInput::SCHEMA, r#"{"display_name":"Commander"}"#),
        response: Answer::ok(
            "The account as it is now, with its strong ETag.",
            &USER,
            EXAMPLE_USER,
        ),
        problems: problems![
            WRONG_PASSWORD, WRONG_TWO_FACTOR_CODE, REAUTHENTICATION_REQUIRED, NOT_FOUND,
            EMAIL_TAKEN,
        ],
        condition: Condition::Write,
    }
}
