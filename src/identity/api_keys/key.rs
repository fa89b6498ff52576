//! The text of a key: `wvw_`, 256 random bits in base62, and their CRC-32.
//! Promises that scanners for leaked secrets can find one, and that a mistyped or made-up one is
//! told without the database. Leaves what a key stands for to `store`.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::base62;
use crate::crc32::crc32;
use crate::platform::Platform;

/// What every key begins with.
pub const PREFIX: &str = "wvw_";
/// Digits of 256 bits, and of the 32 bits of the checksum.
const RANDOM: usize = 43;
const CHECKSUM: usize = 6;
/// Characters of a key.
pub const LENGTH: usize = PREFIX.len() + RANDOM + CHECKSUM;

/// A key in the clear. Does not print.
pub struct Key(Zeroizing<String>);

impl Key {
    /// A fresh one.
    pub fn fresh(platform: &Platform) -> Self {
        let bytes = Zeroizing::new(platform.random_bytes::<32>());
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        text.push_str(PREFIX);
        text.push_str(&base62::encode(bytes.as_slice(), RANDOM));
        let checksum = checksum(&text[PREFIX.len()..]);
        text.push_str(&checksum);
        Self(text)
    }

    /// Reads a key; `None` when `text` cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let (random, sum) = rest.split_at_checked(RANDOM)?;
        let is_base62 = random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // No secret: whoever has the digits can compute it.
        (is_base62 && *sum == *checksum(random)).then(|| Self(text.to_owned().into()))
    }

    /// The text, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// The CRC-32 of the random digits, as GitHub's tokens have it.
fn checksum(digits: &str) -> Zeroizing<String> {
    base62::encode(&crc32(&[digits.as_bytes()]).to_be_bytes(), CHECKSUM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::native::TestPlatform;

    #[test]
    fn a_key_comes_back_and_nothing_else_is_one() {
        let (platform, _) = TestPlatform::new();
        let key = Key::fresh(&platform);
        let text = key.expose().to_owned();
        assert_eq!(text.len(), LENGTH);
        assert_eq!(Key::parse(&text).unwrap().hash(), key.hash());
        assert_ne!(Key::fresh(&platform).expose(), text);
        for index in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[index] = if other[index] == b'a' { b'b' } else { b'a' };
            let other = String::from_utf8(other).unwrap();
            assert!(Key::parse(&other).is_none(), "{other}");
            assert!(Key::parse(&text[..index]).is_none(), "{index}");
        }
        let odd = "-".repeat(RANDOM);
        for other in [
            format!("{text}a"),
            format!("{PREFIX}{odd}{}", *checksum(&odd)),
            text.replace("wvw_", "wvwr_"),
            text.replacen('_', "_ä", 1),
        ] {
            assert!(Key::parse(&other).is_none(), "{other}");
        }
    }
}
