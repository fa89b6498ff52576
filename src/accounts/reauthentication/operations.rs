//! The call that proves again who is there, as it is documented and checked.

use crate::http::body::Body;
use crate::http::operation::{Answer, Replay};
use crate::http::{operations, problems};

use super::model::{ACCESS_TOKEN, Reauthentication};

operations! { "Identity";
    REAUTHENTICATE = "reauthenticate", "Reauthenticate, for calls that need a recent proof" {
        description: "What cannot be undone, and what gives lasting access, needs a proof from the last five minutes: else it answers 403 reauthentication_required. Where there is a second factor, it takes a code too. The session and its refresh token go on; the access tokens that it gives from now on carry the new auth_time, those from before do not.",
        request: Reauthentication::TAKEN,
        response: Answer::ok(
            "Send access_token as Authorization: Bearer.",
            &ACCESS_TOKEN,
            r#"{"access_token":"eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl","token_type":"Bearer","expires_in":600}"#,
        ),
        problems: problems![WRONG_PASSWORD, WRONG_TWO_FACTOR_CODE, TOO_MANY_ATTEMPTS, NOT_FOUND],
        replay: Replay::Secret,
    }
}
