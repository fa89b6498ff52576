//! The SQL that says what a credential stands for now.
//! Promises that one which has ended, or whose account is disabled, stands for nobody.
//! Leaves when it is asked to `tokens`, writing sessions and keys to `identity`.

use crate::ids::{ApiKeyId, SessionId, UserId};
use crate::platform::{DatabaseError, Platform, Row, Statement};

use super::api_key::Key;
use super::model::{AccountRole, Scopes};

/// The last use of a key is noted at most this often.
const USE_NOTED_MS: i64 = 60_000;

/// What an access token's login is worth now.
pub struct Session {
    /// Neither ended nor past its absolute end, of an account that is not disabled, and not from
    /// before the password changed.
    pub is_live: bool,
    /// What the account is.
    pub role: AccountRole,
}

/// The standing of a login of this user; `None` when there is none, or no such user.
pub async fn session(
    platform: &Platform,
    id: &SessionId,
    user: &UserId,
    now: i64,
) -> Result<Option<Session>, DatabaseError> {
    let statement = Statement::new(
        "SELECT s.ended_at IS NULL AND s.expires_at > ?3 AND u.disabled_at IS NULL \
         AND s.authenticated_at >= u.password_changed_at, u.role \
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?1 AND s.user_id = ?2",
        vec![id.as_str().into(), user.as_str().into(), now.into()],
    );
    let rows = platform.database.query(statement).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(Session {
        is_live: row.integer(0)? == 1,
        role: AccountRole::stored(row.text(1)?),
    }))
}

/// What a key stands for.
pub struct ApiKey {
    /// The key.
    pub id: ApiKeyId,
    /// Whose it is.
    pub user_id: UserId,
    /// What the account is.
    pub role: AccountRole,
    /// What the key may do.
    pub scopes: Scopes,
    /// Milliseconds since 1970.
    pub expires_at: i64,
    /// Whether its use is to be noted.
    pub is_use_due: bool,
}

/// What this key stands for now; `None` when it has ended or was revoked, or its account is
/// disabled.
pub async fn api_key(
    platform: &Platform,
    key: &Key,
    now: i64,
) -> Result<Option<ApiKey>, DatabaseError> {
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
    let rows = platform.database.query(statement).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(ApiKey {
        id: api_key_id(row, 0)?,
        user_id: user_id(row, 1)?,
        role: AccountRole::stored(row.text(2)?),
        scopes: Scopes::parse(row.text(3)?),
        expires_at: row.integer(4)?,
        is_use_due: row.integer(5)? == 1,
    }))
}

/// Notes that a key is in use, unless another isolate has just done so.
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
