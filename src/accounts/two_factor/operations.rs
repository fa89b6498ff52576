//! The calls on one's second factor, as they are documented and checked.

use crate::http::body::Body;
use crate::http::operation::{Answer, Replay};
use crate::http::{operations, problems};

use super::model::{Disabling, ENROLMENT, RECOVERY_CODES, SentCode};

const TAG: &str = "Identity";
const EXAMPLE_CODES: &str = r#"{"recovery_codes":["GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV","GEZD-GNBV-GY3T-QOJQ-GEZD-GNBW","GEZD-GNBV-GY3T-QOJQ-GEZD-GNBX","GEZD-GNBV-GY3T-QOJQ-GEZD-GNBY","GEZD-GNBV-GY3T-QOJQ-GEZD-GNBZ","GEZD-GNBV-GY3T-QOJQ-GEZD-GNB2","GEZD-GNBV-GY3T-QOJQ-GEZD-GNB3","GEZD-GNBV-GY3T-QOJQ-GEZD-GNB4","GEZD-GNBV-GY3T-QOJQ-GEZD-GNB5","GEZD-GNBV-GY3T-QOJQ-GEZD-GNB6"]}"#;

operations! { TAG;
    BEGIN = "begin_two_factor", "Create a secret for an authenticator app" {
        description: "It does not count before it is confirmed with a code; until then, another one takes its place. Codes have 6 digits, by SHA-1, every 30 seconds (RFC 6238).",
        response: Answer::ok(
            "The secret, in three forms. Confirm it next.",
            &ENROLMENT,
            r#"{"secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","otpauth_uri":"otpauth://totp/WvW%20Builder:commander%40guild.gg?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=WvW%20Builder&algorithm=SHA1&digits=6&period=30","qr_svg":"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"}"#,
        ),
        problems: problems![TWO_FACTOR_ENABLED, NOT_FOUND],
        replay: Replay::Secret,
    }

    CONFIRM = "confirm_two_factor", "Switch the second factor on" {
        description: "From now on a login needs a code. All other logins end.",
        request: SentCode::TAKEN,
        response: Answer::ok(
            "Recovery codes: keep them where the authenticator app is not.",
            &RECOVERY_CODES,
            EXAMPLE_CODES,
        ),
        problems: problems![
            WRONG_TWO_FACTOR_CODE, TWO_FACTOR_ENABLED, TWO_FACTOR_NOT_ENABLED, TOO_MANY_ATTEMPTS,
        ],
        replay: Replay::Secret,
    }

    DISABLE = "disable_two_factor", "Switch the second factor off" {
        description: "Takes the password and a code. All other logins end.",
        request: Disabling::TAKEN,
        problems: problems![
            WRONG_PASSWORD, WRONG_TWO_FACTOR_CODE, TWO_FACTOR_NOT_ENABLED, NOT_FOUND,
            TOO_MANY_ATTEMPTS,
        ],
    }

    MAKE_RECOVERY_CODES = "make_recovery_codes", "Replace my recovery codes" {
        description: "Those from before do not count any more.",
        request: SentCode::TAKEN,
        response: Answer::ok("Ten new ones.", &RECOVERY_CODES, EXAMPLE_CODES),
        problems: problems![WRONG_TWO_FACTOR_CODE, TWO_FACTOR_NOT_ENABLED, TOO_MANY_ATTEMPTS],
        replay: Replay::Secret,
    }
}
