//! The SQL of the counters of attempts: concurrent ones are counted one by one (compare-and-set).

use db::purge::PurgeQuery;

use crate::ids::UserId;
use crate::platform::{DatabaseError, Platform, Statement, params};

use super::model::{ACCOUNT_FAILURES, Bounds, Counter, KNOWN_MS, Place, QUIET_MS, Subject};

/// The key of the counter of all unknown places: no HMAC is this short.
pub const STRANGERS: [u8; 1] = [0];

/// Reads the counters with these keys, at most four, in their order; an empty one where there is none.
pub async fn counters(
    platform: &Platform,
    subject: &Subject,
    names: &[&[u8]],
) -> Result<Vec<Counter>, DatabaseError> {
    let name_at = |index: usize| names.get(index).map(|name| name.to_vec());
    let statement = Statement::new(
        "SELECT place, failures, pending, next_at, known_at, updated_at FROM guesses \
         WHERE subject = ?1 AND place IN (?2, ?3, ?4, ?5)",
        params![
            name(subject),
            name_at(0),
            name_at(1),
            name_at(2),
            name_at(3),
        ],
    );
    let mut found = vec![Counter::default(); names.len()];
    for row in platform.database.query(statement).await? {
        let place = row.blob(0)?;
        for (counter, _) in found.iter_mut().zip(names).filter(|(_, it)| **it == place) {
            *counter = Counter {
                failures: row.integer(1)?,
                pending: row.integer(2)?,
                next_at: row.integer(3)?,
                known_at: row.optional_integer(4)?,
                updated_at: row.integer(5)?,
            };
        }
    }
    Ok(found)
}

/// Replaces `seen` with `next`; stale when another attempt has changed the counter since.
pub fn count(subject: &Subject, place: &[u8], seen: &Counter, next: &Counter) -> [Statement; 2] {
    let upsert = Statement::new(
        "INSERT INTO guesses (subject, place, failures, pending, next_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET \
         failures = excluded.failures, pending = excluded.pending, next_at = excluded.next_at, \
         updated_at = excluded.updated_at \
         WHERE failures = ?7 AND pending = ?8 AND next_at = ?9 AND updated_at = ?10",
        params![
            name(subject),
            place.to_vec(),
            next.failures,
            next.pending,
            next.next_at,
            next.updated_at,
            seen.failures,
            seen.pending,
            seen.next_at,
            seen.updated_at,
        ],
    );
    [upsert, Statement::must_change()]
}

/// Counts a failure on top of what concurrent attempts have stored, by the rule of [`Bounds`].
pub fn wrong(subject: &Subject, place: &[u8], bounds: &Bounds, now: i64) -> Statement {
    Statement::new(
        "UPDATE guesses SET failures = failures + 1, pending = max(pending - 1, 0), \
         updated_at = ?3, next_at = max(next_at, CASE \
         WHEN failures + 1 >= ?4 THEN ?3 + ?6 \
         WHEN failures + 1 >= ?5 THEN ?3 + min(1000 << (failures + 1 - ?5), ?6) ELSE 0 END) \
         WHERE subject = ?1 AND place = ?2",
        params![
            name(subject),
            place.to_vec(),
            now,
            bounds.lock,
            bounds.free,
            bounds.lock_ms,
        ],
    )
}

/// Resets the counter after a right attempt.
pub fn right(subject: &Subject, place: &[u8]) -> Statement {
    Statement::new(
        "UPDATE guesses SET failures = 0, pending = max(pending - 1, 0), next_at = 0 \
         WHERE subject = ?1 AND place = ?2",
        params![name(subject), place.to_vec()],
    )
}

/// A login from a known place resets the failures of strangers, unless these disable the password.
pub fn interrupt_strangers(subject: &Subject) -> Statement {
    Statement::new(
        "UPDATE guesses SET failures = 0, next_at = 0 \
         WHERE subject = ?1 AND place = ?2 AND failures < ?3",
        params![name(subject), STRANGERS.to_vec(), ACCOUNT_FAILURES],
    )
}

/// Resets the consecutive failures of unknown places.
pub fn clear_strangers(subject: &Subject) -> Statement {
    Statement::new(
        "DELETE FROM guesses WHERE subject = ?1 AND place = ?2",
        params![name(subject), STRANGERS.to_vec()],
    )
}

/// Makes the place of a login known.
pub fn make_known(subject: &Subject, place: &Place, now: i64) -> Statement {
    Statement::new(
        "INSERT INTO guesses (subject, place, failures, next_at, known_at, updated_at) \
         VALUES (?1, ?2, 0, 0, ?3, ?3) ON CONFLICT DO UPDATE SET known_at = excluded.known_at",
        params![name(subject), at(place), now],
    )
}

/// Disables a password for unknown places; stale below the limit of failures, or when it is disabled.
pub fn disable_password(user: &UserId, login: &Subject, now: i64) -> Vec<Statement> {
    Statement::checked(
        "UPDATE users SET password_disabled_at = ?2 WHERE id = ?1 AND password_disabled_at IS NULL \
         AND EXISTS (SELECT 1 FROM guesses WHERE subject = ?3 AND place = ?4 AND failures >= ?5)",
        params![user, now, name(login), STRANGERS.to_vec(), ACCOUNT_FAILURES,],
    )
}

/// Enables a password again, also for unknown places; `login` is its subject at login.
pub fn enable_password(user: &UserId, login: &Subject) -> Vec<Statement> {
    let update = Statement::new(
        "UPDATE users SET password_disabled_at = NULL WHERE id = ?1",
        params![user],
    );
    vec![update, clear_strangers(login)]
}

/// Counters that have expired.
pub fn old(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM guesses",
        key: "subject, place",
        among: "FROM guesses WHERE updated_at < ?1 AND (known_at IS NULL OR known_at < ?2) \
                AND (place <> ?3 OR updated_at < ?2)",
        params: params![now - QUIET_MS, now - KNOWN_MS, STRANGERS.to_vec()],
    }
}

fn name(subject: &Subject) -> crate::platform::Value {
    subject.0.to_vec().into()
}

fn at(place: &Place) -> crate::platform::Value {
    place.as_bytes().to_vec().into()
}
