//! The SQL of idempotency records.
//! Of concurrent reservations of a record one wins, and only its holder can store the answer.
//! `model` has the fingerprints by which records are found.

use db::purge::PurgeQuery;

use crate::auth::refresh_token::RefreshToken;
use crate::auth::standing::refresh_token_stands;
use crate::ids::UserId;
use crate::mac::Tag;
use crate::platform::{DatabaseError, Platform, Row, Statement};

use super::model::Fingerprints;

/// An answer is kept for 24 hours.
pub const KEPT_MS: i64 = 86_400_000;
/// A reservation without an answer expires after this time, longer than a request lives.
pub const ABANDONED_MS: i64 = 60_000;

/// A record to be reserved.
pub struct NewRecord<'a> {
    /// The fingerprints by which it is found.
    pub fingerprints: &'a Fingerprints,
    /// Who is calling, where there is an account.
    pub user: Option<&'a UserId>,
    /// The attempt.
    pub holder: &'a [u8; 16],
    /// Milliseconds since 1970.
    pub now: i64,
    /// How old tokens in a stored answer may be, in milliseconds.
    pub max_age_ms: i64,
}

/// True when the tokens in the answer of a record are not valid any more, have been renewed, are too
/// old, or were issued for a password that has been changed.
const HAS_PAST_TOKENS: &str = concat!(
    "session_id IS NOT NULL AND NOT ",
    refresh_token_stands!(
        "idempotency_records.session_id",
        "idempotency_records.refresh_hash",
        "?5",
        "?8"
    )
);

/// Reserves a record: inserts it, or takes over one that has expired, whose reservation has expired, or
/// whose tokens may not be repeated. Changes one row if the record is reserved, none otherwise.
pub fn reserve(record: &NewRecord<'_>) -> Statement {
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

/// A record that another request has reserved or answered.
pub struct KnownRecord {
    /// The fingerprint of the first request.
    pub request: Vec<u8>,
    /// The sealed answer; `None` while it runs.
    pub answer: Option<Vec<u8>>,
}

/// The record with this id, unless it has expired.
pub async fn find(
    platform: &Platform,
    id: &Tag,
    now: i64,
) -> Result<Option<KnownRecord>, DatabaseError> {
    let statement = Statement::new(
        "SELECT fingerprint, answer FROM idempotency_records WHERE id = ?1 AND expires_at > ?2",
        vec![id.to_vec().into(), now.into()],
    );
    let read = |row: &Row| {
        Ok(KnownRecord {
            request: row.blob(0)?.to_vec(),
            answer: row.optional_blob(1)?.map(<[u8]>::to_vec),
        })
    };
    platform.first(statement, read).await
}

/// Stores the answer, with the hash of the refresh token in it. Stale when the holder has lost the
/// reservation.
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

/// Releases the record, so that the key can be used again at once.
pub fn release(id: &Tag, holder: &[u8; 16]) -> Statement {
    Statement::new(
        "DELETE FROM idempotency_records WHERE id = ?1 AND holder = ?2 AND answer IS NULL",
        vec![id.to_vec().into(), holder.to_vec().into()],
    )
}

/// Expired records.
pub fn expired(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM idempotency_records",
        key: "id",
        among: "FROM idempotency_records WHERE expires_at <= ?1",
        params: vec![now.into()],
    }
}

/// Deletes the records of an account, with the account.
pub fn remove_of(user: &UserId) -> Statement {
    Statement::new(
        "DELETE FROM idempotency_records WHERE user_id = ?1",
        vec![user.as_str().into()],
    )
}
