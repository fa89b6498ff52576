//! The call that proves again who is there, as it is documented and checked.

use crate::http::operation::{Answer, Content, Operation, PLAIN, Replay, RequestBody};
use crate::http::problems;

use super::model::{ACCESS_TOKEN, REAUTHENTICATION};

/// POST /auth/reauthenticate
pub const REAUTHENTICATE: Operation = Operation {
    id: "reauthenticate",
    tag: "Identity",
    summary: "Reauthenticate, for calls that need a recent proof",
    description: "What cannot be undone, and what gives lasting access, needs a proof from the last five minutes: else it answers 403 reauthentication_required. Where there is a second factor, it takes a code too. The session and its refresh token go on; the access tokens that it gives from now on carry the new auth_time, those from before do not.",
    request: Some(RequestBody {
        schema: &REAUTHENTICATION,
        example: r#"{"password":"four words in a row"}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "Send access_token as Authorization: Bearer.",
        content: Content::Json(
            &ACCESS_TOKEN,
            r#"{"access_token":"eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl","token_type":"Bearer","expires_in":600}"#,
        ),
    },
    problems: &[
        &problems::WRONG_PASSWORD,
        &problems::WRONG_TWO_FACTOR_CODE,
        &problems::TOO_MANY_ATTEMPTS,
        &problems::NOT_FOUND,
    ],
    replay: Replay::Secret,
    ..PLAIN
};
