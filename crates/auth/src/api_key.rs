//! The text of an API key: `wvw_`, 256 random bits in base62, 64 bits of a MAC over them, and a CRC-32.
//! Secret scanners can recognize a key, and a forged key is rejected without a database query.
//! `store` resolves a key to its account and scopes.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crypto::mac;
use kit::base62;
use kit::crc32::crc32;
use kit::secret::Secret;
use platform::Platform;

/// What every key begins with.
pub const PREFIX: &str = "wvw_";
/// Digits of 256 bits, of the 64 bits of the tag, and of the 32 bits of the checksum.
const RANDOM: usize = 43;
const TAG: usize = 11;
const CHECKSUM: usize = 6;
/// A forged tag is right once in 2^64 tries, and is still no valid key.
const TAG_BYTES: usize = 8;
/// Characters of a key.
pub const LENGTH: usize = PREFIX.len() + RANDOM + TAG + CHECKSUM;

/// A key in clear text. Does not print.
pub struct Key(Zeroizing<String>);

impl Key {
    /// A fresh key. The tag is keyed with the pepper: keys live longer than a master key.
    pub fn fresh(platform: &Platform, pepper: &Secret) -> Self {
        let bytes = Zeroizing::new(platform.random_bytes::<32>());
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        text.push_str(PREFIX);
        text.push_str(&base62::encode(bytes.as_slice(), RANDOM));
        let tag = tag(pepper, &text[PREFIX.len()..]);
        text.push_str(&tag);
        let checksum = checksum(&text[PREFIX.len()..]);
        text.push_str(&checksum);
        Self(text)
    }

    /// Parses a key; `None` when this service has not issued it.
    pub fn parse(text: &str, pepper: &Secret) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let (digits, sum) = rest.split_at_checked(RANDOM + TAG)?;
        let is_base62 = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // Not constant-time: the checksum is computable from the digits.
        if !is_base62 || *sum != *checksum(digits) {
            return None;
        }
        let (random, shown) = digits.split_at(RANDOM);
        let tag = tag(pepper, random);
        let is_ours = bool::from(tag.as_bytes().ct_eq(shown.as_bytes()));
        is_ours.then(|| Self(text.to_owned().into()))
    }

    /// The clear text, for the one response that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The stored hash.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// The MAC that tells an issued key from a forged one.
fn tag(pepper: &Secret, random: &str) -> Zeroizing<String> {
    let tag = mac::tag(pepper, "api key", &[random.as_bytes()]);
    base62::encode(&tag[..TAG_BYTES], TAG)
}

/// The CRC-32 of the digits before it, as in GitHub's tokens.
fn checksum(digits: &str) -> Zeroizing<String> {
    base62::encode(&crc32(&[digits.as_bytes()]).to_be_bytes(), CHECKSUM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::native::TestPlatform;

    #[test]
    fn a_key_comes_back_and_nothing_else_is_one() {
        let (platform, _) = TestPlatform::new();
        let pepper = Secret::new(vec![1; 32]);
        let key = Key::fresh(&platform, &pepper);
        let text = key.expose().to_owned();
        assert_eq!(text.len(), LENGTH);
        assert_eq!(Key::parse(&text, &pepper).unwrap().hash(), key.hash());
        assert_ne!(Key::fresh(&platform, &pepper).expose(), text);
        for index in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[index] = if other[index] == b'a' { b'b' } else { b'a' };
            let other = String::from_utf8(other).unwrap();
            assert!(Key::parse(&other, &pepper).is_none(), "{other}");
            assert!(Key::parse(&text[..index], &pepper).is_none(), "{index}");
        }
        let odd = "-".repeat(RANDOM + TAG);
        let (random, _) = text[PREFIX.len()..].split_at(RANDOM);
        // With the checksum that anyone can compute.
        let made_up = format!("{random}{}", "0".repeat(TAG));
        for other in [
            format!("{text}a"),
            format!("{PREFIX}{odd}{}", *checksum(&odd)),
            format!("{PREFIX}{made_up}{}", *checksum(&made_up)),
            format!("{PREFIX}{random}{}", *checksum(random)),
            text.replace("wvw_", "wvwr_"),
            text.replacen('_', "_ä", 1),
        ] {
            assert!(Key::parse(&other, &pepper).is_none(), "{other}");
        }
        let other = Secret::new(vec![2; 32]);
        assert!(Key::parse(&text, &other).is_none(), "under another pepper");
    }
}
