//! How often one may guess: counters, pauses, and the names under which they are kept.
//! Promises that a name tells nothing of the address or place it was made of.
//! Leaves storage to `store`.

use crate::limits::address::AddressPrefix;
use crate::mac::{self, Tag};
use crate::secret::Secret;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// Failures in a row before the first pause.
const FREE_FAILURES: i64 = 5;
/// Failures in a row that lock the account for a place.
const LOCK_FAILURES: i64 = 10;
const LOCK_MS: i64 = 15 * MINUTE_MS;
/// After this long without an attempt, a place begins again.
pub const QUIET_MS: i64 = DAY_MS;
/// How long a login makes its place known.
pub const KNOWN_MS: i64 = 30 * DAY_MS;
/// Failures in a row from strangers that disable a password, and failures in a row that make a
/// known place a stranger's (NIST SP 800-63B-4, section 3.2.2).
pub const ACCOUNT_FAILURES: i64 = 100;

/// How long nothing more is heard after this many failures in a row, in milliseconds.
fn pause_after(failures: i64) -> i64 {
    match failures {
        LOCK_FAILURES.. => LOCK_MS,
        FREE_FAILURES.. => SECOND_MS << (failures - FREE_FAILURES),
        _ => 0,
    }
}

/// The attempts from one place at one secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counter {
    /// Failures in a row, as they are stored.
    pub failures: i64,
    /// Milliseconds since 1970: until then nothing is heard.
    pub next_at: i64,
    /// Milliseconds since 1970: when the account was last logged in to from there.
    pub known_at: Option<i64>,
    /// Milliseconds since 1970: when it was last counted.
    pub updated_at: i64,
}

impl Counter {
    /// Failures in a row that still count.
    fn failures_at(&self, now: i64) -> i64 {
        if now - self.updated_at < QUIET_MS {
            self.failures
        } else {
            0
        }
    }

    /// Milliseconds to wait before an attempt is heard; none when it may come now.
    pub fn wait_ms(&self, now: i64) -> Option<i64> {
        (self.next_at > now).then(|| self.next_at - now)
    }

    /// The counter after one more failure.
    #[must_use]
    pub fn counted(&self, now: i64) -> Self {
        let failures = self.failures_at(now) + 1;
        Self {
            failures,
            next_at: now + pause_after(failures),
            updated_at: now,
            ..*self
        }
    }

    /// Whether the owner has been here lately, and is not being guessed at from here.
    pub fn is_known(&self, now: i64) -> bool {
        let is_recent = self.known_at.is_some_and(|at| now - at < KNOWN_MS);
        is_recent && self.is_trusted(now)
    }

    /// Whether it has not failed so often that it is no better than a stranger's.
    pub fn is_trusted(&self, now: i64) -> bool {
        self.failures_at(now) < ACCOUNT_FAILURES
    }
}

/// What is guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The password, to log in; of an address.
    Login,
    /// The password, by who is logged in; of an account.
    Password,
    /// Codes of the second factor; of an account.
    Code,
}

impl Kind {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Login => b"login",
            Self::Password => b"password",
            Self::Code => b"code",
        }
    }
}

