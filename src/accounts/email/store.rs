//! All SQL on who has an address.
//! Promises that an address that was proved is taken from nobody.
//! Leaves when to run the statements to the handlers.

use crate::accounts::account::model::{NOWHERE, Registration};
use crate::accounts::links::{Found, Purpose, Token};
use crate::accounts::sessions::store::end_all;
use crate::auth::user_id;
use crate::ids::UserId;
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

/// Links to one address, or of one account, that work at a time: so that asking again and again
/// makes no more rows.
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

/// Keeps a link by which an account proves an address, unless it has enough of them.
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

/// Keeps a link that makes an account and proves its address, unless that address has enough of them.
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

/// Takes an address from an account that has not proved it; stale when it has, or has another one
/// now. It keeps what is its own, and logs in with an address that stands in for it.
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

/// Makes the account of a link, its address proved.
pub fn insert_proved(link: &Found, now: i64) -> Vec<Statement> {
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

/// The account has proved the address that it has; stale when it has another one now, or is disabled.
pub fn prove(user: &UserId, email_key: &str, now: i64) -> Vec<Statement> {
    Statement::checked(
        "UPDATE users SET email_verified_at = coalesce(email_verified_at, ?3), \
         version = version + 1, updated_at = ?3 \
         WHERE id = ?1 AND email_key = ?2 AND disabled_at IS NULL",
        params![user, email_key, now],
    )
}

/// Gives the account the address that it has waited for, proved; stale when it waits for another one,
/// or is disabled. Nobody's removal of its second factor goes on: it was asked for by whoever reads
/// the old address.
pub fn move_to(user: &UserId, link: &Found, now: i64) -> Vec<Statement> {
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

/// Deletes the other links that would prove this address, once it is proved.
pub fn end_address_links(email_key: &str) -> Statement {
    Statement::new(
        "DELETE FROM email_links WHERE email_key = ?1 AND purpose IN ('verify', 'register')",
        params![email_key],
    )
}

/// Puts an old address back, under a password that nobody knows: it has to be chosen anew.
pub fn put_back(user: &UserId, link: &Found, unknown: String, now: i64) -> Vec<Statement> {
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
        // The factor's own link is good for the address that is back.
        of_user("DELETE FROM email_links WHERE user_id = ?1 AND purpose <> 'remove_factor'"),
        keep_factor(user),
    ]
}
