//! The calls on the removal of a second factor: documentation and schemas.

use crate::accounts::email::operations::{EXAMPLE_TOKEN, LINK};
use crate::auth::model::TIME;
use crate::http::operation::{Answer, Content, Operation, PLAIN, RequestBody};
use crate::http::problems;
use crate::http::schema::{Field, Schema};

const TAG: &str = "Identity";
const REMOVAL: Schema = Schema::Named(
    "FactorRemoval",
    &Schema::Object(&[Field::required(
        "removal_at",
        &TIME,
        "When the second factor goes, or went.",
    )]),
);

/// POST /auth/two-factor/removal
pub const BEGIN: Operation = Operation {
    id: "begin_two_factor_removal",
    tag: TAG,
    summary: "Request the removal of a second factor that is not mine",
    description: "By the link in the notice that came when the factor was added, for 30 days. It goes 72 hours later, unless someone who logs in with it stops that; a mail announces it. All logins end then. Without a password that the stranger does not know, they could stop it: choose a new one first. The link goes on working for that factor.",
    request: Some(RequestBody {
        schema: &LINK,
        example: EXAMPLE_TOKEN,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "The factor goes then.",
        content: Content::Json(&REMOVAL, r#"{"removal_at":"2026-11-25T18:00:00.000Z"}"#),
    },
    problems: &[&problems::INVALID_LINK],
    ..PLAIN
};
/// DELETE /auth/two-factor/removal
pub const STOP: Operation = Operation {
    id: "stop_two_factor_removal",
    tag: TAG,
    summary: "Cancel the removal of my second factor",
    description: "Stops the removal that someone who reads the mail of the account has asked for. Takes a login that was opened with the second factor.",
    problems: &[&problems::NO_FACTOR_REMOVAL],
    ..PLAIN
};
