//! All SQL on idempotency records.
//! Promises that of many claims on one record one wins, and that only its holder can answer it.
//! Leaves what a record is found by to `model`.

use crate::auth::refresh_token::RefreshToken;
use crate::ids::UserId;
use crate::mac::Tag;
use crate::platform::{DatabaseError, Platform, Statement};
use db::purge::PurgeQuery;

use super::model::Fingerprints;

/// An answer is kept for 24 hours.
pub const KEPT_MS: i64 = 86_400_000;
/// A record without an answer is given up after this time, longer than a request lives.
pub const ABANDONED_MS: i64 = 60_000;

/// A record to be claimed.
pub struct NewRecord<'a> {
    /// What it is found by.
    pub fingerprints: &'a Fingerprints,
    /// Who is calling, where there is an account.
    pub user: Option<&'a UserId>,
    /// The attempt.
    pub holder: &'a [u8; 16],
    /// Milliseconds since 1970.
    pub now: i64,
    /// How old tokens in a kept answer may be, in milliseconds.
    pub max_age_ms: i64,
}

/// Holds where the tokens in the answer of a record are of no use to whoever got them, or have been
/// renewed, or are too old, or the password that they were given for is another one by now.
const HAS_PAST_TOKENS: &str = "session_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sessions s \
     JOIN users u ON u.id = s.user_id WHERE s.id = idempotency_records.session_id \
     AND s.refresh_hash = idempotency_records.refresh_hash AND s.ended_at IS NULL \
     AND s.refresh_expires_at > ?5 AND s.expires_at > ?5 AND u.disabled_at IS NULL \
     AND s.created_at >= u.password_changed_at AND ?5 - s.refreshed_at BETWEEN 0 AND ?8)";

/// Makes a record, or takes over one that has expired, one whose holder has been silent for too long,
/// or one whose tokens may not be given again. Changes one row when the record is the holder's, and none otherwise.
pub fn claim(record: &NewRecord<'_>) -> Statement {
    Statement::new(
        [
            "INSERT INTO idempotency_records (id, user_id, fingerprint, holder, started_at, \
             expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, \
             holder = excluded.holder, answer = NULL, session_id = NULL, refresh_hash = NULL, \
             started_at = excluded.started_at, expires_at = excluded.expires_at \
             WHERE expires_at <= ?5 OR (fingerprint = excluded.fingerprint AND \
             (answer IS NULL AND started_at <= ?7 OR ",
            HAS_PAST_TOKENS,
            "))",
        ]
        .concat(),
        vec![
            record.fingerprints.id.to_vec().into(),
            record.user.map(|user| user.as_str().to_owned()).into(),
            record.fingerprints.request.to_vec().into(),
            record.holder.to_vec().into(),
            record.now.into(),
            (record.now + KEPT_MS).into(),
            (record.now - ABANDONED_MS).into(),
            record.max_age_ms.into(),
        ],
    )
}

/// A record that someone else has claimed.
pub struct Known {
    /// Fingerprint of what was sent first.
    pub request: Vec<u8>,
    /// The sealed answer; `None` while it runs.
    pub answer: Option<Vec<u8>>,
}

/// The record with this id, unless it has expired.
pub async fn find(platform: &Platform, id: &Tag, now: i64) -> Result<Option<Known>, DatabaseError> {
    let statement = Statement::new(
        "SELECT fingerprint, answer FROM idempotency_records WHERE id = ?1 AND expires_at > ?2",
        vec![id.to_vec().into(), now.into()],
    );
    let rows = platform.database.query(statement).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(Known {
        request: row.blob(0)?.to_vec(),
        answer: row.optional_blob(1)?.map(<[u8]>::to_vec),
    }))
}

/// Keeps the answer, with the refresh token that is in it; stale when the record is no longer this
/// holder's to answer.
pub fn complete(
    id: &Tag,
    holder: &[u8; 16],
    sealed: Vec<u8>,
    token: Option<&RefreshToken>,
) -> Vec<Statement> {
    let update = Statement::new(
        "UPDATE idempotency_records SET answer = ?3, session_id = ?4, refresh_hash = ?5 \
         WHERE id = ?1 AND holder = ?2 AND answer IS NULL",
        vec![
            id.to_vec().into(),
            holder.to_vec().into(),
            sealed.into(),
            token.map(|token| token.session.to_string()).into(),
            token.map(|token| token.hash().to_vec()).into(),
        ],
    );
    vec![update, Statement::must_change()]
}

/// Gives the record up, so that the key can be sent again at once.
pub fn release(id: &Tag, holder: &[u8; 16]) -> Statement {
    Statement::new(
        "DELETE FROM idempotency_records WHERE id = ?1 AND holder = ?2 AND answer IS NULL",
        vec![id.to_vec().into(), holder.to_vec().into()],
    )
}

/// What has expired.
pub fn expired(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM idempotency_records",
        key: "id",
        among: "FROM idempotency_records WHERE expires_at <= ?1",
        params: vec![now.into()],
    }
}

/// Removes what is kept for an account, with the account.
pub fn remove_of(user: &UserId) -> Statement {
    Statement::new(
        "DELETE FROM idempotency_records WHERE user_id = ?1",
        vec![user.as_str().into()],
    )
}
