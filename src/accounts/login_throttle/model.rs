//! Counters of attempts, their delays, and the keyed hashes under which they are stored.

use crate::limits::address::AddressPrefix;
use crate::limits::policies::Network;
use crate::mac::{self, Tag};
use crate::secret::Secret;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// A counter restarts after this long without an attempt.
pub const QUIET_MS: i64 = DAY_MS;
/// How long a login makes its place known.
pub const KNOWN_MS: i64 = 30 * DAY_MS;
/// Consecutive failures from unknown places that disable a password for them, and consecutive
/// failures that make a known place unknown (NIST SP 800-63B-4, section 3.2.2).
pub const ACCOUNT_FAILURES: i64 = 100;
/// An attempt without a result after this time was aborted, and counts as a failure.
const PENDING_MS: i64 = 30 * SECOND_MS;

/// The limits of a counter of consecutive failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Failures before the first pause. Also the maximum of concurrent attempts.
    pub free: i64,
    /// From this many failures on, each is followed by `lock_ms`.
    pub lock: i64,
    pub lock_ms: i64,
    /// Whether a day without an attempt resets it.
    pub is_forgetful: bool,
}

impl Bounds {
    /// For a place: an address, an IPv6 /64, a device, a session.
    pub const PLACE: Self = Self::place(1);
    /// For a /56 and a /48, scaled like their quotas: it takes a /48 hours to disable the password.
    pub const SITE: Self = Self::place(Network::Site.quotas() as i64);
    /// See [`Self::SITE`].
    pub const BLOCK: Self = Self::place(Network::Block.quotas() as i64);
    /// For all unknown places together: once a password is disabled, one attempt a day is admitted.
    pub const STRANGERS: Self = Self {
        free: ACCOUNT_FAILURES,
        lock: ACCOUNT_FAILURES,
        lock_ms: DAY_MS,
        is_forgetful: false,
    };

    const fn place(times: i64) -> Self {
        Self {
            free: 5 * times,
            lock: 10 * times,
            lock_ms: 15 * MINUTE_MS,
            is_forgetful: true,
        }
    }

    /// The pause after this many failures, in milliseconds. The store has the same rule in SQL.
    fn pause_after(&self, failures: i64) -> i64 {
        if failures >= self.lock {
            self.lock_ms
        } else if failures >= self.free {
            (SECOND_MS << (failures - self.free)).min(self.lock_ms)
        } else {
            0
        }
    }
}

/// The counter of one place for one secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counter {
    pub failures: i64,
    pub pending: i64,
    /// No attempt is admitted before.
    pub next_at: i64,
    /// The last login from this place.
    pub known_at: Option<i64>,
    pub updated_at: i64,
}

impl Counter {
    /// The state of a stored counter at `now`.
    #[must_use]
    pub fn at(mut self, bounds: &Bounds, now: i64) -> Self {
        let age_ms = now - self.updated_at;
        if self.pending > 0 && age_ms >= PENDING_MS {
            self.failures += std::mem::take(&mut self.pending);
            let pause_ms = bounds.pause_after(self.failures);
            self.next_at = self.next_at.max(self.updated_at + pause_ms);
        }
        if bounds.is_forgetful && age_ms >= QUIET_MS {
            self.failures = 0;
        }
        self
    }

    /// Milliseconds to wait before an attempt is admitted; `None` when it is admitted now.
    pub fn wait_ms(&self, now: i64) -> Option<i64> {
        (self.next_at > now).then(|| self.next_at - now)
    }

    /// Whether one more may be in progress: no more are compared before the pause than the bounds allow.
    pub const fn has_room(&self, bounds: &Bounds) -> bool {
        self.pending == 0 || self.failures + self.pending < bounds.free
    }

    #[must_use]
    pub const fn with_attempt(&self, now: i64) -> Self {
        Self {
            pending: self.pending + 1,
            updated_at: now,
            ..*self
        }
    }

    /// Whether the owner has logged in from here recently, and the place is still trusted.
    pub fn is_known(&self, now: i64) -> bool {
        let is_recent = self.known_at.is_some_and(|at| now - at < KNOWN_MS);
        is_recent && self.is_trusted()
    }

    /// Whether it has fewer failures than make a known place unknown.
    pub const fn is_trusted(&self) -> bool {
        self.failures < ACCOUNT_FAILURES
    }
}

/// The kind of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// The password at login; by address.
    Login,
    /// The password in a session; by account.
    Password,
    /// Codes of the second factor; by account.
    Code,
}

impl SecretKind {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Login => b"login",
            Self::Password => b"password",
            Self::Code => b"code",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub enum Origin<'a> {
    Address(AddressPrefix),
    /// A device that has logged in to the account.
    Device(&'a [u8]),
    Session(&'a str),
    /// Any unknown place: they share one counter where a secret is too short for one each.
    Strangers,
}

/// The keyed hash of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject(pub(super) Tag);

/// The keyed hash of a place, different for each secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    name: Vec<u8>,
    /// The networks around an IPv6 address.
    wider: Vec<(Vec<u8>, Bounds)>,
}

impl Place {
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self {
            name: bytes.to_vec(),
            wider: Vec::new(),
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.name
    }

