//! Challenges: what a right password gives when a second factor is needed.
//! Promises 256 random bits that are neither an access token nor a refresh token.
//! Leaves its end, and what it is bound to, to `store`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::platform::Platform;

/// What scanners for leaked secrets can find.
const PREFIX: &str = "wvwc_";
const BYTES: usize = 32;
/// How long one lasts.
pub const LIFE_MS: i64 = 5 * 60_000;
/// Wrong codes that end it.
pub const MAX_FAILURES: i64 = 5;

/// A challenge. Its text is `wvwc_` and the bytes in base64url.
pub struct Challenge(Zeroizing<[u8; BYTES]>);

impl Challenge {
    pub fn fresh(platform: &Platform) -> Self {
        Self(Zeroizing::new(platform.random_bytes()))
    }

    /// Reads a challenge; `None` when it has not the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let bytes = Zeroizing::new(bytes);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    pub fn expose(&self) -> String {
        [PREFIX, &URL_SAFE_NO_PAD.encode(self.0.as_slice())].concat()
    }

    /// What is stored of it. 256 random bits need no slower hash.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_slice()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::native::TestPlatform;

    #[test]
    fn a_challenge_comes_back_and_nothing_else_is_one() {
        let (platform, _) = TestPlatform::new();
        let challenge = Challenge::fresh(&platform);
        let text = challenge.expose();
        assert_eq!(Challenge::parse(&text).unwrap().hash(), challenge.hash());
        assert_ne!(Challenge::fresh(&platform).hash(), challenge.hash());
        for bad in [
            "",
            "wvwc_",
            &text[..text.len() - 1],
            &format!("{text}A"),
            &text.replace("wvwc_", "wvwr_"),
            &text.replace("wvwc_", ""),
        ] {
            assert!(Challenge::parse(bad).is_none(), "{bad}");
        }
    }
}
