//! The calls on one's second factor, as they are documented and checked.

use crate::http::operation::{Answer, Content, Operation, PLAIN, Replay, RequestBody};
use crate::http::problems;

use super::model::{CODE_BODY, DISABLING, ENROLMENT, RECOVERY_CODES};

const TAG: &str = "Identity";
const EXAMPLE_CODE: &str = r#"{"code":"287082"}"#;
const EXAMPLE_CODES: &str = r#"{"recovery_codes":["GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV","GEZD-GNBV-GY3T-QOJQ-GEZD-GNBW","GEZD-GNBV-GY3T-QOJQ-GEZD-GNBX","GEZD-GNBV-GY3T-QOJQ-GEZD-GNBY","GEZD-GNBV-GY3T-QOJQ-GEZD-GNBZ","GEZD-GNBV-GY3T-QOJQ-GEZD-GNB2","GEZD-GNBV-GY3T-QOJQ-GEZD-GNB3","GEZD-GNBV-GY3T-QOJQ-GEZD-GNB4","GEZD-GNBV-GY3T-QOJQ-GEZD-GNB5","GEZD-GNBV-GY3T-QOJQ-GEZD-GNB6"]}"#;

/// POST /auth/two-factor
pub const BEGIN: Operation = Operation {
    id: "begin_two_factor",
    tag: TAG,
    summary: "Create a secret for an authenticator app",
    description: "It does not count before it is confirmed with a code; until then, another one takes its place. Codes have 6 digits, by SHA-1, every 30 seconds (RFC 6238).",
    response: Answer {
        status: 200,
        about: "The secret, in three forms. Confirm it next.",
        content: Content::Json(
            &ENROLMENT,
            r#"{"secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","otpauth_uri":"otpauth://totp/WvW%20Builder:commander%40guild.gg?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=WvW%20Builder&algorithm=SHA1&digits=6&period=30","qr_svg":"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"}"#,
        ),
    },
    problems: &[&problems::TWO_FACTOR_ENABLED, &problems::NOT_FOUND],
    replay: Replay::Secret,
    ..PLAIN
};
/// POST /auth/two-factor/confirm
pub const CONFIRM: Operation = Operation {
    id: "confirm_two_factor",
    tag: TAG,
    summary: "Switch the second factor on",
    description: "From now on a login needs a code. All other logins end.",
    request: Some(RequestBody {
        schema: &CODE_BODY,
        example: EXAMPLE_CODE,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "Recovery codes: keep them where the authenticator app is not.",
        content: Content::Json(&RECOVERY_CODES, EXAMPLE_CODES),
    },
    problems: &[
        &problems::WRONG_TWO_FACTOR_CODE,
        &problems::TWO_FACTOR_ENABLED,
        &problems::TWO_FACTOR_NOT_ENABLED,
        &problems::TOO_MANY_ATTEMPTS,
    ],
    replay: Replay::Secret,
    ..PLAIN
};
/// DELETE /auth/two-factor
pub const DISABLE: Operation = Operation {
    id: "disable_two_factor",
    tag: TAG,
    summary: "Switch the second factor off",
    description: "Takes the password and a code. All other logins end.",
    request: Some(RequestBody {
        schema: &DISABLING,
        example: r#"{"password":"four words in a row","code":"287082"}"#,
        is_merge_patch: false,
    }),
    problems: &[
        &problems::WRONG_PASSWORD,
        &problems::WRONG_TWO_FACTOR_CODE,
        &problems::TWO_FACTOR_NOT_ENABLED,
        &problems::NOT_FOUND,
        &problems::TOO_MANY_ATTEMPTS,
    ],
    ..PLAIN
};
/// POST /auth/two-factor/recovery-codes
pub const MAKE_RECOVERY_CODES: Operation = Operation {
    id: "make_recovery_codes",
    tag: TAG,
    summary: "Replace my recovery codes",
    description: "Those from before do not count any more.",
    request: Some(RequestBody {
        schema: &CODE_BODY,
        example: EXAMPLE_CODE,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "Ten new ones.",
        content: Content::Json(&RECOVERY_CODES, EXAMPLE_CODES),
    },
    problems: &[
        &problems::WRONG_TWO_FACTOR_CODE,
        &problems::TWO_FACTOR_NOT_ENABLED,
        &problems::TOO_MANY_ATTEMPTS,
    ],
    replay: Replay::Secret,
    ..PLAIN
};
