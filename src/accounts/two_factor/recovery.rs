//! Recovery codes: 120 random bits each, in base32. Case, blanks and dashes do not matter.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::platform::Platform;

use super::base32;

/// Codes of an account.
pub const COUNT: usize = 10;
/// Characters of a code, without what separates its groups.
pub const CHARS: usize = 24;
const BYTES: usize = 15;
const GROUP_CHARS: usize = 4;

/// One code, in base32 without dashes.
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    pub fn fresh_set(platform: &Platform) -> Vec<Self> {
        // All at once: bytes for a single one would come out of the pool of id bytes.
        let bytes = Zeroizing::new(platform.random_bytes::<{ COUNT * BYTES }>());
        let (codes, _) = bytes.as_chunks::<BYTES>();
        codes
            .iter()
            .map(|code| Self(base32::encode(code)))
            .collect()
    }

    /// Reads 24 base32 digits in upper case; `None` for anything else.
    pub fn parse(digits: &str) -> Option<Self> {
        let is_digit = |byte: u8| base32::ALPHABET.contains(&byte);
        (digits.len() == CHARS && digits.bytes().all(is_digit))
            .then(|| Self(Zeroizing::new(digits.to_owned())))
    }

    pub fn grouped(&self) -> String {
        let (groups, _) = self.0.as_bytes().as_chunks::<GROUP_CHARS>();
        let groups: Vec<&str> = groups
            .iter()
            .filter_map(|group| std::str::from_utf8(group).ok())
            .collect();
        groups.join("-")
    }

    /// What is stored of it. 120 random bits need no slower hash.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::native::TestPlatform;

    #[test]
    fn a_set_is_ten_different_codes_that_come_back() {
        let (platform, _) = TestPlatform::new();
        let codes = RecoveryCode::fresh_set(&platform);
        assert_eq!(codes.len(), COUNT);
        for (index, code) in codes.iter().enumerate() {
            let grouped = code.grouped();
            assert_eq!(grouped.len(), CHARS + 5, "{grouped}");
            let read = RecoveryCode::parse(&grouped.replace('-', "")).unwrap();
            assert_eq!(read.hash(), code.hash());
            assert!(codes[..index].iter().all(|it| it.hash() != code.hash()));
        }
    }

    #[test]
    fn what_is_no_code() {
        let good = "ABCDEFGHIJKLMNOPQRSTUVWX";
        assert!(RecoveryCode::parse(good).is_some());
        for text in [
            "",
            &good[1..],
            &format!("{good}A"),
            &good.to_lowercase(),
            &good.replace('A', "0"),
            &good.replace('A', "1"),
            &good.replace('A', "8"),
            &good.replace("AB", "Ä"),
        ] {
            assert!(RecoveryCode::parse(text).is_none(), "{text}");
        }
    }
}
