//! All SQL of password reset. A link is bound to the address and the password that it was made under.

use crate::accounts::links::{FoundLink, Purpose, Token};
use crate::accounts::sessions::store::end_all;
use crate::auth::user_id;
use crate::ids::UserId;
use crate::platform::{DatabaseError, Platform, Statement, params};

/// Valid links of one account at a time.
const MAX_LINKS: i64 = 3;

/// The account that has proved this address, unless it is disabled.
pub async fn resettable(
    platform: &Platform,
    email_key: &str,
) -> Result<Option<UserId>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id FROM users WHERE email_key = ?1 AND email_verified_at IS NOT NULL \
         AND disabled_at IS NULL",
        params![email_key],
    );
    let rows = platform.database.query(statement).await?;
    rows.first().map(|row| user_id(row, 0)).transpose()
}

/// Stores a link; stale when the account has enough of them, or is no longer [`resettable`].
pub fn insert(token: &Token, user: &UserId, email_key: &str, now: i64) -> Vec<Statement> {
    Statement::checked(
        "INSERT INTO email_links (hash, purpose, user_id, email, email_key, created_at, expires_at) \
         SELECT ?1, 'reset', id, email, email_key, ?4, ?5 FROM users \
         WHERE id = ?2 AND email_key = ?3 AND email_verified_at IS NOT NULL AND disabled_at IS NULL \
         AND (SELECT count(*) FROM email_links WHERE user_id = ?2 AND purpose = 'reset' \
         AND expires_at > ?4) < ?6",
        params![
            token.hash().to_vec(),
            user,
            email_key,
            now,
            now + Purpose::Reset.life_ms(),
            MAX_LINKS,
        ],
    )
}

/// Sets a new password and ends sessions, with `revokes_keys` API keys too; stale when the account's
/// address or password has changed, or it is disabled.
pub fn set_password(
    user: &UserId,
    link: &FoundLink,
    password_hash: String,
    revokes_keys: bool,
    now: i64,
) -> Vec<Statement> {
    let update = Statement::new(
        "UPDATE users SET password_hash = ?4, password_changed_at = ?5, password_disabled_at = NULL \
         WHERE id = ?1 AND email_key = ?2 AND email_verified_at IS NOT NULL \
         AND password_changed_at <= ?3 AND disabled_at IS NULL",
        params![user, &link.email_key, link.created_at, password_hash, now],
    );
    let mut writes = vec![update, Statement::must_change(), end_all(user, now)];
    if revokes_keys {
        writes.push(Statement::new(
            "DELETE FROM api_keys WHERE user_id = ?1",
            params![user],
        ));
    }
    writes
}
