//! All SQL on counters of guesses.
//! Promises that of two attempts at once, one counts on what the other has left.
//! Leaves how long to pause to `model`.

use crate::housekeeping::old::Old;
use crate::ids::UserId;
use crate::platform::{DatabaseError, Platform, Statement};

use super::model::{Counter, KNOWN_MS, Place, QUIET_MS, Subject};

/// Stands for all places that are not known: no HMAC is this short.
const STRANGERS: [u8; 1] = [0];

/// What is counted so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    /// From the place.
    pub place: Counter,
    /// From all places that are not known, in a row.
    pub strangers: i64,
}

/// Reads the counters for an attempt.
pub async fn seen(
    platform: &Platform,
    subject: &Subject,
    place: &Place,
) -> Result<Seen, DatabaseError> {
    let statement = Statement::new(
        "SELECT place, failures, next_at, known_at, updated_at FROM guesses \
         WHERE subject = ?1 AND place IN (?2, ?3)",
        vec![name(subject), at(place), STRANGERS.to_vec().into()],
    );
    let mut seen = Seen::default();
    for row in platform.database.query(statement).await? {
        let failures = row.integer(1)?;
        if row.blob(0)? == STRANGERS {
            seen.strangers = failures;
        } else {
            seen.place = Counter {
                failures,
                next_at: row.integer(2)?,
                known_at: row.optional_integer(3)?,
                updated_at: row.integer(4)?,
            };
        }
    }
    Ok(seen)
}

/// Puts `next` in the place of `seen`; stale when another attempt has been counted since.
pub fn count(subject: &Subject, place: &Place, seen: &Counter, next: &Counter) -> Vec<Statement> {
    let upsert = Statement::new(
        "INSERT INTO guesses (subject, place, failures, next_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET \
         failures = excluded.failures, next_at = excluded.next_at, updated_at = excluded.updated_at \
         WHERE failures = ?6 AND updated_at = ?7",
        vec![
            name(subject),
            at(place),
            next.failures.into(),
            next.next_at.into(),
            next.updated_at.into(),
            seen.failures.into(),
            seen.updated_at.into(),
        ],
    );
    vec![upsert, Statement::must_change()]
}

/// One more from a place that is not known.
pub fn count_stranger(subject: &Subject, now: i64) -> Statement {
    Statement::new(
        "INSERT INTO guesses (subject, place, failures, next_at, updated_at) \
         VALUES (?1, ?2, 1, 0, ?3) ON CONFLICT DO UPDATE SET \
         failures = failures + 1, updated_at = excluded.updated_at",
        vec![name(subject), STRANGERS.to_vec().into(), now.into()],
    )
}

/// An attempt from there was right: it begins again.
pub fn clear(subject: &Subject, place: &Place) -> Statement {
    Statement::new(
        "UPDATE guesses SET failures = 0, next_at = 0 WHERE subject = ?1 AND place = ?2",
        vec![name(subject), at(place)],
    )
}

/// The failures of strangers are in a row no more.
pub fn clear_strangers(subject: &Subject) -> Statement {
    Statement::new(
        "DELETE FROM guesses WHERE subject = ?1 AND place = ?2",
        vec![name(subject), STRANGERS.to_vec().into()],
    )
}

/// The account was logged in to from there.
pub fn make_known(subject: &Subject, place: &Place, now: i64) -> Statement {
    Statement::new(
        "INSERT INTO guesses (subject, place, failures, next_at, known_at, updated_at) \
         VALUES (?1, ?2, 0, 0, ?3, ?3) ON CONFLICT DO UPDATE SET known_at = excluded.known_at",
        vec![name(subject), at(place), now.into()],
    )
}

/// Disables a password; stale when it is disabled already.
pub fn disable_password(user: &UserId, now: i64) -> Vec<Statement> {
    let update = Statement::new(
        "UPDATE users SET password_disabled_at = ?2 WHERE id = ?1 AND password_disabled_at IS NULL",
        vec![user.as_str().into(), now.into()],
    );
    vec![update, Statement::must_change()]
}

/// Lets a password count again, also for strangers. `login` is the account's subject of
/// [`super::Kind::Login`].
pub fn enable_password(user: &UserId, login: &Subject) -> Vec<Statement> {
    let update = Statement::new(
        "UPDATE users SET password_disabled_at = NULL WHERE id = ?1",
        vec![user.as_str().into()],
    );
    vec![update, clear_strangers(login)]
}

/// Counters that mean nothing any more.
pub fn old(now: i64) -> Old {
    Old {
        change: "DELETE FROM guesses",
        key: "subject, place",
        among: "FROM guesses WHERE updated_at < ?1 AND (known_at IS NULL OR known_at < ?2) \
                AND (place <> ?3 OR updated_at < ?2)",
        params: vec![
            (now - QUIET_MS).into(),
            (now - KNOWN_MS).into(),
            STRANGERS.to_vec().into(),
        ],
    }
}

fn name(subject: &Subject) -> crate::platform::Value {
    subject.0.to_vec().into()
}

fn at(place: &Place) -> crate::platform::Value {
    place.as_bytes().to_vec().into()
}
