//! Time-based one-time passwords (RFC 6238): SHA-1, 6 digits, 30 seconds, as every app supports. A code is
//! valid one step before and after its own, and never for a step that was used.

use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::http::query::percent_encoded;
use crate::platform::Platform;

use super::base32;

/// What authenticator apps show the code under.
const ISSUER: &str = "WvW Builder";
const PERIOD_MS: i64 = 30_000;
pub const DIGITS: usize = 6;
/// 160 bits: as long as the hash (RFC 4226, section 4, R6).
pub const SECRET_BYTES: usize = 20;

/// The secret that the service and the authenticator app share.
pub struct SharedSecret(Zeroizing<[u8; SECRET_BYTES]>);

impl SharedSecret {
    pub fn fresh(platform: &Platform) -> Self {
        Self(Zeroizing::new(platform.random_bytes()))
    }

    /// A stored one; `None` when it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Zeroizing::new).map(Self)
    }

    pub fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }

    pub fn base32(&self) -> Zeroizing<String> {
        base32::encode(&self.0)
    }

    /// The secret as Google's Key URI; the app shows `account`.
    pub fn otpauth_uri(&self, account: &str) -> Zeroizing<String> {
        let [issuer, account] = [ISSUER, account].map(percent_encoded);
        let secret = self.base32();
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={}",
            *secret,
            PERIOD_MS / 1000,
        ))
    }

    /// The code of a step (RFC 4226, section 5.3), in ASCII digits.
    fn code(&self, step: i64) -> Zeroizing<[u8; DIGITS]> {
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha1>::new_from_slice(self.expose()).expect("a key of any length");
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let offset = usize::from(hash[19] & 15);
        let bytes = [0, 1, 2, 3].map(|index| hash[offset + index]);
        let mut number = u32::from_be_bytes(bytes) & 0x7fff_ffff;
        let mut code = Zeroizing::new([b'0'; DIGITS]);
        for digit in code.iter_mut().rev() {
            // Less than 10.
            *digit += (number % 10) as u8;
            number /= 10;
        }
        code
    }

    /// The step of `code`: the present one or a neighbour, after `last_step`. All three are always compared.
    pub fn accept(&self, code: &str, now_ms: i64, last_step: Option<i64>) -> Option<i64> {
        let present = step_at(now_ms);
        let mut accepted = None;
        for step in present - 1..=present + 1 {
            let is_equal = bool::from(self.code(step).ct_eq(code.as_bytes()));
            let is_unused = last_step.is_none_or(|last| step > last);
            if is_equal && is_unused && accepted.is_none() {
                accepted = Some(step);
            }
        }
        accepted
    }
}

/// The step of a time in milliseconds since 1970.
fn step_at(now_ms: i64) -> i64 {
    now_ms.div_euclid(PERIOD_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the vectors of RFC 4226 and RFC 6238.
    fn of_the_rfcs() -> SharedSecret {
        SharedSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    fn text(code: &[u8; DIGITS]) -> &str {
        std::str::from_utf8(code).unwrap()
    }

    #[test]
    fn the_vectors_of_rfc_4226_appendix_d() {
        for (counter, expected) in (0..).zip([
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ]) {
            assert_eq!(text(&of_the_rfcs().code(counter)), expected, "{counter}");
        }
    }

    #[test]
    fn the_vectors_of_rfc_6238_appendix_b() {
        // It has 8 digits; ours are the last 6 of them.
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = step_at(seconds * 1000);
            assert_eq!(text(&of_the_rfcs().code(step)), expected, "{seconds}");
        }
    }

    #[test]
    fn which_codes_count() {
        let secret = of_the_rfcs();
        let now = 1_111_111_111_000;
        let step = step_at(now);
        let code = |of: i64| text(&secret.code(step + of)).to_owned();
        for (name, code, last_step, expected) in [
            ("the present one", code(0), None, Some(step)),
            ("the one before", code(-1), None, Some(step - 1)),
            ("the next one", code(1), None, Some(step + 1)),
            ("two steps old", code(-2), None, None),
            ("two steps early", code(2), None, None),
            ("used", code(0), Some(step), None),
            ("before the last used", code(-1), Some(step), None),
            ("after the last used", code(1), Some(step), Some(step + 1)),
            ("cut", code(0)[..5].to_owned(), None, None),
            ("with one more digit", code(0) + "0", None, None),
            ("empty", String::new(), None, None),
            ("other digits", code(0).replace('0', "\u{660}"), None, None),
        ] {
            assert_eq!(secret.accept(&code, now, last_step), expected, "{name}");
        }
        assert_eq!(step_at(-1), -1, "no step is twice as long as the others");
    }

    #[test]
    fn the_uri_is_one_that_apps_read() {
        let uri = of_the_rfcs().otpauth_uri("a+ä@guild.gg");
        let expected = "otpauth://totp/WvW%20Builder:a%2B%C3%A4%40guild.gg\
                        ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
                        &issuer=WvW%20Builder&algorithm=SHA1&digits=6&period=30";
        assert_eq!(uri.as_str(), expected);
    }
}
