//! Second factors as values: schemas, codes, and what a code proves.

use zeroize::Zeroizing;

use crate::accounts::account::model::ANY_PASSWORD;
use crate::accounts::token;
use crate::http::schema::{Schema, Text};
use crate::http::{body, object};
use crate::ids::UserId;
use crate::platform::Statement;
use crate::text::characters::is_hidden;

use super::recovery::{COUNT, RecoveryCode};
use super::store;
use super::totp::DIGITS;

/// A code as typed.
pub const CODE: Schema = Text::of(1, 64);
pub const ABOUT_CODE: &str = "Six digits of the authenticator app, or a recovery code.";

body! {
    /// Body of POST /auth/two-factor/confirm and POST /auth/two-factor/recovery-codes.
    pub struct SentCode = "TwoFactorCode", r#"{"code":"287082"}"# {
        required code: String = CODE, ABOUT_CODE;
    }
}

body! {
    /// Body of DELETE /auth/two-factor.
    pub struct Disabling = "TwoFactorDisabling", r#"{"password":"four words in a row","code":"287082"}"# {
        required password: String = ANY_PASSWORD, "The account's password.";
        required code: String = CODE, ABOUT_CODE;
    }
}

/// Answer of POST /auth/two-factor.
pub const ENROLMENT: Schema = object! { "TwoFactorEnrolment":
    required secret: Text::of(32, 32), "For typing into an authenticator app (base32).";
    required otpauth_uri: Text::of(1, 2048),
        "The same, with all that the app has to know (Key URI format).";
    required qr_svg: Text::of(1, 1_048_576), "otpauth_uri as a QR code, an SVG image.";
};

/// Answer of POST /auth/two-factor/confirm and POST /auth/two-factor/recovery-codes.
pub const RECOVERY_CODES: Schema = object! { "RecoveryCodes":
    required recovery_codes: Schema::list(&Text::of(29, 29), COUNT, COUNT),
        "Shown this once. Each stands in for a code of the app, one time.";
};

pub enum FactorCode {
    /// Of the authenticator app, in digits.
    OneTime(Zeroizing<String>),
    Recovery(RecoveryCode),
}

impl FactorCode {
    /// Reads a code; `None` when it has the form of neither.
    pub fn parse(text: &str) -> Option<Self> {
        let typed = text
            .chars()
            .filter(|&c| c != '-' && !c.is_whitespace() && !is_hidden(c));
        let mut plain = Zeroizing::new(String::with_capacity(text.len()));
        plain.extend(typed.map(|c| c.to_ascii_uppercase()));
        if plain.len() == DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::OneTime(plain));
        }
        RecoveryCode::parse(&plain).map(Self::Recovery)
    }
}

pub struct Factor {
    pub sealed_secret: Vec<u8>,
    /// The step of the code that was used last.
    pub last_step: Option<i64>,
    pub is_confirmed: bool,
}

/// Tells challenges from other tokens.
pub struct ChallengeKind;

impl token::TokenKind for ChallengeKind {
    const PREFIX: &'static str = "wvwc_";
}

/// What the right password of an account with a second factor gives.
pub type Challenge = token::RandomToken<ChallengeKind>;

/// How long a challenge lasts.
pub const CHALLENGE_MS: i64 = 5 * 60_000;
/// Wrong codes that end a challenge.
pub const MAX_FAILURES: i64 = 5;

/// A right code. It counts once [`Self::writes`] are committed.
pub enum Proof {
    /// A code of the app, of this step.
    Step(i64),
    /// A recovery code with this hash.
    Recovery([u8; 32]),
}

impl Proof {
    /// Uses the code up; stale when it is used already.
    pub fn writes(&self, user: &UserId) -> Vec<Statement> {
        match self {
            Self::Step(step) => store::use_step(user, *step),
            Self::Recovery(hash) => store::use_recovery_code(user, hash),
        }
    }

    pub const fn is_recovery(&self) -> bool {
        matches!(self, Self::Recovery(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_codes_are_read() {
        let recovery = "ABCDEFGHIJKLMNOPQRSTUVWX";
        let hash = RecoveryCode::parse(recovery).unwrap().hash();
        for text in [
            recovery,
            "abcd-efgh-ijkl-mnop-qrst-uvwx",
            " ABCD EFGH IJKL MNOP QRST UVWX ",
            "A-B-CdefGHIJKLMNOPQRST---UVWX",
        ] {
            assert!(
                matches!(FactorCode::parse(text), Some(FactorCode::Recovery(code)) if code.hash() == hash),
                "{text}"
            );
        }
        let typed = "287082|287 082|287-082| 287082|287082\n|287\u{a0}082|287\u{202f}082\r\n|\
                     \u{200b}287\t082\u{feff}";
        for text in typed.split('|') {
            assert!(
                matches!(FactorCode::parse(text), Some(FactorCode::OneTime(code)) if *code == "287082"),
                "{text}"
            );
        }
        let refused = "| |28708|2870822|28708a|٢٨٧٠٨٢|+28708|ABCDEFGHIJKLMNOPQRSTUVW|\
                       ABCDEFGHIJKLMNOPQRSTUVW1|ABCDEFGHIJKLMNOPQRSTUVWXY";
        for text in refused.split('|') {
            assert!(FactorCode::parse(text).is_none(), "{text:?}");
        }
    }
}
