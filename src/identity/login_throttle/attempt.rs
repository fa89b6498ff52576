//! One attempt at a secret: admitted and counted, or refused, before anything is compared.
//! No more concurrent attempts are admitted than sequential ones, and concurrent correct attempts wait
//! for each other instead of being refused. The caller reports the result.

use crate::auth::permissions::{Permission, Permit};
use crate::http::problem::Problem;
use crate::http::problems;
use crate::ids::SessionId;
use crate::platform::{DatabaseError, Platform, Statement};

use super::model::{ACCOUNT_FAILURES, Bounds, Guard, Kind, Origin, Place, Subject};
use super::store;

/// How often an attempt polls while others are being checked,
const MAX_TRIES: usize = 10;
/// and how long it waits at most in between, at first and at last: five seconds in all. A check takes
/// a tenth of a second.
const FIRST_WAIT_MS: u32 = 50;
const LAST_WAIT_MS: u32 = 800;

/// An attempt that was let in. It holds up others until it is settled as right or wrong; one that
/// never is counts as wrong after a while.
#[must_use = "an attempt is right or wrong"]
pub struct Attempt {
    kind: Kind,
    subject: Subject,
    /// Where it was counted.
    counted: Vec<(Vec<u8>, Bounds)>,
    /// Whether the owner has logged in from there lately: what strangers do is none of its business.
    pub is_known: bool,
    /// Whether this failure, with others at the same time, may be the one too many for the account.
    pub may_be_last_straw: bool,
}

impl Attempt {
    /// It was right: the place begins again.
    pub fn right(&self) -> Vec<Statement> {
        let counted = self.counted.iter();
        let mut writes: Vec<Statement> = counted
            .map(|(name, _)| store::right(&self.subject, name))
            .collect();
        if self.kind == Kind::Login && self.is_known {
            writes.push(store::interrupt_strangers(&self.subject));
        }
        writes
    }

    /// It was wrong: a failure.
    pub async fn wrong(&self, platform: &Platform) -> Result<(), DatabaseError> {
        let now = platform.clock.now_ms();
        let counted = self.counted.iter();
        let writes = counted
            .map(|(name, bounds)| store::wrong(&self.subject, name, bounds, now))
            .collect();
        platform.database.batch(writes).await.map(|_| ())
    }
}

/// The place of a caller: the login that it came with. It lasts as long as the password does not
/// change, and a stolen one does not lock the others out.
pub fn place_of_login<P: Permission>(
    guard: &Guard<'_>,
    subject: &Subject,
    permit: &Permit<'_, P>,
) -> Place {
    let session = permit.caller().session_id().map_or("", SessionId::as_str);
    guard.place(subject, Origin::Session(session))
}

/// Counts an attempt at `subject` from `place`, or refuses it with 429, whatever it holds: while the
/// place has to wait, and, when it is not known, while the networks around it or all strangers
/// together have. `is_device` says that a device token has made the place known. Only attempts to log
/// in count against the account as a whole: the others come from its own logins or have a counter for
/// all strangers.
pub async fn begin(
    platform: &Platform,
    kind: Kind,
    subject: Subject,
    place: Place,
    is_device: bool,
) -> Result<Attempt, Problem> {
    let mut counted = vec![(place.as_bytes().to_vec(), Bounds::PLACE)];
    counted.extend_from_slice(place.wider());
    if kind == Kind::Login {
        counted.push((store::STRANGERS.to_vec(), Bounds::STRANGERS));
    }
    let names: Vec<&[u8]> = counted.iter().map(|(name, _)| name.as_slice()).collect();
    let mut longest_ms = FIRST_WAIT_MS;
    for _ in 0..MAX_TRIES {
        let seen = store::counters(platform, &subject, &names).await?;
        let now = platform.clock.now_ms();
        let own = seen[0].at(&Bounds::PLACE, now);
        let is_known = own.is_known(now) || is_device && own.is_trusted();
        let counts_at = if is_known { 1 } else { counted.len() };
        let places = seen.iter().zip(&counted).take(counts_at);
        let (mut wait_ms, mut has_room, mut writes) = (None, true, Vec::new());
        let mut may_be_last_straw = false;
        for (seen, (name, bounds)) in places {
            let there = seen.at(bounds, now);
            wait_ms = wait_ms.max(there.wait_ms(now));
            has_room &= there.has_room(bounds);
            let next = there.with_attempt(now);
            may_be_last_straw =
                *bounds == Bounds::STRANGERS && next.failures + next.pending >= ACCOUNT_FAILURES;
            writes.extend(store::count(&subject, name, seen, &next));
        }
        if let Some(wait_ms) = wait_ms {
            return Err(too_many(wait_ms));
        }
        if has_room {
            match platform.database.batch(writes).await {
                Err(DatabaseError::Stale) => {}
                outcome => {
                    outcome?;
                    counted.truncate(counts_at);
                    return Ok(Attempt {
                        kind,
                        subject,
                        counted,
                        is_known,
                        may_be_last_straw,
                    });
                }
            }
        }
        // Others are being judged, or have been counted just now. By chance, or all who wait would come
        // back at once.
        let [random] = platform.random_bytes::<1>();
        let wait_ms = longest_ms / 2 + longest_ms * u32::from(random) / 512;
        platform.clock.sleep(wait_ms).await;
        longest_ms = (2 * longest_ms).min(LAST_WAIT_MS);
    }
    Err(too_many(0))
}

/// 429, the same whatever is behind it.
fn too_many(wait_ms: i64) -> Problem {
    let seconds = (wait_ms.max(1) + 999) / 1_000;
    Problem::new(&problems::TOO_MANY_ATTEMPTS).with_header("retry-after", seconds.to_string())
}
