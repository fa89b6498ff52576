//! All SQL on second factors, recovery codes and challenges. What counts once is used up by a
//! compare-and-set, in the batch of what it authorizes.

use db::purge::PurgeQuery;

use crate::accounts::login_throttle::Place;
use crate::auth::model::AccountRole;
use crate::auth::permissions::{ManageAccount, Permit, SecureAccount};
use crate::auth::user_id;
use crate::ids::UserId;
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

use super::model::{CHALLENGE_MS, Challenge, Factor, MAX_FAILURES};
use super::recovery::RecoveryCode;

/// The prefix of the label that secrets are sealed under; the user's id follows.
pub const SEAL_LABEL: &str = "two-factor:";

/// The second factor of an account, confirmed or not.
pub async fn factor(platform: &Platform, user: &UserId) -> Result<Option<Factor>, DatabaseError> {
    let statement = Statement::new(
        "SELECT sealed_secret, last_step, confirmed_at FROM two_factor WHERE user_id = ?1",
        params![user],
    );
    let read = |row: &Row| {
        Ok(Factor {
            sealed_secret: row.blob(0)?.to_vec(),
            last_step: row.optional_integer(1)?,
            is_confirmed: row.optional_integer(2)?.is_some(),
        })
    };
    platform.first(statement, read).await
}

/// Stores a new secret, replacing an unconfirmed one; stale when one is confirmed.
pub fn begin(
    permit: &Permit<'_, SecureAccount>,
    sealed_secret: Vec<u8>,
    now: i64,
) -> Vec<Statement> {
    Statement::checked(
        "INSERT INTO two_factor (user_id, sealed_secret, created_at) VALUES (?1, ?2, ?3) \
         ON CONFLICT DO UPDATE SET sealed_secret = excluded.sealed_secret, \
         created_at = excluded.created_at WHERE confirmed_at IS NULL",
        params![permit.user_id(), sealed_secret, now],
    )
}

/// Confirms the factor; stale when it is confirmed already, or has another secret.
pub fn confirm(
    permit: &Permit<'_, SecureAccount>,
    factor: &Factor,
    step: i64,
    now: i64,
) -> Vec<Statement> {
    Statement::checked(
        "UPDATE two_factor SET confirmed_at = ?4, last_step = ?3 \
         WHERE user_id = ?1 AND sealed_secret = ?2 AND confirmed_at IS NULL",
        params![permit.user_id(), factor.sealed_secret.clone(), step, now],
    )
}

/// Removes the factor with all that belongs to it.
pub fn disable(permit: &Permit<'_, ManageAccount>) -> Vec<Statement> {
    let of_user = |sql: &'static str| Statement::new(sql, params![permit.user_id()]);
    vec![
        of_user("DELETE FROM two_factor WHERE user_id = ?1"),
        of_user("DELETE FROM recovery_codes WHERE user_id = ?1"),
        of_user("DELETE FROM challenges WHERE user_id = ?1"),
    ]
}

/// Replaces all recovery codes.
pub fn replace_recovery_codes(
    permit: &Permit<'_, SecureAccount>,
    codes: &[RecoveryCode],
) -> Vec<Statement> {
    let user = permit.user_id().as_str();
    let delete = Statement::new(
        "DELETE FROM recovery_codes WHERE user_id = ?1",
        params![user],
    );
    let insert = |code: &RecoveryCode| {
        Statement::new(
            "INSERT INTO recovery_codes (user_id, hash) VALUES (?1, ?2)",
            params![user, code.hash().to_vec()],
        )
    };
    std::iter::once(delete)
        .chain(codes.iter().map(insert))
        .collect()
}

/// Uses up a step and all before it; stale when it is used already, or the factor is gone.
pub fn use_step(user: &UserId, step: i64) -> Vec<Statement> {
    Statement::checked(
        "UPDATE two_factor SET last_step = ?2 WHERE user_id = ?1 AND confirmed_at IS NOT NULL \
         AND (last_step IS NULL OR last_step < ?2)",
        params![user, step],
    )
}

/// Uses up a recovery code; stale when it is used already.
pub fn use_recovery_code(user: &UserId, hash: &[u8; 32]) -> Vec<Statement> {
    Statement::checked(
        "DELETE FROM recovery_codes WHERE user_id = ?1 AND hash = ?2",
        params![user, hash.to_vec()],
    )
}

