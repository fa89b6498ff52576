//! All SQL on bans. Nobody is both banned and a member. `invitations::store` enforces bans.

use crate::auth::permissions::{ManageAccount, Permit};
use crate::auth::standing::account_exists;
use crate::http::pagination::Page;
use crate::ids::{TeamId, UserId};
use crate::membership::permissions::{BanMembers, TeamPermission as _, TeamPermit};
use crate::membership::store::{is_member, still_is};
use crate::paging::{Listed, Order, page, sql_time};
use crate::platform::{DatabaseError, Platform, Statement, params};

/// Bans of a team.
pub const MAX_BANS: i64 = 1_000;

/// Bans `user`; stale for a member, by a leader no more, without such an account, or with too many bans.
pub fn ban(
    permit: &TeamPermit<BanMembers>,
    user: &UserId,
    display_name: Option<&str>,
    now: i64,
) -> Vec<Statement> {
    Statement::checked(
        concat!(
            "INSERT INTO team_bans (team_id, user_id, display_name, banned_at) \
             SELECT ?1, ?2, ?3, ?4 WHERE ",
            account_exists!("?2"),
            " AND NOT ",
            is_member!("?1", "?2"),
            " AND (SELECT count(*) FROM team_bans WHERE team_id = ?1 AND user_id <> ?2) < ?7 AND ",
            still_is!("?1", "?5", "?6"),
            " ON CONFLICT (team_id, user_id) DO UPDATE SET banned_at = excluded.banned_at, \
             display_name = coalesce(excluded.display_name, display_name)"
        ),
        params![
            permit.team(),
            user,
            display_name,
            now,
            permit.user(),
            BanMembers::RULE.roles(),
            MAX_BANS,
        ],
    )
}

/// Whether the team has reached its limit of bans.
pub async fn is_full(platform: &Platform, team: &TeamId) -> Result<bool, DatabaseError> {
    let statement = Statement::new(
        "SELECT count(*) FROM team_bans WHERE team_id = ?1",
        params![team],
    );
    let rows = platform.database.query(statement).await?;
    let count = rows.first().map(|row| row.integer(0)).transpose()?;
    Ok(count.unwrap_or_default() >= MAX_BANS)
}

/// Lifts a ban; stale when there is none, or the caller no longer leads the team.
pub fn lift(permit: &TeamPermit<BanMembers>, user: &UserId) -> Vec<Statement> {
    Statement::checked(
        concat!(
            "DELETE FROM team_bans WHERE team_id = ?1 AND user_id = ?2 AND ",
            still_is!("?1", "?3", "?4")
        ),
        params![permit.team(), user, permit.user(), BanMembers::RULE.roles()],
    )
}

/// A page of a team's bans, by the ids of those who are kept out.
pub async fn bans(
    platform: &Platform,
    permit: &TeamPermit<BanMembers>,
    after: &Page,
) -> Result<Listed, DatabaseError> {
    let select = concat!(
        "SELECT user_id AS id, json_object('user_id', user_id, 'display_name', display_name, \
         'banned_at', ",
        sql_time!("banned_at"),
        ") AS document FROM team_bans WHERE team_id = ?1 AND user_id > ?2"
    );
    let params = params![permit.team(), after.after.as_deref().unwrap_or("")];
    page(platform, select, params, Order::Ascending, after).await
}

/// For an export: the teams that ban the user `?1`, after the id `?2`.
pub const OF_USER: (&str, Order) = (
    concat!(
        "SELECT team_id AS id, json_object('team_id', team_id, 'display_name', display_name, \
         'banned_at', ",
        sql_time!("banned_at"),
        ") AS document FROM team_bans WHERE user_id = ?1 AND team_id > ?2"
    ),
    Order::Ascending,
);

/// Deletes the bans of the caller, and their exclusions from invitations.
pub fn forget(permit: &Permit<'_, ManageAccount>) -> [Statement; 2] {
    [
        "DELETE FROM team_bans WHERE user_id = ?1",
        "DELETE FROM team_invitation_exclusions WHERE user_id = ?1",
    ]
    .map(|sql| Statement::new(sql, params![permit.user_id()]))
}
