//! The calls on logins, as they are documented and checked.

use crate::auth::refresh_token::GRACE_MS;
use crate::http::operation::{Answer, Content, Operation, PLAIN, Replay, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::problems;
use crate::http::schema::{Field, Text};
use crate::idempotency::store::KEPT_MS;

use super::model::{LOGIN, PASSWORD_CHANGE, REFRESH, SESSION, TOKENS, TWO_FACTOR_LOGIN};

const TAG: &str = "Identity";
const EXAMPLE_TOKENS: &str = r#"{"access_token":"eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl","token_type":"Bearer","expires_in":600,"refresh_token":"wvwr_01kanp2xc0e8br5v0xmvhv7j2dc2VjcmV0","refresh_expires_in":1209600}"#;
const EXAMPLE_LOGIN: &str = r#"{"access_token":"eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl","token_type":"Bearer","expires_in":600,"refresh_token":"wvwr_01kanp2xc0e8br5v0xmvhv7j2dc2VjcmV0","refresh_expires_in":1209600,"device_token":"wvwd_c2VjcmV0"}"#;
const EXAMPLE_REFRESH: &str = r#"{"refresh_token":"wvwr_01kanp2xc0e8br5v0xmvhv7j2dc2VjcmV0"}"#;

/// POST /auth/login
pub const LOG_IN: Operation = Operation {
    id: "login",
    tag: TAG,
    summary: "Log in with address and password",
    description: "An unknown address answers like a wrong password, and takes as long. With a second factor, the right password answers 401 two_factor_required with a challenge: go on with POST /auth/login/two-factor. From the fifth wrong attempt in a row on there are pauses, from the tenth on of 15 minutes.",
    request: Some(RequestBody {
        schema: &LOGIN,
        example: r#"{"email":"commander@guild.gg","password":"four words in a row"}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "Send access_token as Authorization: Bearer.",
        content: Content::Json(&TOKENS, EXAMPLE_LOGIN),
    },
    problems: &[
        &problems::INVALID_CREDENTIALS,
        &problems::TWO_FACTOR_REQUIRED,
        &problems::TOO_MANY_ATTEMPTS,
    ],
    replay: Replay::Tokens {
        max_age_ms: KEPT_MS,
    },
    ..PLAIN
};
/// POST /auth/login/two-factor
pub const LOG_IN_TWO_FACTOR: Operation = Operation {
    id: "login_two_factor",
    tag: TAG,
    summary: "Log in with the second factor",
    description: "A code of the authenticator app or a recovery code. Each counts once. A challenge ends after 5 minutes, after 5 wrong codes, and when the password changes.",
    request: Some(RequestBody {
        schema: &TWO_FACTOR_LOGIN,
        example: r#"{"challenge":"wvwc_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U","code":"287082"}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "Send access_token as Authorization: Bearer.",
        content: Content::Json(&TOKENS, EXAMPLE_LOGIN),
    },
    problems: &[
        &problems::INVALID_CHALLENGE,
        &problems::INVALID_TWO_FACTOR_CODE,
        &problems::TOO_MANY_ATTEMPTS,
    ],
    replay: Replay::Tokens {
        max_age_ms: KEPT_MS,
    },
    ..PLAIN
};
/// POST /auth/refresh
pub const REFRESH_TOKENS: Operation = Operation {
    id: "refresh",
    tag: TAG,
    summary: "Refresh the tokens of a session",
    description: "Gives a new pair; the old refresh token is spent. The same answer again is given for 10 seconds, as long as the new refresh token was not used: a lost answer is no theft. A refresh token that was spent longer ago ends its login.",
    request: Some(RequestBody {
        schema: &REFRESH,
        example: EXAMPLE_REFRESH,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "The new pair.",
        content: Content::Json(&TOKENS, EXAMPLE_TOKENS),
    },
    problems: &[
        &problems::INVALID_REFRESH_TOKEN,
        &problems::REFRESH_TOKEN_REUSED,
    ],
    replay: Replay::Tokens {
        max_age_ms: GRACE_MS,
    },
    ..PLAIN
};
/// POST /auth/logout
pub const LOG_OUT: Operation = Operation {
    id: "logout",
    tag: TAG,
    summary: "Log out",
    description: "Answers the same when the login had ended before. Access tokens of the login end within 10 seconds.",
    request: Some(RequestBody {
        schema: &REFRESH,
        example: EXAMPLE_REFRESH,
        is_merge_patch: false,
    }),
    ..PLAIN
};
/// GET /auth/sessions
pub const LIST: Operation = Operation {
    id: "list_sessions",
    tag: TAG,
    summary: "List my sessions",
    query: &[LIMIT, CURSOR],
    response: Answer {
        status: 200,
        about: "Live logins, latest first.",
        content: Content::Page(
            &SESSION,
            r#"{"id":"session_01kanp2xc0e8br5v0xmvhv7j2d","created_at":"2026-11-22T18:00:00.000Z","refreshed_at":"2026-11-22T18:00:00.000Z","expires_at":"2026-12-06T18:00:00.000Z","amr":["pwd"],"user_agent":"curl/8.5.0","current":true}"#,
        ),
    },
    ..PLAIN
};
/// DELETE /auth/sessions/{id}
pub const END: Operation = Operation {
    id: "end_session",
    tag: TAG,
    summary: "End one of my sessions",
    path: &[Field::required(
        "id",
        &Text::formatted(34, 34, "typeid"),
        "TypeID with the prefix session.",
    )],
    problems: &[&problems::NOT_FOUND],
    ..PLAIN
};
/// DELETE /auth/sessions
pub const END_OTHERS: Operation = Operation {
    id: "end_other_sessions",
    tag: TAG,
    summary: "End all my sessions except this one",
    ..PLAIN
};
/// POST /auth/password
pub const CHANGE_PASSWORD: Operation = Operation {
    id: "change_password",
    tag: TAG,
    summary: "Change my password",
    description: "All other logins end. Where there is a second factor it takes a code too, or a proof from the last five minutes (POST /api/v1/auth/reauthenticate).",
    request: Some(RequestBody {
        schema: &PASSWORD_CHANGE,
        example: r#"{"current_password":"four words in a row","new_password":"five other words in a row"}"#,
        is_merge_patch: false,
    }),
    problems: &[
        &problems::WRONG_PASSWORD,
        &problems::WRONG_TWO_FACTOR_CODE,
        &problems::REAUTHENTICATION_REQUIRED,
        &problems::NOT_FOUND,
        &problems::TOO_MANY_ATTEMPTS,
    ],
    ..PLAIN
};
