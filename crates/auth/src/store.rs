//! The SQL that resolves a credential.
//! A credential that has ended, or whose account is disabled, resolves to nothing. `accounts` writes
//! sessions and keys.

use kit::ids::{ApiKeyId, SessionId, UserId};
use platform::{DatabaseError, Platform, Row, Statement};

use super::api_key::Key;
use super::model::{AccountRole, Scopes};

/// The last use of a key is updated at most this often.
const USE_NOTED_MS: i64 = 60_000;

/// The session of an access token.
pub struct SessionStanding {
    /// Not ended, not past its absolute expiry, the account enabled, and the password not changed since.
    pub is_live: bool,
    /// The role of the account.
    pub role: AccountRole,
}

/// The session with this id of this user; `None` when either does not exist.
pub async fn session(
    platform: &Platform,
    id: &SessionId,
    user: &UserId,
    now: i64,
) -> Result<Option<SessionStanding>, DatabaseError> {
    let statement = Statement::new(
        "SELECT s.ended_at IS NULL AND s.expires_at > ?3 AND u.disabled_at IS NULL \
         AND s.authenticated_at >= u.password_changed_at, u.role \
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?1 AND s.user_id = ?2",
        vec![id.as_str().into(), user.as_str().into(), now.into()],
    );
    let read = |row: &Row| {
        Ok(SessionStanding {
            is_live: row.integer(0)? == 1,
            role: AccountRole::stored(row.text(1)?),
        })
    };
    platform.first(statement, read).await
}

/// A resolved API key.
pub struct ResolvedApiKey {
    /// The key.
    pub id: ApiKeyId,
    /// Its account.
    pub user_id: UserId,
    /// The role of the account.
    pub role: AccountRole,
    /// The scopes of the key.
    pub scopes: Scopes,
    /// Milliseconds since 1970.
    pub expires_at: i64,
    /// Whether its last use is to be updated.
    pub is_use_due: bool,
}

/// The key with this hash; `None` when it has expired, was revoked, or its account is disabled.
pub async fn api_key(
    platform: &Platform,
    key: &Key,
    now: i64,
) -> Result<Option<ResolvedApiKey>, DatabaseError> {
    let statement = Statement::new(
        "SELECT k.id, k.user_id, u.role, k.scopes, k.expires_at, \
         k.last_used_at IS NULL OR k.last_used_at <= ?3 \
         FROM api_keys k JOIN users u ON u.id = k.user_id \
         WHERE k.hash = ?1 AND k.expires_at > ?2 AND u.disabled_at IS NULL",
        vec![
            key.hash().to_vec().into(),
            now.into(),
            (now - USE_NOTED_MS).into(),
        ],
    );
    let read = |row: &Row| {
        Ok(ResolvedApiKey {
            id: api_key_id(row, 0)?,
            user_id: user_id(row, 1)?,
            role: AccountRole::stored(row.text(2)?),
            scopes: Scopes::parse(row.text(3)?),
            expires_at: row.integer(4)?,
            is_use_due: row.integer(5)? == 1,
        })
    };
    platform.first(statement, read).await
}

/// Updates the last use of a key, unless another isolate has just done so.
pub fn note_use(id: &ApiKeyId, now: i64) -> Statement {
    Statement::new(
        "UPDATE api_keys SET last_used_at = ?2 \
         WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at <= ?3)",
        vec![id.as_str().into(), now.into(), (now - USE_NOTED_MS).into()],
    )
}

/// The id of an API key in a column.
pub fn api_key_id(row: &Row, index: usize) -> Result<ApiKeyId, DatabaseError> {
    ApiKeyId::parse(row.text(index)?)
        .ok_or_else(|| DatabaseError::Other("an API key's id is not a TypeID".to_owned()))
}

/// The id of an account in a column.
pub fn user_id(row: &Row, index: usize) -> Result<UserId, DatabaseError> {
    UserId::parse(row.text(index)?)
        .ok_or_else(|| DatabaseError::Other("a user id is not a TypeID".to_owned()))
}