    pub fn wider(&self) -> &[(Vec<u8>, Bounds)] {
        &self.wider
    }
}

/// Makes the hashes and device tokens, with a key from the pepper: it outlives a change of the master key.
pub struct Guard<'a> {
    pepper: &'a Secret,
}

impl<'a> Guard<'a> {
    pub const fn new(pepper: &'a Secret) -> Self {
        Self { pepper }
    }

    /// The hash of a secret; `whom` identifies the account.
    pub fn subject(&self, kind: SecretKind, whom: &str) -> Subject {
        Subject(self.tag("guessing: subject", &[kind.label(), whom.as_bytes()]))
    }

    pub fn place(&self, subject: &Subject, origin: Origin<'_>) -> Place {
        let name = |label: &[u8], of: &[u8]| {
            let tag = self.tag("guessing: place", &[&subject.0, label, of]);
            tag.to_vec()
        };
        let place = |label: &[u8], of: &[u8]| Place::from_bytes(&name(label, of));
        match origin {
            Origin::Address(prefix) => {
                let mut networks = prefix.networks().into_iter().map(|(network, text)| {
                    let bounds = match network {
                        Network::Own => Bounds::PLACE,
                        Network::Site => Bounds::SITE,
                        Network::Block => Bounds::BLOCK,
                    };
                    (name(b"address", text.as_bytes()), bounds)
                });
                // The first is the address itself.
                let (name, _) = networks.next().unwrap_or((Vec::new(), Bounds::PLACE));
                Place {
                    name,
                    wider: networks.collect(),
                }
            }
            Origin::Device(id) => place(b"device", id),
            Origin::Session(id) => place(b"session", id.as_bytes()),
            Origin::Strangers => place(b"strangers", b""),
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
        for (name, bounds, rows) in [
            (
                "a place",
                Bounds::PLACE,
                &[
                    (0, 0),
                    (4, 0),
                    (5, 1),
                    (6, 2),
                    (9, 16),
                    (10, 900),
                    (99, 900),
                    (i64::MAX, 900),
                ][..],
            ),
            (
                "a /56",
                Bounds::SITE,
                &[(19, 0), (20, 1), (29, 512), (30, 900), (39, 900)],
            ),
            (
                "a /48",
                Bounds::BLOCK,
                &[(79, 0), (80, 1), (90, 900), (160, 900)],
            ),
            (
                "strangers",
                Bounds::STRANGERS,
                &[(99, 0), (100, 86_400), (i64::MAX, 86_400)],
            ),
        ] {
            for (failures, seconds) in rows {
                let pause_ms = bounds.pause_after(*failures);
                assert_eq!(pause_ms, seconds * 1000, "{name}: {failures}");
            }
        }
    }

    #[test]
    fn no_more_are_judged_at_once_than_may_fail() {
        let bounds = Bounds::PLACE;
        for (failures, most) in [(0, 5), (1, 4), (4, 1), (5, 1), (9, 1), (99, 1)] {
            let mut counter = Counter {
                failures,
                ..Counter::default()
            };
            while counter.has_room(&bounds) {
                counter = counter.with_attempt(0);
            }
            assert_eq!(counter.pending, most, "{failures}");
        }
    }

    #[test]
    fn what_is_never_judged_becomes_a_failure_and_a_quiet_day_forgets_those_of_a_place() {
        let stored = Counter {
            failures: 3,
            pending: 2,
            updated_at: 1_000_000,
            ..Counter::default()
        };
        for (name, bounds, age_ms, expected) in [
            ("being judged", Bounds::PLACE, PENDING_MS - 1, (3, 2, 0)),
            ("died", Bounds::PLACE, PENDING_MS, (5, 0, 1_001_000)),
            ("a day ago", Bounds::PLACE, QUIET_MS, (0, 0, 1_001_000)),
            ("strangers", Bounds::STRANGERS, QUIET_MS, (5, 0, 1_000_000)),
        ] {
            let counter = stored.at(&bounds, 1_000_000 + age_ms);
            let found = (counter.failures, counter.pending, counter.next_at);
            assert_eq!(found, expected, "{name}");
        }
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
        let login = guard(1).subject(SecretKind::Login, "a@guild.gg");
        assert_eq!(login, guard(1).subject(SecretKind::Login, "a@guild.gg"));
        for other in [
            guard(1).subject(SecretKind::Login, "b@guild.gg"),
            guard(1).subject(SecretKind::Password, "a@guild.gg"),
            guard(1).subject(SecretKind::Code, "a@guild.gg"),
            guard(2).subject(SecretKind::Login, "a@guild.gg"),
        ] {
            assert_ne!(login, other);
        }
        let code = guard(1).subject(SecretKind::Code, "a@guild.gg");
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
