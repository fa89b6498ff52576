//! All SQL on accounts.
//! Promises that writes are statements for one batch; leaves when to run them to the handlers.

use crate::identity::model::Role;
use crate::identity::permissions::{ManageAccount, Permit};
use crate::ids::UserId;
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
    /// User or administrator.
    pub role: Role,
    /// Whether it may log in.
    pub is_disabled: bool,
    /// Whether too many wrong guesses have disabled its password.
    pub is_password_disabled: bool,
}

/// The account with this address.
pub async fn credentials(
    platform: &Platform,
    email_key: &str,
) -> Result<Option<Credentials>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id, password_hash, role, disabled_at, password_disabled_at FROM users \
         WHERE email_key = ?1",
        vec![email_key.into()],
    );
    let rows = platform.database.query(statement).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(Credentials {
        user_id: user_id(row, 0)?,
        password_hash: row.text(1)?.to_owned(),
        role: Role::parse(row.text(2)?),
        is_disabled: row.optional_integer(3)?.is_some(),
        is_password_disabled: row.optional_integer(4)?.is_some(),
    }))
}

/// The PHC string of an account's password.
pub async fn password_hash(
    platform: &Platform,
    user: &UserId,
) -> Result<Option<String>, DatabaseError> {
    let statement = Statement::new(
        "SELECT password_hash FROM users WHERE id = ?1",
        vec![user.as_str().into()],
    );
    let rows = platform.database.query(statement).await?;
    let hash = rows.first().map(|row| row.text(0).map(str::to_owned));
    hash.transpose()
}

/// Gives the caller another password; stale when it is no longer the one it was checked against.
pub fn change_password(
    permit: &Permit<'_, ManageAccount>,
    old_hash: &str,
    new_hash: String,
    now: i64,
) -> Vec<Statement> {
    let update = Statement::new(
        "UPDATE users SET password_hash = ?3, password_changed_at = ?4, \
         password_disabled_at = NULL WHERE id = ?1 AND password_hash = ?2",
        vec![
            permit.user_id().as_str().into(),
            old_hash.into(),
            new_hash.into(),
            now.into(),
        ],
    );
    vec![update, Statement::must_change()]
}

/// The account with this id.
pub async fn user(platform: &Platform, id: &UserId) -> Result<Option<User>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id, email, display_name, role, version, created_at, updated_at FROM users WHERE id = ?1",
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
        role: Role::parse(row.text(3)?),
        version: row.integer(4)?,
        created_at: row.integer(5)?,
        updated_at: row.integer(6)?,
    }))
}

pub(in crate::identity) fn user_id(row: &Row, index: usize) -> Result<UserId, DatabaseError> {
    UserId::parse(row.text(index)?)
        .ok_or_else(|| DatabaseError::Other("a user id is not a TypeID".to_owned()))
}
