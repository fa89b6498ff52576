//! All SQL on sessions. A session is renewed only from the state that was read.

use db::purge::PurgeQuery;

use crate::auth::model::AccountRole;
use crate::auth::permissions::{ManageAccount, Permission, Permit, SecureAccount};
use crate::auth::refresh_token::{Chain, RefreshToken};
use crate::auth::user_id;
use crate::http::pagination::Page;
use crate::ids::{SessionId, UserId};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

use super::model::{Login, Record, Session};

/// The number of live sessions of the user `?1` at `?2`.
pub(crate) const COUNT_LIVE: &str = "(SELECT count(*) FROM sessions WHERE user_id = ?1 \
     AND ended_at IS NULL AND refresh_expires_at > ?2)";

/// Opens a session; stale when the account was disabled, its password changed, or it lacks a second factor.
pub fn insert(login: &Login<'_>, token: &RefreshToken, password_hash: &str) -> Vec<Statement> {
    Statement::checked(
        "INSERT INTO sessions (id, user_id, family_hash, refresh_hash, authenticated_at, amr, \
         created_at, refreshed_at, user_agent, refresh_expires_at, expires_at) \
         SELECT ?1, id, ?3, ?4, ?5, ?6, ?5, ?5, ?7, ?8, ?9 FROM users \
         WHERE id = ?2 AND password_hash = ?10 AND disabled_at IS NULL \
         AND (?6 <> 'pwd' OR NOT EXISTS (SELECT 1 FROM two_factor \
         WHERE user_id = ?2 AND confirmed_at IS NOT NULL))",
        params![
            &token.session,
            &login.user_id,
            token.family_hash().to_vec(),
            token.hash().to_vec(),
            login.now,
            login.amr,
            login.user_agent.map(str::to_owned),
            login.refresh_expires_at,
            login.expires_at,
            password_hash,
        ],
    )
}

/// A session to renew.
pub struct Renewable {
    pub user_id: UserId,
    pub role: AccountRole,
    pub chain: Chain,
    /// How often it was renewed.
    pub counter: i64,
    /// Whether it has not ended or expired, and the account has the same password and is not disabled.
    pub is_live: bool,
    /// Its absolute end.
    pub expires_at: i64,
    pub amr: String,
    pub authenticated_at: i64,
}

pub async fn renewable(
    platform: &Platform,
    id: &SessionId,
    now: i64,
) -> Result<Option<Renewable>, DatabaseError> {
    let statement = Statement::new(
        "SELECT s.user_id, u.role, s.family_hash, s.refresh_hash, s.previous_hash, s.successor, \
         s.refreshed_at, s.counter, s.expires_at, s.amr, s.authenticated_at, \
         s.ended_at IS NULL AND s.refresh_expires_at > ?2 AND s.expires_at > ?2 \
         AND u.disabled_at IS NULL AND s.authenticated_at >= u.password_changed_at \
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?1",
        params![id, now],
    );
    let read = |row: &Row| {
        Ok(Renewable {
            user_id: user_id(row, 0)?,
            role: AccountRole::stored(row.text(1)?),
            chain: Chain {
                family_hash: row.blob(2)?.to_vec(),
                refresh_hash: row.blob(3)?.to_vec(),
                previous_hash: row.optional_blob(4)?.map(<[u8]>::to_vec),
                successor: row.optional_blob(5)?.map(<[u8]>::to_vec),
                refreshed_at: row.integer(6)?,
            },
            counter: row.integer(7)?,
            expires_at: row.integer(8)?,
            amr: row.text(9)?.to_owned(),
            authenticated_at: row.integer(10)?,
            is_live: row.integer(11)? == 1,
        })
    };
    platform.first(statement, read).await
}

/// Replaces `token` by `next`; stale when that was done meanwhile, or the session has ended.
pub fn renew(
    token: &RefreshToken,
    next: &RefreshToken,
    counter: i64,
    now: i64,
    refresh_expires_at: i64,
) -> Vec<Statement> {
    Statement::checked(
        "UPDATE sessions SET previous_hash = refresh_hash, refresh_hash = ?3, successor = ?4, \
         counter = counter + 1, refreshed_at = ?5, refresh_expires_at = ?6 \
         WHERE id = ?1 AND counter = ?2 AND ended_at IS NULL AND EXISTS (SELECT 1 FROM users u \
         WHERE u.id = user_id AND u.disabled_at IS NULL \
         AND authenticated_at >= u.password_changed_at)",
        params![
            &token.session,
            counter,
            next.hash().to_vec(),
            token.cover(next).to_vec(),
            now,
            refresh_expires_at,
        ],
    )
}

