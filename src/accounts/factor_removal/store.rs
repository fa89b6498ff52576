//! All SQL on the removal of second factors. A link works only for the factor that it was sent for.

use crate::accounts::links::FoundLink;
use crate::accounts::sessions::store::end_all;
use crate::auth::permissions::{ManageAccount, Permit};
use crate::auth::user_id;
use crate::ids::{SessionId, UserId};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

/// The removal time of a link's factor: `None` without such a factor, else the time, if requested.
pub async fn removal(
    platform: &Platform,
    user: &UserId,
    link: &FoundLink,
) -> Result<Option<Option<i64>>, DatabaseError> {
    let statement = Statement::new(
        "SELECT t.removal_at FROM two_factor t JOIN users u ON u.id = t.user_id \
         WHERE t.user_id = ?1 AND t.confirmed_at = ?2 AND u.email_key = ?3 \
         AND u.email_verified_at IS NOT NULL",
        params![user, link.created_at, &link.email_key],
    );
    let read = |row: &Row| row.optional_integer(0);
    platform.first(statement, read).await
}

/// Schedules the removal of a link's factor at `removal_at`; stale when the factor is gone, the
/// account has another address or is disabled, or the removal was requested already.
pub fn begin(user: &UserId, link: &FoundLink, removal_at: i64) -> Vec<Statement> {
    Statement::checked(
        "UPDATE two_factor SET removal_at = ?4 WHERE user_id = ?1 AND confirmed_at = ?2 \
         AND removal_at IS NULL AND EXISTS (SELECT 1 FROM users WHERE id = ?1 AND email_key = ?3 \
         AND email_verified_at IS NOT NULL AND disabled_at IS NULL)",
        params![user, link.created_at, &link.email_key, removal_at],
    )
}

/// Cancels the removal; stale when none was requested, or the session was opened without the factor.
pub fn stop(permit: &Permit<'_, ManageAccount>) -> Vec<Statement> {
    let session = permit.caller().session_id().map_or("", SessionId::as_str);
    Statement::checked(
        "UPDATE two_factor SET removal_at = NULL WHERE user_id = ?1 AND removal_at IS NOT NULL \
         AND EXISTS (SELECT 1 FROM sessions WHERE id = ?2 AND user_id = ?1 \
         AND ' ' || amr || ' ' LIKE '% otp %')",
        params![permit.user_id(), session],
    )
}

/// Removes the factor with all that belongs to it, and ends all sessions; stale when it is not due.
pub fn remove(user: &UserId, now: i64) -> Vec<Statement> {
    let of_user = |sql: &'static str| Statement::new(sql, params![user]);
    vec![
        Statement::new(
            "DELETE FROM two_factor WHERE user_id = ?1 AND removal_at <= ?2",
            params![user, now],
        ),
        Statement::must_change(),
        of_user("DELETE FROM recovery_codes WHERE user_id = ?1"),
        of_user("DELETE FROM challenges WHERE user_id = ?1"),
        of_user("DELETE FROM email_links WHERE user_id = ?1 AND purpose = 'remove_factor'"),
        end_all(user, now),
    ]
}

/// Some accounts whose factor is due for removal.
pub async fn due(platform: &Platform, now: i64) -> Result<Vec<UserId>, DatabaseError> {
    let statement = Statement::new(
        "SELECT user_id FROM two_factor WHERE removal_at <= ?1 ORDER BY removal_at LIMIT 20",
        params![now],
    );
    platform.all(statement, |row| user_id(row, 0)).await
}
