//! The pages that links in mails lead to, as the OpenAPI document has them.
//! Promises what the handlers do, no more.
//! Leaves the forms of the answers to the browser.

use crate::accounts::account::model::{ANY_PASSWORD, EMAIL};
use crate::accounts::email::operations::{EXAMPLE_TOKEN, LINK};
use crate::accounts::links::{ABOUT_TOKEN, TOKEN};
use crate::http::operation::{Alternative, Answer, Content, Operation, PLAIN, RequestBody};
use crate::http::problems;
use crate::http::schema::{Field, Schema};

use super::form::FORM;

const TAG: &str = "Identity";
const TOKEN_PARAMETER: &[Field] = &[Field::optional("token", &TOKEN, ABOUT_TOKEN)];
const LOOKING: &str = "Works without a script. To look at it uses nothing up; whether the link works is found out when its button is pressed.";
const RESET_FORM: Schema = Schema::Named(
    "ResetForm",
    &Schema::Object(&[
        Field::optional("email", &EMAIL, "Has a link sent there."),
        Field::optional("token", &TOKEN, "Of the link that was sent."),
        Field::optional("new_password", &ANY_PASSWORD, "Goes with the token."),
        Field::optional("revoke_api_keys", &Schema::Boolean, "Goes with the token."),
    ]),
);
const EXAMPLE_FORM: &str = "token=wvwl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const fn page(status: u16, about: &'static str) -> Answer {
    Answer {
        status,
        about,
        content: Content::Media("text/html"),
    }
}

const SHOW: Operation = Operation {
    tag: TAG,
    description: LOOKING,
    query: TOKEN_PARAMETER,
    response: page(200, "The page, with a form."),
    ..PLAIN
};
const SUBMIT: Operation = Operation {
    tag: TAG,
    request: Some(RequestBody {
        schema: &LINK,
        example: EXAMPLE_TOKEN,
        is_merge_patch: false,
    }),
    alternative: Some(Alternative {
        media_type: FORM,
        example: EXAMPLE_FORM,
    }),
    response: page(200, "A page that says what was done."),
    problems: &[&problems::INVALID_LINK],
    ..PLAIN
};

/// GET /reset
pub const SHOW_RESET: Operation = Operation {
    id: "get_reset_page",
    summary: "The page to choose a new password",
    ..SHOW
};
/// POST /reset
pub const SUBMIT_RESET: Operation = Operation {
    id: "submit_reset_page",
    summary: "Submit the page to choose a new password",
    request: Some(RequestBody {
        schema: &RESET_FORM,
        example: r#"{"email":"commander@guild.gg"}"#,
        is_merge_patch: false,
    }),
    alternative: Some(Alternative {
        media_type: FORM,
        example: "email=commander%40guild.gg",
    }),
    ..SUBMIT
};
/// GET /verify
pub const SHOW_VERIFY: Operation = Operation {
    id: "get_verify_page",
    summary: "The page that proves an address",
    ..SHOW
};
/// POST /verify
pub const SUBMIT_VERIFY: Operation = Operation {
    id: "submit_verify_page",
    summary: "Submit the page that proves an address",
    ..SUBMIT
};
/// GET /undo
pub const SHOW_UNDO: Operation = Operation {
    id: "get_undo_page",
    summary: "The page that restores a previous address",
    ..SHOW
};
/// POST /undo
pub const SUBMIT_UNDO: Operation = Operation {
    id: "submit_undo_page",
    summary: "Submit the page that restores a previous address",
    ..SUBMIT
};
/// GET /remove-factor
pub const SHOW_REMOVE_FACTOR: Operation = Operation {
    id: "get_remove_factor_page",
    summary: "The page that requests the removal of a second factor",
    ..SHOW
};
/// POST /remove-factor
pub const SUBMIT_REMOVE_FACTOR: Operation = Operation {
    id: "submit_remove_factor_page",
    summary: "Submit the page that requests the removal of a second factor",
    ..SUBMIT
};
/// GET /.well-known/change-password
pub const CHANGE_PASSWORD: Operation = Operation {
    id: "change_password_url",
    tag: TAG,
    summary: "Redirect to the page to change a password",
    description: "For browsers and password managers (W3C, A Well-Known URL for Changing Passwords).",
    response: Answer {
        status: 303,
        about: "See /reset.",
        content: Content::None,
    },
    ..PLAIN
};
/// GET /.well-known/security.txt
pub const SECURITY: Operation = Operation {
    id: "security_txt",
    tag: TAG,
    summary: "Contact for security reports (RFC 9116)",
    response: Answer {
        status: 200,
        about: "The file.",
        content: Content::Media("text/plain"),
    },
    problems: &[&problems::NOT_FOUND],
    ..PLAIN
};
