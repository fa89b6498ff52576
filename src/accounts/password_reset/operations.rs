//! The calls for password reset: documentation and schemas.

use crate::accounts::account::model::{ANY_PASSWORD, EMAIL};
use crate::accounts::email::operations::ACCEPTED;
use crate::accounts::links::{ABOUT_TOKEN, TOKEN};
use crate::http::operation::{Answer, Content, Operation, PLAIN, RequestBody};
use crate::http::problems;
use crate::http::schema::{Field, Schema};

const TAG: &str = "Identity";
const REQUEST_BODY: Schema = Schema::Named(
    "PasswordResetRequest",
    &Schema::Object(&[Field::required(
        "email",
        &EMAIL,
        "The account's address; case does not matter.",
    )]),
);
const CHOICE: Schema = Schema::Named(
    "PasswordReset",
    &Schema::Object(&[
        Field::required("token", &TOKEN, ABOUT_TOKEN),
        Field::required(
            "new_password",
            &ANY_PASSWORD,
            "By the same rules as at registration.",
        ),
        Field::optional(
            "revoke_api_keys",
            &Schema::Boolean,
            "Whether API keys end too; they stay unless this is true.",
        ),
    ]),
);

/// POST /auth/password-reset
pub const REQUEST: Operation = Operation {
    id: "request_password_reset",
    tag: TAG,
    summary: "Send a link to reset the password",
    description: "The answer is the same for every address, and takes the same time: whether it has an account is looked up afterwards. A link goes to an address that an account has proved (see verify_email), and works once, for an hour. Limited by network, by address and by account.",
    request: Some(RequestBody {
        schema: &REQUEST_BODY,
        example: r#"{"email":"commander@guild.gg"}"#,
        is_merge_patch: false,
    }),
    response: ACCEPTED,
    ..PLAIN
};
/// POST /auth/password-reset/confirm
pub const CONFIRM: Operation = Operation {
    id: "confirm_password_reset",
    tag: TAG,
    summary: "Choose a new password by the link in a mail",
    description: "Ends all logins and other links of the kind. API keys stay unless revoke_api_keys is true. A second factor that is on stays on: the next login asks for it, or for a recovery code. A password that is refused leaves the link as it is.",
    request: Some(RequestBody {
        schema: &CHOICE,
        example: r#"{"token":"wvwl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","new_password":"four other words here"}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 204,
        about: "The password is the new one. Log in next.",
        content: Content::None,
    },
    problems: &[&problems::INVALID_LINK],
    ..PLAIN
};
