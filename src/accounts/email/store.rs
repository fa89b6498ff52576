//! All SQL on the owners of addresses. A proved address is never taken from its account.

use crate::accounts::account::model::{NOWHERE, Registration};
use crate::accounts::links::{FoundLink, Purpose, Token};
use crate::accounts::sessions::store::end_all;
use crate::auth::user_id;
use crate::ids::UserId;
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

/// Valid links to one address, or of one account, at a time.
const MAX_LINKS: i64 = 10;

/// The account that has an address.
pub struct Holder {
    pub user_id: UserId,
    pub is_proved: bool,
}

pub async fn holder(platform: &Platform, email_key: &str) -> Result<Option<Holder>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id, email_verified_at FROM users WHERE email_key = ?1",
        params![email_key],
    );
    let read = |row: &Row| {
        Ok(Holder {
            user_id: user_id(row, 0)?,
            is_proved: row.optional_integer(1)?.is_some(),
        })
    };
    platform.first(statement, read).await
}

/// Stores a link by which an account proves an address, unless it has [`MAX_LINKS`].
pub fn insert_verify(
    token: &Token,
    user: &UserId,
    (email, email_key): (&str, &str),
    now: i64,
) -> Statement {
    Statement::new(
        "INSERT INTO email_links (hash, purpose, user_id, email, email_key, created_at, expires_at) \
         SELECT ?1, 'verify', ?2, ?3, ?4, ?5, ?6 WHERE (SELECT count(*) FROM email_links \
         WHERE user_id = ?2 AND purpose = 'verify' AND expires_at > ?5) < ?7",
        params![
            token.hash().to_vec(),
            user,
            email,
            email_key,
            now,
            now + Purpose::Verify.life_ms(),
            MAX_LINKS,
        ],
    )
}

/// Stores a link that makes an account and proves its address, unless that address has [`MAX_LINKS`].
pub fn insert_registration(
    token: &Token,
    id: &UserId,
    registration: &Registration,
    password_hash: String,
    now: i64,
) -> Statement {
    Statement::new(
        "INSERT INTO email_links (hash, purpose, email, email_key, new_id, display_name, \
         password_hash, created_at, expires_at) \
         SELECT ?1, 'register', ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE (SELECT count(*) FROM email_links \
         WHERE email_key = ?3 AND purpose = 'register' AND expires_at > ?7) < ?9",
        params![
            token.hash().to_vec(),
            &registration.email,
            &registration.email_key,
            id,
            &registration.display_name,
            password_hash,
            now,
            now + Purpose::Register.life_ms(),
            MAX_LINKS,
        ],
    )
}

/// Gives an account that has not proved its address a placeholder; stale when it has, or has another one.
pub fn take_from(loser: &UserId, email_key: &str, now: i64) -> Vec<Statement> {
    Statement::checked(
        format!(
            "UPDATE users SET email = id || '@{NOWHERE}', email_key = id || '@{NOWHERE}', \
             version = version + 1, updated_at = ?3 \
             WHERE id = ?1 AND email_key = ?2 AND email_verified_at IS NULL"
        ),
        params![loser, email_key, now],
    )
}

/// Makes the account of a link, with its address proved.
pub fn insert_proved(link: &FoundLink, now: i64) -> Vec<Statement> {
    let Some((id, display_name, password_hash)) = &link.registration else {
        return Vec::new();
    };
    vec![Statement::new(
        "INSERT INTO users (id, email, email_key, display_name, password_hash, \
         password_changed_at, email_verified_at, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?6, ?6)",
        params![
            id,
            &link.email,
            &link.email_key,
            display_name,
            password_hash,
            now,
        ],
    )]
}

/// Marks the account's address as proved; stale when it has another one, or is disabled.
pub fn prove(user: &UserId, email_key: &str, now: i64) -> Vec<Statement> {
    Statement::checked(
        "UPDATE users SET email_verified_at = coalesce(email_verified_at, ?3), \
         version = version + 1, updated_at = ?3 \
         WHERE id = ?1 AND email_key = ?2 AND disabled_at IS NULL",
        params![user, email_key, now],
    )
}

/// Gives the account its pending address, proved, and cancels a removal of its second factor, which was
/// requested through the old one; stale when another address is pending, or the account is disabled.
pub fn move_to(user: &UserId, link: &FoundLink, now: i64) -> Vec<Statement> {
    let update = Statement::new(
        "UPDATE users SET email = ?2, email_key = ?3, email_verified_at = ?4, pending_email = NULL, \
         version = version + 1, updated_at = ?4 \
         WHERE id = ?1 AND email_key = ?5 AND pending_email = ?2 AND disabled_at IS NULL",
        params![user, &link.email, &link.email_key, now, &link.current_key],
    );
    vec![update, Statement::must_change(), keep_factor(user)]
}

/// The second factor stays.
pub fn keep_factor(user: &UserId) -> Statement {
    Statement::new(
        "UPDATE two_factor SET removal_at = NULL WHERE user_id = ?1 AND removal_at IS NOT NULL",
        params![user],
    )
}

/// Deletes all links that would prove this address.
pub fn end_address_links(email_key: &str) -> Statement {
    Statement::new(
        "DELETE FROM email_links WHERE email_key = ?1 AND purpose IN ('verify', 'register')",
        params![email_key],
    )
}

/// Restores an old address, with the hash of a password that nobody knows.
pub fn put_back(user: &UserId, link: &FoundLink, unknown: String, now: i64) -> Vec<Statement> {
    let of_user = |sql: &'static str| Statement::new(sql, params![user]);
    let update = Statement::new(
        "UPDATE users SET email = ?2, email_key = ?3, email_verified_at = ?4, pending_email = NULL, \
         password_hash = ?5, password_changed_at = ?4, version = version + 1, updated_at = ?4 \
         WHERE id = ?1 AND disabled_at IS NULL",
        params![user, &link.email, &link.email_key, now, unknown],
    );
    vec![
        update,
        Statement::must_change(),
        end_all(user, now),
        of_user("DELETE FROM api_keys WHERE user_id = ?1"),
        // The link of the factor belongs to the restored address.
        of_user("DELETE FROM email_links WHERE user_id = ?1 AND purpose <> 'remove_factor'"),
        keep_factor(user),
    ]
}
