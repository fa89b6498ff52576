//! All SQL on accounts. No write removes the last administrator.

use crate::auth::model::AccountRole;
use crate::auth::permissions::{ManageAccount, Permit};
use crate::auth::user_id;
use crate::http::Problem;
use crate::ids::UserId;
use crate::platform::{DatabaseError, Ended, Platform, Row, Statement, params};

use super::model::{Details, ProfileChange, Registration, User};

/// SQL over a row of `users`: it is no administrator, or another administrator can log in.
pub(in crate::accounts) const LEAVES_AN_ADMINISTRATOR: &str = "(role <> 'administrator' \
     OR disabled_at IS NOT NULL OR EXISTS (SELECT 1 FROM users other \
     WHERE other.role = 'administrator' AND other.disabled_at IS NULL AND other.id <> users.id))";

/// SQL over a row `u` of `users`: whether it has a second factor.
const HAS_TWO_FACTOR: &str = "EXISTS (SELECT 1 FROM two_factor t WHERE t.user_id = u.id \
     AND t.confirmed_at IS NOT NULL)";

const USER: &str = "id, email, display_name, role, version, created_at, updated_at, \
     email_verified_at, pending_email";

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
        params![
            id,
            &registration.email,
            &registration.email_key,
            &registration.display_name,
            password_hash,
            now,
        ],
    )
}

/// Fails its batch unless the account still has the password that was confirmed.
pub fn password_stands(user: &UserId, password_hash: &str) -> Statement {
    let condition = "EXISTS (SELECT 1 FROM users WHERE id = ?1 AND password_hash = ?2)";
    Statement::new(
        format!("SELECT iif({condition}, 1, {})", Ended::Password.sql()),
        params![user, password_hash],
    )
}

/// Replaces a hash that was made with older parameters, unless the password has changed since.
pub fn rehash(user: &UserId, old_hash: &str, new_hash: String) -> Statement {
    Statement::new(
        "UPDATE users SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2",
        params![user, old_hash, new_hash],
    )
}

/// What a login checks.
pub struct Credentials {
    pub user_id: UserId,
    /// PHC string.
    pub password_hash: String,
    pub role: AccountRole,
    pub is_disabled: bool,
    pub is_password_disabled: bool,
    pub has_two_factor: bool,
}

pub async fn credentials(
    platform: &Platform,
    email_key: &str,
) -> Result<Option<Credentials>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id, password_hash, role, disabled_at, password_disabled_at, EXISTS (SELECT 1 \
         FROM two_factor WHERE user_id = users.id AND confirmed_at IS NOT NULL) \
         FROM users WHERE email_key = ?1",
        params![email_key],
    );
    let read = |row: &Row| {
        Ok(Credentials {
            user_id: user_id(row, 0)?,
            password_hash: row.text(1)?.to_owned(),
            role: AccountRole::stored(row.text(2)?),
            is_disabled: row.optional_integer(3)?.is_some(),
            is_password_disabled: row.optional_integer(4)?.is_some(),
            has_two_factor: row.integer(5)? == 1,
        })
    };
    platform.first(statement, read).await
}

pub async fn password_hash(
    platform: &Platform,
    user: &UserId,
) -> Result<Option<String>, DatabaseError> {
    let statement = Statement::new(
        "SELECT password_hash FROM users WHERE id = ?1",
        params![user],
    );
    let read = |row: &Row| row.text(0).map(str::to_owned);
    platform.first(statement, read).await
}

/// Changes the caller's password; stale when it is no longer the one that was checked.
pub fn change_password(
    permit: &Permit<'_, ManageAccount>,
    old_hash: &str,
    new_hash: String,
    now: i64,
) -> Vec<Statement> {
    Statement::checked(
        "UPDATE users SET password_hash = ?3, password_changed_at = ?4, \
         password_disabled_at = NULL WHERE id = ?1 AND password_hash = ?2",
        params![permit.user_id(), old_hash, new_hash, now],
    )
}

/// Changes the caller's profile; stale when its version, or the password that was checked, has changed.
pub fn change_profile(
    permit: &Permit<'_, ManageAccount>,
    version: i64,
    change: &ProfileChange,
    password_hash: Option<String>,
    now: i64,
) -> Vec<Statement> {
    Statement::checked(
        "UPDATE users SET email = ?3, display_name = ?5, updated_at = ?6, \
         email_verified_at = iif(email_key = ?4, email_verified_at, NULL), email_key = ?4, \
         pending_email = coalesce(?8, pending_email), version = version + 1 \
         WHERE id = ?1 AND version = ?2 AND (?7 IS NULL OR password_hash = ?7)",
        params![
            permit.user_id(),
            version,
            &change.email,
            &change.email_key,
            &change.display_name,
            now,
            password_hash,
            change.pending_email.clone(),
        ],
    )
}

/// Deletes the caller's account; stale when its password has changed, or it is the last administrator.
pub fn delete(permit: &Permit<'_, ManageAccount>, password_hash: String) -> Vec<Statement> {
    Statement::checked(
        format!(
            "DELETE FROM users WHERE id = ?1 AND password_hash = ?2 AND {LEAVES_AN_ADMINISTRATOR}"
        ),
        params![permit.user_id(), password_hash],
    )
}

pub async fn details(
    platform: &Platform,
    id: &UserId,
    now: i64,
) -> Result<Option<Details>, DatabaseError> {
    let statement = Statement::new(
        format!(
            "SELECT {USER}, disabled_at, \
             password_changed_at, password_disabled_at, {HAS_TWO_FACTOR}, \
             (SELECT count(*) FROM sessions WHERE user_id = u.id AND ended_at IS NULL \
             AND refresh_expires_at > ?2) FROM users u WHERE id = ?1"
        ),
        params![id, now],
    );
    let read = |row: &Row| {
        Ok(Details {
            user: read_user(row)?,
            disabled_at: row.optional_integer(9)?,
            password_changed_at: row.integer(10)?,
            password_disabled_at: row.optional_integer(11)?,
            has_two_factor: row.integer(12)? == 1,
            live_sessions: row.integer(13)?,
        })
    };
    platform.first(statement, read).await
}

/// As [`user`]; 404 when the account is deleted.
pub async fn existing(platform: &Platform, id: &UserId) -> Result<User, Problem> {
    user(platform, id).await?.ok_or_else(Problem::not_found)
}

pub async fn user(platform: &Platform, id: &UserId) -> Result<Option<User>, DatabaseError> {
    let statement = Statement::new(
        format!("SELECT {USER} FROM users WHERE id = ?1"),
        params![id],
    );
    platform.first(statement, read_user).await
}

fn read_user(row: &Row) -> Result<User, DatabaseError> {
    Ok(User {
        id: user_id(row, 0)?,
        email: row.text(1)?.to_owned(),
        display_name: row.text(2)?.to_owned(),
        role: AccountRole::stored(row.text(3)?),
        version: row.integer(4)?,
        created_at: row.integer(5)?,
        updated_at: row.integer(6)?,
        email_verified_at: row.optional_integer(7)?,
        pending_email: row.optional_text(8)?.map(str::to_owned),
    })
}