/// Whether the account has an unused recovery code with this hash.
pub async fn has_recovery_code(
    platform: &Platform,
    user: &UserId,
    hash: &[u8; 32],
) -> Result<bool, DatabaseError> {
    let statement = Statement::new(
        "SELECT 1 FROM recovery_codes WHERE user_id = ?1 AND hash = ?2",
        params![user, hash.to_vec()],
    );
    Ok(!platform.database.query(statement).await?.is_empty())
}

/// Stores a challenge for the password with this hash; stale when the account has another one.
pub fn insert_challenge(
    challenge: &Challenge,
    user: &UserId,
    password_hash: &str,
    place: &Place,
    now: i64,
) -> Vec<Statement> {
    Statement::checked(
        "INSERT INTO challenges (hash, user_id, password_changed_at, place, created_at, expires_at) \
         SELECT ?1, id, password_changed_at, ?4, ?5, ?6 FROM users \
         WHERE id = ?2 AND password_hash = ?3",
        params![
            challenge.hash().to_vec(),
            user,
            password_hash,
            place.as_bytes().to_vec(),
            now,
            now + CHALLENGE_MS,
        ],
    )
}

/// The account of a challenge, with what checking a code needs.
pub struct Challenged {
    /// The account.
    pub user_id: UserId,
    /// What it is.
    pub role: AccountRole,
    /// Its address, for comparing.
    pub email_key: String,
    /// The PHC string of its password, for which the challenge was made.
    pub password_hash: String,
    /// Whether too many wrong attempts have disabled the password.
    pub is_password_disabled: bool,
    /// Its second factor.
    pub factor: Factor,
    /// Where its codes are counted.
    pub place: Place,
}

/// The account of a challenge that is neither expired nor used up, and still has its password and factor.
pub async fn challenged(
    platform: &Platform,
    challenge: &Challenge,
    now: i64,
) -> Result<Option<Challenged>, DatabaseError> {
    let statement = Statement::new(
        "SELECT u.id, u.role, u.email_key, u.password_hash, u.password_disabled_at, \
         t.sealed_secret, t.last_step, c.place FROM challenges c \
         JOIN users u ON u.id = c.user_id \
         JOIN two_factor t ON t.user_id = u.id AND t.confirmed_at IS NOT NULL \
         WHERE c.hash = ?1 AND c.expires_at > ?2 AND c.failures < ?3 AND u.disabled_at IS NULL \
         AND u.password_changed_at = c.password_changed_at",
        params![challenge.hash().to_vec(), now, MAX_FAILURES],
    );
    let read = |row: &Row| {
        Ok(Challenged {
            user_id: user_id(row, 0)?,
            role: AccountRole::stored(row.text(1)?),
            email_key: row.text(2)?.to_owned(),
            password_hash: row.text(3)?.to_owned(),
            is_password_disabled: row.optional_integer(4)?.is_some(),
            factor: Factor {
                sealed_secret: row.blob(5)?.to_vec(),
                last_step: row.optional_integer(6)?,
                is_confirmed: true,
            },
            place: Place::from_bytes(row.blob(7)?),
        })
    };
    platform.first(statement, read).await
}

/// Counts an attempt at a challenge before it is checked; stale when there were [`MAX_FAILURES`].
pub fn count_challenge(challenge: &Challenge) -> Vec<Statement> {
    Statement::checked(
        "UPDATE challenges SET failures = failures + 1 WHERE hash = ?1 AND failures < ?2",
        params![challenge.hash().to_vec(), MAX_FAILURES],
    )
}

/// Uses up a challenge; stale when it is used, or its account was disabled or has another password.
pub fn end_challenge(challenge: &Challenge) -> Vec<Statement> {
    Statement::checked(
        "DELETE FROM challenges WHERE hash = ?1 AND EXISTS (SELECT 1 FROM users u \
         WHERE u.id = user_id AND u.disabled_at IS NULL \
         AND u.password_changed_at = challenges.password_changed_at)",
        params![challenge.hash().to_vec()],
    )
}

/// Expired challenges.
pub fn expired(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM challenges",
        key: "hash",
        among: "FROM challenges WHERE expires_at <= ?1",
        params: params![now],
    }
}
