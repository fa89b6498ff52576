//! The calls on logins, as they are documented and checked.

use crate::auth::refresh_token::GRACE_MS;
use crate::http::body::Body;
use crate::http::operation::{Answer, Replay};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::Text;
use crate::http::{fields, operations, problems};
use crate::idempotency::store::KEPT_MS;

use super::model::{LoginInput, PasswordChange, Refresh, SESSION, TOKENS, TwoFactorLogin};

const TAG: &str = "Identity";
const EXAMPLE_TOKENS: &str = r#"{"access_token":"eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl","token_type":"Bearer","expires_in":600,"refresh_token":"wvwr_01kanp2xc0e8br5v0xmvhv7j2dc2VjcmV0","refresh_expires_in":1209600}"#;
const EXAMPLE_LOGIN: &str = r#"{"access_token":"eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl","token_type":"Bearer","expires_in":600,"refresh_token":"wvwr_01kanp2xc0e8br5v0xmvhv7j2dc2VjcmV0","refresh_expires_in":1209600,"device_token":"wvwd_c2VjcmV0"}"#;

operations! { TAG;
    LOG_IN = "login", "Log in with address and password" {
        description: "An unknown address answers like a wrong password, and takes as long. With a second factor, the right password answers 401 two_factor_required with a challenge: go on with POST /auth/login/two-factor. From the fifth wrong attempt in a row on there are pauses, from the tenth on of 15 minutes.",
        request: LoginInput::TAKEN,
        response: Answer::ok("Send access_token as Authorization: Bearer.", &TOKENS, EXAMPLE_LOGIN),
        problems: problems![INVALID_CREDENTIALS, TWO_FACTOR_REQUIRED, TOO_MANY_ATTEMPTS],
        replay: Replay::Tokens { max_age_ms: KEPT_MS },
    }

    LOG_IN_TWO_FACTOR = "login_two_factor", "Log in with the second factor" {
        description: "A code of the authenticator app or a recovery code. Each counts once. A challenge ends after 5 minutes, after 5 wrong codes, and when the password changes.",
        request: TwoFactorLogin::TAKEN,
        response: Answer::ok("Send access_token as Authorization: Bearer.", &TOKENS, EXAMPLE_LOGIN),
        problems: problems![INVALID_CHALLENGE, INVALID_TWO_FACTOR_CODE, TOO_MANY_ATTEMPTS],
        replay: Replay::Tokens { max_age_ms: KEPT_MS },
    }

    REFRESH_TOKENS = "refresh", "Refresh the tokens of a session" {
        description: "Gives a new pair; the old refresh token is spent. The same answer again is given for 10 seconds, as long as the new refresh token was not used: a lost answer is no theft. A refresh token that was spent longer ago ends its login.",
        request: Refresh::TAKEN,
        response: Answer::ok("The new pair.", &TOKENS, EXAMPLE_TOKENS),
        problems: problems![INVALID_REFRESH_TOKEN, REFRESH_TOKEN_REUSED],
        replay: Replay::Tokens { max_age_ms: GRACE_MS },
    }

    LOG_OUT = "logout", "Log out" {
        description: "Answers the same when the login had ended before. Access tokens of the login end within 10 seconds.",
        request: Refresh::TAKEN,
    }

    LIST = "list_sessions", "List my sessions" {
        query: &[LIMIT, CURSOR],
        response: Answer::page_of(
            "Live logins, latest first.",
            &SESSION,
            r#"{"id":"session_01kanp2xc0e8br5v0xmvhv7j2d","created_at":"2026-11-22T18:00:00.000Z","refreshed_at":"2026-11-22T18:00:00.000Z","expires_at":"2026-12-06T18:00:00.000Z","amr":["pwd"],"user_agent":"curl/8.5.0","current":true}"#,
        ),
    }

    END = "end_session", "End one of my sessions" {
        path: fields! {
            required id: Text::formatted(34, 34, "typeid"), "TypeID with the prefix session.";
        },
        problems: problems![NOT_FOUND],
    }

    END_OTHERS = "end_other_sessions", "End all my sessions except this one" {}

    CHANGE_PASSWORD = "change_password", "Change my password" {
        description: "All other logins end. Where there is a second factor it takes a code too, or a proof from the last five minutes (POST /api/v1/auth/reauthenticate).",
        request: PasswordChange::TAKEN,
        problems: problems![
            WRONG_PASSWORD, WRONG_TWO_FACTOR_CODE, REAUTHENTICATION_REQUIRED, NOT_FOUND,
            TOO_MANY_ATTEMPTS,
        ],
    }
}
