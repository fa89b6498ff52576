//! Checks the caller's standing again in the batch of a write.
//! A batch that begins with [`of`] writes nothing if by then the credential has ended, the account is
//! deleted or disabled, the role was revoked or the authentication is too old. Team roles are checked by
//! `membership::store::still_is`.

use platform::{Ended, Statement};

use super::model::{AccountRole, Caller, Via};
use super::permissions::{PROOF_SECONDS, Rule};

/// For the session `?1` of the account `?2`.
const OF_SESSION: &str = "SELECT u.role FROM sessions s JOIN users u ON u.id = s.user_id \
     WHERE s.id = ?1 AND s.user_id = ?2 AND s.ended_at IS NULL AND s.expires_at > ?3 \
     AND u.disabled_at IS NULL AND s.authenticated_at >= u.password_changed_at";
/// For the API key `?1` of the account `?2`.
const OF_API_KEY: &str = "SELECT u.role FROM api_keys k JOIN users u ON u.id = k.user_id \
     WHERE k.id = ?1 AND k.user_id = ?2 AND k.expires_at > ?3 AND u.disabled_at IS NULL";

/// Fails its batch unless `caller` still passes `rule`. Scopes are not checked again: those of a
/// session follow from its role, those of an API key never change.
pub fn of(caller: &Caller, rule: &Rule, now_ms: i64) -> Statement {
    let (id, select) = match &caller.via {
        Via::Session(id) => (id.as_str(), OF_SESSION),
        Via::ApiKey(id) => (id.as_str(), OF_API_KEY),
    };
    let needs_administrator = rule.role == AccountRole::Administrator;
    let proved_since = if rule.needs_proof {
        now_ms - PROOF_SECONDS * 1000
    } else {
        0
    };
    Statement::new(
        [
            "SELECT CASE WHEN role IS NULL THEN ",
            Ended::Credential.sql(),
            " WHEN ?4 AND role <> 'administrator' THEN ",
            Ended::Role.sql(),
            // An API key has no such row and needs no recent authentication.
            " WHEN (SELECT authenticated_at FROM sessions WHERE id = ?1) < ?5 THEN ",
            Ended::Proof.sql(),
            " ELSE 1 END FROM (SELECT (",
            select,
            ") AS role)",
        ]
        .concat(),
        vec![
            id.into(),
            caller.user_id.as_str().into(),
            now_ms.into(),
            i64::from(needs_administrator).into(),
            proved_since.into(),
        ],
    )
}

/// SQL condition: the account `$user` exists and is enabled.
#[macro_export]
macro_rules! account_stands {
    ($user:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM users u WHERE u.id = ",
            $user,
            " AND u.disabled_at IS NULL)"
        )
    };
}

/// SQL condition: the account `$user` exists.
#[macro_export]
macro_rules! account_exists {
    ($user:literal) => {
        concat!("EXISTS (SELECT 1 FROM users u WHERE u.id = ", $user, ")")
    };
}

/// SQL condition, true at `$now` while the API key `$key`, if there is one, has not ended, and `$more`
/// of it, a row `k`, holds.
#[macro_export]
macro_rules! key_stands {
    ($key:literal, $now:literal, $more:expr) => {
        concat!(
            "(",
            $key,
            " IS NULL OR EXISTS (SELECT 1 FROM api_keys k WHERE k.id = ",
            $key,
            " AND k.expires_at > ",
            $now,
            $more,
            "))"
        )
    };
}

/// SQL condition, true at `$now` while the creator of something is in good standing: the account
/// `$user`, and the API key `$key` that was used, if any.
#[macro_export]
macro_rules! maker_stands {
    ($user:literal, $key:literal, $now:literal) => {
        concat!(
            "(",
            $crate::standing::account_stands!($user),
            " AND ",
            $crate::standing::key_stands!($key, $now, ""),
            ")"
        )
    };
}

/// SQL condition, true at `$now` while the session `$id` still has the refresh token with this hash, issued
/// at most `$age` ago and for the password in force.
#[macro_export]
macro_rules! refresh_token_stands {
    ($id:literal, $hash:literal, $now:literal, $age:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ",
            $id,
            " AND s.refresh_hash = ",
            $hash,
            " AND s.ended_at IS NULL AND s.refresh_expires_at > ",
            $now,
            " AND s.expires_at > ",
            $now,
            " AND u.disabled_at IS NULL AND s.created_at >= u.password_changed_at AND ",
            $now,
            " - s.refreshed_at BETWEEN 0 AND ",
            $age,
            ")"
        )
    };
}

/// SQL: the row `email` of the address that the account `$user` has proved, if it has proved one.
#[macro_export]
macro_rules! proved_address {
    ($user:literal) => {
        concat!(
            "(SELECT email FROM users WHERE id = ",
            $user,
            " AND email_verified_at IS NOT NULL)"
        )
    };
}

/// SQL: the ids of the API keys that have expired at `$now`.
#[macro_export]
macro_rules! expired_keys {
    ($now:literal) => {
        concat!("(SELECT id FROM api_keys WHERE expires_at <= ", $now, ")")
    };
}

/// SQL condition: the API key `$key` exists.
#[macro_export]
macro_rules! key_exists {
    ($key:literal) => {
        concat!("EXISTS (SELECT 1 FROM api_keys k WHERE k.id = ", $key, ")")
    };
}

pub use {
    account_exists, account_stands, expired_keys, key_exists, key_stands, maker_stands,
    proved_address, refresh_token_stands,
};