/// Where an attempt comes from.
#[derive(Debug, Clone, Copy)]
pub enum Origin<'a> {
    /// A network address.
    Address(AddressPrefix),
    /// A device that the account was logged in to with.
    Device(&'a [u8]),
    /// A login, by its id.
    Session(&'a str),
    /// Any place that is not known: they share one counter where a secret is too short for each to
    /// have its own.
    Strangers,
}

/// The name of a secret that can be guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject(pub(super) Tag);

/// The name of a place, for one secret: the same place has another name for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(Vec<u8>);

impl Place {
    /// One that was kept.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// For keeping it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Makes names and device tokens. Its key comes from the pepper, which cannot be replaced while
/// there are passwords: so counters outlive a change of the master key.
pub struct Guard<'a> {
    pepper: &'a Secret,
}

impl<'a> Guard<'a> {
    /// Over the pepper.
    pub const fn new(pepper: &'a Secret) -> Self {
        Self { pepper }
    }

    /// The name of a secret: `whom` is what makes the account the same account.
    pub fn subject(&self, kind: Kind, whom: &str) -> Subject {
        Subject(self.tag("guessing: subject", &[kind.label(), whom.as_bytes()]))
    }

    /// The name of a place.
    pub fn place(&self, subject: &Subject, origin: Origin<'_>) -> Place {
        let name = |label: &[u8], of: &[u8]| {
            let tag = self.tag("guessing: place", &[&subject.0, label, of]);
            Place(tag.to_vec())
        };
        match origin {
            Origin::Address(prefix) => name(b"address", prefix.to_string().as_bytes()),
            Origin::Device(id) => name(b"device", id),
            Origin::Session(id) => name(b"session", id.as_bytes()),
            Origin::Strangers => name(b"strangers", b""),
        }
    }

    pub(super) fn tag(&self, purpose: &'static str, parts: &[&[u8]]) -> Tag {
        mac::tag(self.pepper, purpose, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_in_a_lock() {
        for (failures, seconds) in [
            (0, 0),
            (1, 0),
            (4, 0),
            (5, 1),
            (6, 2),
            (7, 4),
            (8, 8),
            (9, 16),
            (10, 15 * 60),
            (11, 15 * 60),
            (99, 15 * 60),
            (i64::MAX, 15 * 60),
        ] {
            assert_eq!(pause_after(failures), seconds * 1000, "{failures}");
        }
    }

    #[test]
    fn a_counter_waits_counts_and_forgets() {
        let now = 1_000_000_000_000;
        let mut counter = Counter::default();
        for failures in 1..=5 {
            assert_eq!(counter.wait_ms(now), None);
            counter = counter.counted(now);
            assert_eq!(counter.failures, failures);
        }
        assert_eq!(counter.wait_ms(now), Some(1_000));
        assert_eq!(counter.wait_ms(now + 999), Some(1));
        assert_eq!(counter.wait_ms(now + 1_000), None);
        assert_eq!(counter.counted(now + QUIET_MS - 1).failures, 6);
        assert_eq!(counter.counted(now + QUIET_MS).failures, 1);
    }

    #[test]
    fn which_places_are_known() {
        let now = 1_000_000_000_000;
        for (name, known_at, failures, expected) in [
            ("never seen", None, 0, false),
            ("just now", Some(now), 0, true),
            ("29 days ago", Some(now - KNOWN_MS + 1), 0, true),
            ("30 days ago", Some(now - KNOWN_MS), 0, false),
            ("99 failures", Some(now), 99, true),
            ("100 failures", Some(now), 100, false),
        ] {
            let counter = Counter {
                known_at,
                failures,
                updated_at: now,
                ..Counter::default()
            };
            assert_eq!(counter.is_known(now), expected, "{name}");
        }
    }

    #[test]
    fn names_differ_with_all_they_are_made_of() {
        let peppers = [1, 2].map(|byte| Secret::new(vec![byte; 32]));
        let guard = |number: usize| Guard::new(&peppers[number - 1]);
        let login = guard(1).subject(Kind::Login, "a@guild.gg");
        assert_eq!(login, guard(1).subject(Kind::Login, "a@guild.gg"));
        for other in [
            guard(1).subject(Kind::Login, "b@guild.gg"),
            guard(1).subject(Kind::Password, "a@guild.gg"),
            guard(1).subject(Kind::Code, "a@guild.gg"),
            guard(2).subject(Kind::Login, "a@guild.gg"),
        ] {
            assert_ne!(login, other);
        }
        let code = guard(1).subject(Kind::Code, "a@guild.gg");
        let address = |text| Origin::Address(AddressPrefix::parse(text));
        let places = [
            guard(1).place(&login, address("192.0.2.1")),
            guard(1).place(&login, address("192.0.2.2")),
            guard(1).place(&login, Origin::Device(b"192.0.2.1")),
            guard(1).place(&login, Origin::Session("192.0.2.1")),
            guard(1).place(&login, Origin::Strangers),
            guard(1).place(&code, address("192.0.2.1")),
            guard(2).place(&login, address("192.0.2.1")),
        ];
        for (index, place) in places.iter().enumerate() {
            assert!(!places[..index].contains(place), "{index}");
        }
        let network = guard(1).place(&login, address("2001:db8:1:2::3"));
        assert_eq!(
            network,
            guard(1).place(&login, address("2001:db8:1:2:ffff::"))
        );
    }
}
