//! The code of an invitation: `wvwi_` and 128 random bits in base62.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::base62;
use crate::platform::Platform;

/// The prefix of every code.
pub const PREFIX: &str = "wvwi_";
/// Digits of 128 bits.
const DIGITS: usize = 22;
/// Characters of a code.
pub const LENGTH: usize = PREFIX.len() + DIGITS;

/// A code in the clear. Does not print.
pub struct InvitationCode(Zeroizing<String>);

impl InvitationCode {
    /// A fresh one.
    pub fn fresh(platform: &Platform) -> Self {
        let bytes = Zeroizing::new(platform.random_bytes::<16>());
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        text.push_str(PREFIX);
        text.push_str(&base62::encode(bytes.as_slice(), DIGITS));
        Self(text)
    }

    /// Reads a code; `None` when `text` cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let is_code =
            digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_code.then(|| Self(text.to_owned().into()))
    }

    /// Finds the code in what a person pasted: the code, the link, or a message with either.
    pub fn find_in(text: &str) -> Option<Self> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut found: Option<Self> = None;
        for word in text.split(|c| !is_part(c)) {
            match (Self::parse(word), &found) {
                (Some(code), Some(before)) if code.0 != before.0 => return None,
                (Some(code), _) => found = Some(code),
                (None, _) => {}
            }
        }
        found
    }

    /// The text, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::native::TestPlatform;

    #[test]
    fn a_code_comes_back_and_what_has_another_form_is_none() {
        let (platform, _) = TestPlatform::new();
        let code = InvitationCode::fresh(&platform);
        let text = code.expose().to_owned();
        assert_eq!(text.len(), LENGTH);
        assert_eq!(
            InvitationCode::parse(&text).map(|read| read.hash()),
            Some(code.hash())
        );
        assert_ne!(InvitationCode::fresh(&platform).expose(), text);
        for other in [
            String::new(),
            PREFIX.to_owned(),
            text[1..].to_owned(),
            text[..LENGTH - 1].to_owned(),
            format!("{text}a"),
            text.replace("wvwi_", "wvw_"),
            format!("{PREFIX}{}", "-".repeat(DIGITS)),
            format!("{PREFIX}{}", "\u{e4}".repeat(DIGITS / 2)),
        ] {
            assert!(InvitationCode::parse(&other).is_none(), "{other}");
        }
    }
    #[test]
    fn a_code_is_found_in_a_link_and_in_a_message() {
        let text = format!("{PREFIX}{}", "a1".repeat(DIGITS / 2));
        let link = format!("https://builds.example/i/{text}");
        for pasted in [
            text.clone(),
            format!(" {text}\n"),
            link.clone(),
            format!("{link}?fbclid=x#top"),
            format!("<{link}>"),
            format!("Come in: {link}."),
            format!("{link} {text}"),
        ] {
            let found = InvitationCode::find_in(&pasted);
            assert_eq!(
                found.map(|code| code.expose().to_owned()),
                Some(text.clone()),
                "{pasted}"
            );
        }
        let other = text.replace("a1", "b2");
        for pasted in [
            format!("{link} {other}"),
            format!("{text}x"),
            "https://a.example/i/".into(),
        ] {
            assert!(InvitationCode::find_in(&pasted).is_none(), "{pasted}");
        }
    }
}
