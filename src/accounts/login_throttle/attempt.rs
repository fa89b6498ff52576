//! One attempt at a secret: admitted and counted, or refused, before anything is compared.
//! No more concurrent attempts are admitted than sequential ones, and concurrent correct attempts wait
//! for each other instead of being refused. The caller reports the result.

use crate::auth::permissions::{Permission, Permit};
use crate::http::{Problem, problems};
use crate::ids::SessionId;
use crate::platform::{DatabaseError, Platform, Statement};

use super::model::{ACCOUNT_FAILURES, Bounds, Guard, Origin, Place, SecretKind, Subject};
use super::store;

/// How often an attempt polls while others are in progress,
const MAX_TRIES: usize = 10;
/// and its longest pause, at first and at last: five seconds in all. A check takes a tenth of a
/// second.
const FIRST_WAIT_MS: u32 = 50;
const LAST_WAIT_MS: u32 = 800;

/// An admitted attempt. It blocks others until it is reported; without a report it counts as wrong.
#[must_use = "an attempt is right or wrong"]
pub struct LoginAttempt {
    kind: SecretKind,
    subject: Subject,
    /// The counters that it was counted in.
    counted: Vec<(Vec<u8>, Bounds)>,
    /// Whether the place is known: failures of unknown places do not affect it.
    pub is_known: bool,
    /// Whether this failure, with concurrent ones, may be the one that disables the password.
    pub may_be_last_straw: bool,
}

impl LoginAttempt {
    /// Reports the attempt as right: resets the counter of the place.
    pub fn right(&self) -> Vec<Statement> {
        let counted = self.counted.iter();
        let mut writes: Vec<Statement> = counted
            .map(|(name, _)| store::right(&self.subject, name))
            .collect();
        if self.kind == SecretKind::Login && self.is_known {
            writes.push(store::interrupt_strangers(&self.subject));
        }
        writes
    }

    /// Reports the attempt as wrong: counts a failure.
    pub async fn wrong(&self, platform: &Platform) -> Result<(), DatabaseError> {
        let now = platform.clock.now_ms();
        let counted = self.counted.iter();
        let writes = counted
            .map(|(name, bounds)| store::wrong(&self.subject, name, bounds, now))
            .collect();
        platform.database.batch(writes).await.map(|_| ())
    }
}

/// The place of a caller: its session. A stolen session does not lock out the others.
pub fn place_of_login<P: Permission>(
    guard: &Guard<'_>,
    subject: &Subject,
    permit: &Permit<'_, P>,
) -> Place {
    let session = permit.caller().session_id().map_or("", SessionId::as_str);
    guard.place(subject, Origin::Session(session))
}

/// Counts an attempt at `subject` from `place`, or refuses it with 429 before anything is compared: while
/// the place has to wait, or, for an unknown place, its networks or all unknown places together. Only
/// attempts at login count against the account as a whole. `is_device`: a device token made it known.
pub async fn begin(
    platform: &Platform,
    kind: SecretKind,
    subject: Subject,
    place: Place,
    is_device: bool,
) -> Result<LoginAttempt, Problem> {
    let mut counted = vec![(place.as_bytes().to_vec(), Bounds::PLACE)];
    counted.extend_from_slice(place.wider());
    if kind == SecretKind::Login {
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
                    return Ok(LoginAttempt {
                        kind,
                        subject,
                        counted,
                        is_known,
                        may_be_last_straw,
                    });
                }
            }
        }
        // The random pause keeps waiting attempts from returning at once.
        let [random] = platform.random_bytes::<1>();
        let wait_ms = longest_ms / 2 + longest_ms * u32::from(random) / 512;
        platform.clock.sleep(wait_ms).await;
        longest_ms = (2 * longest_ms).min(LAST_WAIT_MS);
    }
    Err(too_many(0))
}

/// 429, the same for every reason.
fn too_many(wait_ms: i64) -> Problem {
    let seconds = (wait_ms.max(1) + 999) / 1_000;
    Problem::new(&problems::TOO_MANY_ATTEMPTS).with_header("retry-after", seconds.to_string())
}