/// Ends a session of this user; stale when there is none such, or it has ended.
pub fn end(id: &SessionId, user: &UserId, now: i64) -> Vec<Statement> {
    Statement::checked(
        "UPDATE sessions SET ended_at = ?3 WHERE id = ?1 AND user_id = ?2 AND ended_at IS NULL",
        params![id, user, now],
    )
}

/// Ends all other sessions of the caller.
pub fn end_others<P: Permission>(permit: &Permit<'_, P>, now: i64) -> Statement {
    let current = permit.caller().session_id().map_or("", SessionId::as_str);
    Statement::new(
        "UPDATE sessions SET ended_at = ?3 WHERE user_id = ?1 AND id <> ?2 AND ended_at IS NULL",
        params![permit.user_id(), current, now],
    )
}

/// Notes that the caller's password was given, or changed, in the present session.
pub fn authenticated(permit: &Permit<'_, ManageAccount>, now: i64) -> Statement {
    let current = permit.caller().session_id().map_or("", SessionId::as_str);
    Statement::new(
        "UPDATE sessions SET authenticated_at = ?2 WHERE id = ?1",
        params![current, now],
    )
}

/// Notes a new proof, by `amr`, in the caller's session; stale when the password has changed, a second
/// factor needs more than `amr`, or the session has ended.
pub fn proved_again(
    permit: &Permit<'_, ManageAccount>,
    password_hash: &str,
    amr: &str,
    now: i64,
) -> Vec<Statement> {
    let current = permit.caller().session_id().map_or("", SessionId::as_str);
    Statement::checked(
        "UPDATE sessions SET authenticated_at = ?4, amr = ?5 WHERE id = ?1 AND user_id = ?2 \
         AND ended_at IS NULL AND expires_at > ?4 AND EXISTS (SELECT 1 FROM users u \
         WHERE u.id = ?2 AND u.password_hash = ?3 AND u.disabled_at IS NULL \
         AND u.password_changed_at <= sessions.authenticated_at) \
         AND (?5 <> 'pwd' OR NOT EXISTS (SELECT 1 FROM two_factor \
         WHERE user_id = ?2 AND confirmed_at IS NOT NULL))",
        params![current, permit.user_id(), password_hash, now, amr],
    )
}

/// Ends all sessions of an account.
pub fn end_all(user: &UserId, now: i64) -> Statement {
    Statement::new(
        "UPDATE sessions SET ended_at = ?2 WHERE user_id = ?1 AND ended_at IS NULL",
        params![user, now],
    )
}

/// Ends all live sessions of the caller, and its challenges.
pub fn end_live(permit: &Permit<'_, SecureAccount>, now: i64) -> [Statement; 2] {
    let user = permit.user_id().as_str();
    [
        Statement::new(
            "UPDATE sessions SET ended_at = ?2 WHERE user_id = ?1 AND ended_at IS NULL \
             AND refresh_expires_at > ?2",
            params![user, now],
        ),
        Statement::new("DELETE FROM challenges WHERE user_id = ?1", params![user]),
    ]
}

/// Sessions whose absolute end has passed.
pub fn expired(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM sessions",
        key: "id",
        among: "FROM sessions WHERE expires_at < ?1",
        params: params![now],
    }
}

/// A page of a user's live sessions, latest first.
pub async fn list(
    platform: &Platform,
    user: &UserId,
    page: &Page,
    now: i64,
) -> Result<Vec<Session>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id, created_at, refreshed_at, refresh_expires_at, amr, user_agent FROM sessions \
         WHERE user_id = ?1 AND id < ?2 AND ended_at IS NULL AND refresh_expires_at > ?3 \
         ORDER BY id DESC LIMIT ?4",
        params![user, page.before(), now, page.limit + 1,],
    );
    platform.all(statement, read).await
}

fn read(row: &Row) -> Result<Session, DatabaseError> {
    Ok(Session {
        id: SessionId::parse(row.text(0)?)
            .ok_or_else(|| DatabaseError::Other("a session id is not a TypeID".to_owned()))?,
        created_at: row.integer(1)?,
        refreshed_at: row.integer(2)?,
        refresh_expires_at: row.integer(3)?,
        amr: row.text(4)?.to_owned(),
        user_agent: row.optional_text(5)?.map(str::to_owned),
    })
}

/// The sessions of a user after the id `after`, ended ones too.
pub async fn records(
    platform: &Platform,
    user: &UserId,
    after: &str,
    limit: i64,
) -> Result<Vec<Record>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id, created_at, refreshed_at, refresh_expires_at, amr, user_agent, \
         authenticated_at, expires_at, ended_at FROM sessions \
         WHERE user_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        params![user, after, limit],
    );
    let read = |row: &Row| {
        Ok(Record {
            session: read(row)?,
            authenticated_at: row.integer(6)?,
            expires_at: row.integer(7)?,
            ended_at: row.optional_integer(8)?,
        })
    };
    platform.all(statement, read).await
}
