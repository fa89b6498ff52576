//! `TypeIDs`: a prefix that says what a thing is and a `UUIDv7` in Crockford's base32.
//! Promises that ids sort by creation time, and that an id of one kind is no id of another.
//! Leaves it to the stores to keep them unique (80 random bits a millisecond do that).

use std::fmt;

use crate::platform::Platform;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters after the prefix: 128 bits in base32.
const SUFFIX: usize = 26;

/// A `UUIDv7` (RFC 9562, section 5.7) as the 26 characters of a `TypeID`.
fn suffix(platform: &Platform) -> String {
    let mut bytes = platform.random_bytes::<16>();
    let millis = platform.clock.now_ms().max(0).to_be_bytes();
    bytes[..6].copy_from_slice(&millis[2..]);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let number = u128::from_be_bytes(bytes);
    (0..SUFFIX)
        .rev()
        .map(|position| ALPHABET[(number >> (position * 5)) as usize & 31] as char)
        .collect()
}

/// Whether `byte` is in [`ALPHABET`]: ranges, since a search of it for each digit of each id shows.
const fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'h' | b'j' | b'k' | b'm' | b'n' | b'p'..=b't' | b'v'..=b'z')
}

fn is_suffix(text: &str) -> bool {
    text.len() == SUFFIX && text.as_bytes()[0] <= b'7' && text.bytes().all(is_digit)
}

/// A fresh id with any prefix, for ids that are only ever printed.
pub fn fresh(prefix: &str, platform: &Platform) -> String {
    format!("{prefix}_{}", suffix(platform))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// What every id of this kind begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A fresh id.
            pub fn fresh(platform: &Platform) -> Self {
                Self(fresh(Self::PREFIX, platform))
            }

            /// Reads an id; `None` when `text` is not one of this kind.
            pub fn parse(text: &str) -> Option<Self> {
                let rest = text.strip_prefix(concat!($prefix, "_"))?;
                is_suffix(rest).then(|| Self(text.to_owned()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// An account.
    UserId,
    "user"
);
id!(
    /// A login and what came of it.
    SessionId,
    "session"
);
id!(
    /// An API key.
    ApiKeyId,
    "key"
);
id!(
    /// A build.
    BuildId,
    "build"
);
id!(
    /// A team.
    TeamId,
    "team"
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::native::TestPlatform;

    #[test]
    fn ids_sort_by_time_and_come_back() {
        let (platform, handle) = TestPlatform::new();
        let first = BuildId::fresh(&platform);
        handle.clock.advance_ms(1);
        let second = BuildId::fresh(&platform);
        assert!(first < second);
        assert_eq!(BuildId::parse(first.as_str()), Some(first));
    }

    #[test]
    fn digits_are_those_of_the_alphabet() {
        for byte in 0..=u8::MAX {
            assert_eq!(is_digit(byte), ALPHABET.contains(&byte), "{byte}");
        }
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        let (platform, _) = TestPlatform::new();
        let user = UserId::fresh(&platform);
        assert_eq!(BuildId::parse(user.as_str()), None);
        for text in [
            "",
            "build_",
            "build_01h455vb4pex5vsknk084sn02",
            "build_01H455VB4PEX5VSKNK084SN02Q",
            "build_81h455vb4pex5vsknk084sn02q",
            "build_01h455vb4pex5vsknk084sn0iq",
            "build_01h455vb4pex5vsknk084sn02q'",
        ] {
            assert_eq!(BuildId::parse(text), None, "{text}");
        }
        assert!(BuildId::parse("build_01h455vb4pex5vsknk084sn02q").is_some());
    }

    #[test]
    fn the_base32_is_that_of_the_typeid_specification() {
        struct Fixed;
        impl crate::platform::Random for Fixed {
            fn fill(&self, bytes: &mut [u8]) {
                let uuid = 0x0188_bac7_4afa_78aa_bc3b_bd1e_ef28_d881_u128.to_be_bytes();
                bytes.copy_from_slice(&uuid);
            }
        }
        let (mut platform, handle) = TestPlatform::new();
        handle.clock.set_ms(0x0188_bac7_4afa);
        platform.random = Box::new(Fixed);
        assert_eq!(
            fresh("prefix", &platform),
            "prefix_01h2xcejqtf2nbrexx3vqjhp41"
        );
    }
}
