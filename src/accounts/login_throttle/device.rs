//! Device tokens: they prove an earlier login, no identity, and only select the device's own counter.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::mac::Tag;
use crate::platform::Platform;

use super::model::{Guard, Subject};

/// Lets secret scanners recognize the token.
const PREFIX: &str = "wvwd_";
const ID_BYTES: usize = 16;
const LIFE_MS: i64 = 180 * 86_400_000;

/// `wvwd_`, and in base64url: a random id, when it expires (milliseconds, big-endian), and a MAC over
/// both and the account.
pub struct DeviceToken {
    id: [u8; ID_BYTES],
    expires_at: i64,
}

impl DeviceToken {
    pub fn fresh(platform: &Platform) -> Self {
        Self {
            id: platform.random_bytes(),
            expires_at: platform.clock.now_ms() + LIFE_MS,
        }
    }

    /// Parses a token made for `subject`; `None` when it is forged, for another subject or expired.
    pub fn open(guard: &Guard<'_>, subject: &Subject, text: &str, now: i64) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let (id, rest) = bytes.split_first_chunk()?;
        let (time, tag) = rest.split_first_chunk()?;
        let token = Self {
            id: *id,
            expires_at: i64::from_be_bytes(*time),
        };
        let is_ours = bool::from(token.tag(guard, subject).ct_eq(tag));
        (is_ours && now < token.expires_at).then_some(token)
    }

    pub fn expose(&self, guard: &Guard<'_>, subject: &Subject) -> String {
        let tag = self.tag(guard, subject);
        let bytes = [&self.id[..], &self.expires_at.to_be_bytes(), &tag].concat();
        [PREFIX, &URL_SAFE_NO_PAD.encode(bytes)].concat()
    }

    pub const fn id(&self) -> &[u8] {
        &self.id
    }

    fn tag(&self, guard: &Guard<'_>, subject: &Subject) -> Tag {
        let expires_at = self.expires_at.to_be_bytes();
        guard.tag("guessing: device", &[&subject.0, &self.id, &expires_at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::login_throttle::model::SecretKind;
    use crate::platform::native::{TEST_EPOCH_MS, TestPlatform};
    use crate::secret::Secret;

    #[test]
    fn a_token_is_good_for_its_account_under_its_key_until_it_expires() {
        let (platform, _) = TestPlatform::new();
        let peppers = [1, 2].map(|byte| Secret::new(vec![byte; 32]));
        let guard = |number: usize| Guard::new(&peppers[number - 1]);
        let own = guard(1).subject(SecretKind::Login, "a@guild.gg");
        let other = guard(1).subject(SecretKind::Login, "b@guild.gg");
        let token = DeviceToken::fresh(&platform);
        let text = token.expose(&guard(1), &own);
        assert_eq!(text.len(), 80);
        let read = DeviceToken::open(&guard(1), &own, &text, TEST_EPOCH_MS);
        assert_eq!(read.map(|read| read.id), Some(token.id));
        for (name, guard, subject, now) in [
            ("another account", guard(1), &other, TEST_EPOCH_MS),
            ("another key", guard(2), &own, TEST_EPOCH_MS),
            ("expired", guard(1), &own, TEST_EPOCH_MS + LIFE_MS),
        ] {
            let read = DeviceToken::open(&guard, subject, &text, now);
            assert!(read.is_none(), "{name}");
        }
        let last = TEST_EPOCH_MS + LIFE_MS - 1;
        assert!(DeviceToken::open(&guard(1), &own, &text, last).is_some());
        for index in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            for bad in [&changed, &text[..index]] {
                let read = DeviceToken::open(&guard(1), &own, bad, TEST_EPOCH_MS);
                assert!(read.is_none(), "{index} {bad}");
            }
        }
    }
}
