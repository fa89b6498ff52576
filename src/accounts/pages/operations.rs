//! The pages that links in mails lead to, as the OpenAPI document has them.

use crate::accounts::account::model::{ANY_PASSWORD, EMAIL};
use crate::accounts::email::operations::SentLink;
use crate::accounts::links::{ABOUT_TOKEN, TOKEN};
use crate::http::body::Body;
use crate::http::operation::{Alternative, Answer, Content, Operation, PLAIN, RequestBody};
use crate::http::schema::{Field, Schema};
use crate::http::{fields, object, operations, problems};

use super::form::FORM;

const TAG: &str = "Identity";
const TOKEN_PARAMETER: &[Field] = fields! { optional token: TOKEN, ABOUT_TOKEN; };
const LOOKING: &str = "Works without a script. To look at it uses nothing up; whether the link works is found out when its button is pressed.";
const RESET_FORM: Schema = object! { "ResetForm":
    optional email: EMAIL, "Has a link sent there.";
    optional token: TOKEN, "Of the link that was sent.";
    optional new_password: ANY_PASSWORD, "Goes with the token.";
    optional revoke_api_keys: Schema::Boolean, "Goes with the token.";
};
const EXAMPLE_FORM: &str = "token=wvwl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const SHOW: Operation = Operation {
    tag: TAG,
    description: LOOKING,
    query: TOKEN_PARAMETER,
    response: Answer::media("The page, with a form.", "text/html"),
    ..PLAIN
};
const SUBMIT: Operation = Operation {
    tag: TAG,
    request: SentLink::TAKEN,
    alternative: Some(Alternative {
        media_type: FORM,
        example: EXAMPLE_FORM,
    }),
    response: Answer::media("A page that says what was done.", "text/html"),
    problems: problems![INVALID_LINK],
    ..PLAIN
};

operations! { TAG;
    SHOW_RESET = "get_reset_page", "The page to choose a new password" ..SHOW {}

    SUBMIT_RESET = "submit_reset_page", "Submit the page to choose a new password" ..SUBMIT {
        request: RequestBody::json(&RESET_FORM, r#"{"email":"commander@guild.gg"}"#),
        alternative: Some(Alternative {
        media_type: FORM,
        example: "email=commander%40guild.gg",
    }),
    }

    SHOW_VERIFY = "get_verify_page", "The page that proves an address" ..SHOW {}

    SUBMIT_VERIFY = "submit_verify_page", "Submit the page that proves an address" ..SUBMIT {}

    SHOW_UNDO = "get_undo_page", "The page that restores a previous address" ..SHOW {}

    SUBMIT_UNDO = "submit_undo_page", "Submit the page that restores a previous address" ..SUBMIT {}

    SHOW_REMOVE_FACTOR = "get_remove_factor_page", "The page that requests the removal of a second factor" ..SHOW {}

    SUBMIT_REMOVE_FACTOR = "submit_remove_factor_page", "Submit the page that requests the removal of a second factor" ..SUBMIT {}

    CHANGE_PASSWORD = "change_password_url", "Redirect to the page to change a password" {
        description: "For browsers and password managers (W3C, A Well-Known URL for Changing Passwords).",
        response: Answer { status: 303, about: "See /reset.", content: Content::None },
    }

    SECURITY = "security_txt", "Contact for security reports (RFC 9116)" {
        response: Answer::media("The file.", "text/plain"),
        problems: problems![NOT_FOUND],
    }
}
