//! One attempt at a secret: let in and counted, or refused, before anything is compared.
//! Promises that of any number of attempts at once no more are let in than one after the other.
//! Leaves what was right or wrong to the caller, who says so with the statements made here.

use crate::http::problem::Problem;
use crate::http::problems;
use crate::identity::permissions::{Permission, Permit};
use crate::ids::SessionId;
use crate::platform::{DatabaseError, Platform, Statement};

use super::model::{ACCOUNT_FAILURES, Guard, Kind, Origin, Place, Subject};
use super::store;

/// Each try fails only when another attempt was let in meanwhile, and before so many are, a pause
/// begins.
const MAX_TRIES: usize = 12;

/// An attempt that was let in. It counts as a failure until [`Attempt::right`] is committed.
pub struct Attempt {
    subject: Subject,
    place: Place,
    /// Whether the owner has logged in from there lately: what strangers do is none of its business.
    pub is_known: bool,
    /// Failures in a row from strangers before this one.
    strangers: i64,
}

impl Attempt {
    /// Whether strangers have failed so often that the password is good in known places only.
    pub const fn is_barred(&self) -> bool {
        !self.is_known && self.strangers >= ACCOUNT_FAILURES
    }

    /// Whether this failure is the one too many for the account.
    pub const fn is_last_straw(&self) -> bool {
        !self.is_known && self.strangers + 1 >= ACCOUNT_FAILURES
    }

    /// It was right: the place begins again.
    pub fn right(&self) -> Statement {
        store::clear(&self.subject, &self.place)
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

/// Counts an attempt at `subject` from `place`, or refuses it with 429. `is_device` says that a
/// device token has made the place known. Only attempts to log in count against the account as a
/// whole: the others come from its own logins or have a counter for all strangers.
pub async fn begin(
    platform: &Platform,
    kind: Kind,
    subject: Subject,
    place: Place,
    is_device: bool,
) -> Result<Attempt, Problem> {
    for _ in 0..MAX_TRIES {
        let now = platform.clock.now_ms();
        let seen = store::seen(platform, &subject, &place).await?;
        if let Some(wait_ms) = seen.place.wait_ms(now) {
            return Err(too_many(wait_ms));
        }
        let is_known = seen.place.is_known(now) || is_device && seen.place.is_trusted(now);
        let next = seen.place.counted(now);
        let mut writes = store::count(&subject, &place, &seen.place, &next);
        if kind == Kind::Login && !is_known {
            writes.push(store::count_stranger(&subject, now));
        }
        match platform.database.batch(writes).await {
            Err(DatabaseError::Stale) => {}
            outcome => {
                outcome?;
                return Ok(Attempt {
                    subject,
                    place,
                    is_known,
                    strangers: seen.strangers,
                });
            }
        }
    }
    Err(too_many(0))
}

/// 429, the same whatever is behind it.
fn too_many(wait_ms: i64) -> Problem {
    let seconds = (wait_ms.max(1) + 999) / 1_000;
    Problem::new(&problems::TOO_MANY_ATTEMPTS).with_header("retry-after", seconds.to_string())
}
