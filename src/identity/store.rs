//! All SQL on accounts, sessions and signing keys.
//! Promises that writes are statements for one batch; leaves when to run them to the handlers.

use sha2::{Digest, Sha256};

use crate::ids::{SessionId, UserId};
use crate::platform::{DatabaseError, Platform, Row, Statement};

use super::model::{Registration, User};

/// Adds an account. A taken address fails as `users.email_key` being unique.
pub fn insert_user(
    id: &UserId,
    registration: &Registration,
    password_hash: String,
    now: i64,
) -> Statement {
    Statement::new(
        "INSERT INTO users (id, email, email_key, display_name, password_hash, \
         password_changed_at, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?6)",
        vec![
            id.as_str().into(),
            registration.email.as_str().into(),
            registration.email_key.as_str().into(),
            registration.display_name.as_str().into(),
            password_hash.into(),
            now.into(),
        ],
    )
}

/// Replaces a hash that was made with older parameters, unless the password has changed since.
pub fn rehash(user: &UserId, old_hash: &str, new_hash: String) -> Statement {
    Statement::new(
        "UPDATE users SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2",
        vec![user.as_str().into(), old_hash.into(), new_hash.into()],
    )
}

/// An account with what a login needs.
pub struct Credentials {
    /// The account.
    pub user_id: UserId,
    /// PHC string.
    pub password_hash: String,
    /// Whether it may log in.
    pub is_disabled: bool,
}

/// The account with this address.
pub async fn credentials(
    platform: &Platform,
    email_key: &str,
) -> Result<Option<Credentials>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id, password_hash, disabled_at FROM users WHERE email_key = ?1",
        vec![email_key.into()],
    );
    let rows = platform.database.query(statement).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(Credentials {
        user_id: user_id(row, 0)?,
        password_hash: row.text(1)?.to_owned(),
        is_disabled: row.optional_integer(2)?.is_some(),
    }))
}

/// The account with this id.
pub async fn user(platform: &Platform, id: &UserId) -> Result<Option<User>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id, email, display_name, version, created_at, updated_at FROM users WHERE id = ?1",
        vec![id.as_str().into()],
    );
    let rows = platform.database.query(statement).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(User {
        id: user_id(row, 0)?,
        email: row.text(1)?.to_owned(),
        display_name: row.text(2)?.to_owned(),
        version: row.integer(3)?,
        created_at: row.integer(4)?,
        updated_at: row.integer(5)?,
    }))
}

fn user_id(row: &Row, index: usize) -> Result<UserId, DatabaseError> {
    UserId::parse(row.text(index)?)
        .ok_or_else(|| DatabaseError::Other("a user id is not a TypeID".to_owned()))
}

/// Opens a session. Only the hash of the refresh token is kept.
pub fn insert_session(
    id: &SessionId,
    user: &UserId,
    refresh_token: &str,
    now: i64,
    refresh_expires_at: i64,
    expires_at: i64,
) -> Statement {
    Statement::new(
        "INSERT INTO sessions (id, user_id, refresh_hash, created_at, refresh_expires_at, \
         expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        vec![
            id.as_str().into(),
            user.as_str().into(),
            Sha256::digest(refresh_token).to_vec().into(),
            now.into(),
            refresh_expires_at.into(),
            expires_at.into(),
        ],
    )
}

/// Whether a session still stands for its user, and when the user's password last changed.
pub struct SessionState {
    /// Neither ended nor past its absolute end, and the account is not disabled.
    pub is_live: bool,
    /// Milliseconds since 1970.
    pub password_changed_at: i64,
}

/// The state of a session of this user; `None` when there is none, or no such user.
pub async fn session_state(
    platform: &Platform,
    session: &SessionId,
    user: &UserId,
    now: i64,
) -> Result<Option<SessionState>, DatabaseError> {
    let statement = Statement::new(
        "SELECT s.ended_at IS NULL AND s.expires_at > ?3 AND u.disabled_at IS NULL, \
         u.password_changed_at FROM sessions s JOIN users u ON u.id = s.user_id \
         WHERE s.id = ?1 AND s.user_id = ?2",
        vec![session.as_str().into(), user.as_str().into(), now.into()],
    );
    let rows = platform.database.query(statement).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(SessionState {
        is_live: row.integer(0)? == 1,
        password_changed_at: row.integer(1)?,
    }))
}

/// The newest signing key with its sealed private half.
pub fn newest_signing_key() -> Statement {
    Statement::new(
        "SELECT kid, sealed_private_key FROM signing_keys ORDER BY created_at DESC, kid LIMIT 1",
        Vec::new(),
    )
}

/// All public halves.
pub fn public_keys() -> Statement {
    Statement::new(
        "SELECT public_key FROM signing_keys ORDER BY created_at DESC, kid",
        Vec::new(),
    )
}

/// Adds a signing key if there is none at all.
pub fn insert_first_signing_key(
    kid: &str,
    public_key: &[u8],
    sealed_private_key: Vec<u8>,
    now: i64,
) -> Statement {
    Statement::new(
        "INSERT INTO signing_keys (kid, public_key, sealed_private_key, created_at) \
         SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM signing_keys)",
        vec![
            kid.into(),
            public_key.to_vec().into(),
            sealed_private_key.into(),
            now.into(),
        ],
    )
}
