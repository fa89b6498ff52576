//! All SQL on API keys. Concurrent requests cannot exceed the maximum number of keys.

use db::purge::PurgeQuery;

use crate::auth::api_key::Key;
use crate::auth::api_key_id;
use crate::auth::model::Scopes;
use crate::auth::permissions::{ManageAccount, Permit, SecureAccount};
use crate::http::pagination::Page;
use crate::ids::{ApiKeyId, UserId};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

use super::model::{ApiKey, MAX_KEYS};

/// The number of API keys of the user `?1` that have not ended at `?2`.
pub(crate) const COUNT_LIVE: &str =
    "(SELECT count(*) FROM api_keys WHERE user_id = ?1 AND expires_at > ?2)";

/// An ended key stays visible to its owner for 30 days.
const KEEP_MS: i64 = 30 * 86_400_000;

/// Adds a key of the caller; stale when there are too many.
pub fn insert(permit: &Permit<'_, SecureAccount>, api_key: &ApiKey, key: &Key) -> Vec<Statement> {
    Statement::checked(
        "INSERT INTO api_keys (id, user_id, hash, name, scopes, created_at, expires_at) \
         SELECT ?1, id, ?3, ?4, ?5, ?6, ?7 FROM users WHERE id = ?2 \
         AND (SELECT count(*) FROM api_keys WHERE user_id = ?2) < ?8",
        params![
            &api_key.id,
            permit.user_id(),
            key.hash().to_vec(),
            &api_key.name,
            api_key.scopes.to_string(),
            api_key.created_at,
            api_key.expires_at,
            MAX_KEYS,
        ],
    )
}

/// Deletes a key of the caller; stale when there is no such key.
pub fn revoke(permit: &Permit<'_, ManageAccount>, id: &ApiKeyId) -> Vec<Statement> {
    Statement::checked(
        "DELETE FROM api_keys WHERE id = ?1 AND user_id = ?2",
        params![id, permit.user_id()],
    )
}

/// Deletes all keys of the caller that have not ended.
pub fn revoke_all(permit: &Permit<'_, SecureAccount>, now: i64) -> Statement {
    Statement::new(
        "DELETE FROM api_keys WHERE user_id = ?1 AND expires_at > ?2",
        params![permit.user_id(), now],
    )
}

/// Keys that ended more than [`KEEP_MS`] ago.
pub fn expired(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM api_keys",
        key: "id",
        among: "FROM api_keys WHERE expires_at < ?1",
        params: params![now - KEEP_MS],
    }
}

/// A page of an account's keys, latest first, ended ones included.
pub async fn list(
    platform: &Platform,
    user: &UserId,
    page: &Page,
) -> Result<Vec<ApiKey>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id, name, scopes, created_at, expires_at, last_used_at FROM api_keys \
         WHERE user_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
        params![user, page.before(), page.limit + 1],
    );
    let read = |row: &Row| {
        Ok(ApiKey {
            id: api_key_id(row, 0)?,
            name: row.text(1)?.to_owned(),
            scopes: Scopes::parse(row.text(2)?),
            created_at: row.integer(3)?,
            expires_at: row.integer(4)?,
            last_used_at: row.optional_integer(5)?,
        })
    };
    platform.all(statement, read).await
}
