//! The SQL of changes by administrators.

use crate::accounts::account::model::Details;
use crate::accounts::account::store::LEAVES_AN_ADMINISTRATOR;
use crate::auth::model::AccountRole;
use crate::auth::permissions::{Permit, WriteAdmin};
use crate::platform::{Statement, params};

use super::model::UserPatch;

/// Changes an account; stale when its version has changed, or no administrator would be left.
pub fn change(
    _permit: &Permit<'_, WriteAdmin>,
    details: &Details,
    change: &UserPatch,
    now: i64,
) -> Vec<Statement> {
    let user = &details.user;
    let role = change.role.unwrap_or(user.role);
    let disabled_at = match change.disabled {
        Some(true) => Some(now),
        Some(false) => None,
        None => details.disabled_at,
    };
    let update = Statement::new(
        format!(
            "UPDATE users SET role = ?3, disabled_at = ?4, \
             password_disabled_at = iif(?5, NULL, password_disabled_at), \
             version = version + 1, updated_at = ?6 WHERE id = ?1 AND version = ?2 \
             AND ((?3 = '{}' AND ?4 IS NULL) OR {LEAVES_AN_ADMINISTRATOR})",
            AccountRole::Administrator.as_str()
        ),
        params![
            &user.id,
            user.version,
            role.as_str(),
            disabled_at,
            i64::from(change.enables_password),
            now,
        ],
    );
    let mut writes = vec![update, Statement::must_change()];
    if change.disabled == Some(true) {
        writes.push(Statement::new(
            "UPDATE sessions SET ended_at = ?2 WHERE user_id = ?1 AND ended_at IS NULL",
            params![&user.id, now],
        ));
    }
    writes
}
