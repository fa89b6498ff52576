//! `TypeIDs`: a prefix that says what a thing is and a `UUIDv7` in Crockford's base32. They sort by creation
//! time, and an id of one kind is no id of another.

use std::fmt;

/// What a fresh id is made of.
pub trait IdSource {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> i64;
    /// Fills `bytes` with randomness.
    fn fill(&self, bytes: &mut [u8]);
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters after the prefix: 128 bits in base32.
const SUFFIX: usize = 26;

/// Ids that are drawn for a row before its writer gives up: two of the same millisecond share their
/// number once in 65,536, and the second is then drawn anew.
pub const MAX_DRAWS: usize = 5;

/// A `UUIDv7` (RFC 9562, section 5.7) of this moment as the 26 characters of a `TypeID`.
fn suffix(source: &dyn IdSource, ms: i64) -> String {
    let mut bytes = [0; 16];
    source.fill(&mut bytes);
    let millis = ms.max(0).to_be_bytes();
    bytes[..6].copy_from_slice(&millis[2..]);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    base32(u128::from_be_bytes(bytes))
}

fn base32(mut number: u128) -> String {
    let mut digits = [0; SUFFIX];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[number as usize & 31];
        number >>= 5;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

/// Whether `byte` is in [`ALPHABET`]: ranges, since a search of it for each digit of each id shows.
const fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'h' | b'j' | b'k' | b'm' | b'n' | b'p'..=b't' | b'v'..=b'z')
}

fn value_of(digit: u8) -> u8 {
    let place = ALPHABET.iter().position(|known| *known == digit);
    place
        .and_then(|place| u8::try_from(place).ok())
        .unwrap_or(0)
}

fn is_suffix(text: &str) -> bool {
    text.len() == SUFFIX && text.as_bytes()[0] <= b'7' && text.bytes().all(is_digit)
}

/// A fresh id with any prefix, for ids that are only ever printed.
pub fn fresh(prefix: &str, source: &dyn IdSource) -> String {
    [prefix, "_", &suffix(source, source.now_ms())].concat()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// What every id of this kind begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A fresh id.
            pub fn fresh(source: &dyn IdSource) -> Self {
                Self(fresh(Self::PREFIX, source))
            }

            /// Reads an id; `None` when `text` is not one of this kind.
            pub fn parse(text: &str) -> Option<Self> {
                let rest = text.strip_prefix(concat!($prefix, "_"))?;
                is_suffix(rest).then(|| Self(text.to_owned()))
            }

            /// A fresh id as if of another moment, in milliseconds since 1970: it sorts there.
            pub fn of_time(source: &dyn IdSource, ms: i64) -> Self {
                Self(format!("{}_{}", Self::PREFIX, suffix(source, ms)))
            }

            /// What every id from this moment on sorts after, in milliseconds since 1970.
            pub fn floor(ms: i64) -> String {
                format!("{}_{}", Self::PREFIX, base32(u128::from(ms.max(0).unsigned_abs()) << 80))
            }

            /// When it was made, in milliseconds since 1970.
            pub fn time_ms(&self) -> i64 {
                let digits = self.0.bytes().skip(Self::PREFIX.len() + 1).take(10);
                digits.fold(0, |ms, digit| (ms << 5) | i64::from(value_of(digit)))
            }

            /// A number that is as great among numbers as the id among ids: the time and 16 of the
            /// random bits. Two of the same millisecond share it once in 65,536 ([`MAX_DRAWS`]).
            pub fn number(&self) -> i64 {
                let digits = self.0.bytes().skip(Self::PREFIX.len() + 1);
                let bits = digits.fold(0, |bits, digit| (bits << 5) | u128::from(value_of(digit)));
                let random = ((bits >> 60) & 0xfff0) | ((bits >> 58) & 0xf);
                (self.time_ms() << 16) | i64::try_from(random).unwrap_or(0)
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// An account.
    UserId "user";
    /// A login and what came of it.
    SessionId "session";
    /// An API key.
    ApiKeyId "key";
    /// A build.
    BuildId "build";
    /// A team.
    TeamId "team";
    /// A way into a team.
    InvitationId "invitation";
    /// A player of a team's roster.
    PlayerId "player";
    /// A squad as it is planned.
    CompositionId "composition";
    /// A link that shows a composition.
    ShareLinkId "link";
    /// An endpoint that is told of events.
    WebhookId "webhook";
    /// One of its secrets.
    WebhookSecretId "whsecret";
    /// Something that has happened: the `webhook-id` of all its deliveries.
    EventId "event";
    /// A mail.
    MailId "mail";
    /// An event on its way to an endpoint.
    DeliveryId "delivery";
}

impl UserId {
    /// Stands where an account was named that is deleted: the least of all ids, which no account gets.
    pub const NOBODY: &str = "user_00000000000000000000000000";
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A clock that the test sets, and the bytes of a linear congruential generator.
    struct Fake {
        now: Cell<i64>,
        state: Cell<u64>,
    }

    impl IdSource for Fake {
        fn now_ms(&self) -> i64 {
            self.now.get()
        }

        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                let next = self.state.get().wrapping_mul(6_364_136_223_846_793_005);
                self.state.set(next.wrapping_add(1_442_695_040_888_963_407));
                *byte = self.state.get().to_be_bytes()[0];
            }
        }
    }

    fn source() -> Fake {
        Fake {
            now: Cell::new(1_795_305_600_000),
            state: Cell::new(1),
        }
    }

    #[test]
    fn ids_sort_by_time_and_come_back() {
        let source = source();
        let first = BuildId::fresh(&source);
        source.now.update(|now| now + 1);
        let second = BuildId::fresh(&source);
        assert!(first < second);
        assert_eq!(BuildId::parse(first.as_str()), Some(first));
    }

    #[test]
    fn an_id_knows_its_time() {
        let source = source();
        let now = source.now_ms();
        let id = EventId::fresh(&source);
        assert_eq!(id.time_ms(), now);
        assert!(EventId::floor(now).as_str() <= id.as_str());
        assert!(EventId::floor(now + 1).as_str() > id.as_str());
        let other = DeliveryId::of_time(&source, id.time_ms() - 5);
        assert_eq!(other.time_ms(), now - 5);
    }

    #[test]
    fn numbers_are_in_the_order_of_ids() {
        let source = source();
        let mut ids: Vec<BuildId> = (0..200)
            .map(|round| {
                source.now.update(|now| now + round % 2);
                BuildId::fresh(&source)
            })
            .collect();
        assert_eq!(ids[199].number() >> 16, source.now_ms());
        ids.sort_unstable();
        let numbers: Vec<i64> = ids.iter().map(BuildId::number).collect();
        assert!(numbers.is_sorted());
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn digits_are_those_of_the_alphabet() {
        for byte in 0..=u8::MAX {
            assert_eq!(is_digit(byte), ALPHABET.contains(&byte), "{byte}");
        }
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        let user = UserId::fresh(&source());
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
        impl IdSource for Fixed {
            fn now_ms(&self) -> i64 {
                0x0188_bac7_4afa
            }

            fn fill(&self, bytes: &mut [u8]) {
                let uuid = 0x0188_bac7_4afa_78aa_bc3b_bd1e_ef28_d881_u128.to_be_bytes();
                bytes.copy_from_slice(&uuid);
            }
        }
        assert_eq!(fresh("prefix", &Fixed), "prefix_01h2xcejqtf2nbrexx3vqjhp41");
    }
}
