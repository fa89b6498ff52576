//! All SQL on what leaders oversee. A write requires that its caller is still a leader, and nobody is
//! both banned and a member. `invitations::store` enforces bans.

use crate::auth::permissions::{ManageAccount, Permit};
use crate::http::pagination::Page;
use crate::ids::{ShareLinkId, TeamId, UserId, WebhookId};
use crate::membership::permissions::{
    BanMembers, EditCompositions, OverseeSharing, Permission as _, TeamPermit,
};
use crate::membership::store::still_is;
use crate::paging::{Listed, Order, page, sql_time};
use crate::platform::{DatabaseError, Platform, Row, Statement};
use crate::squads::share_links::store::{ShareLink, link_shows};

use super::model::{Maker, TeamLink, TeamWebhook};

/// Bans of a team.
pub const MAX_BANS: i64 = 1_000;
/// Greater than every id, for a first page.
const PAST_ALL_IDS: &str = "~";

/// Keeps `user` out of the team; stale when they are in it, the caller leads it no more, there is no such
/// account, or there are too many bans.
pub fn ban(
    permit: &TeamPermit<BanMembers>,
    user: &UserId,
    display_name: Option<&str>,
    now: i64,
) -> [Statement; 2] {
    let insert = Statement::new(
        concat!(
            "INSERT INTO team_bans (team_id, user_id, display_name, banned_at) \
             SELECT ?1, id, ?3, ?4 FROM users WHERE id = ?2 AND NOT EXISTS (SELECT 1 \
             FROM team_members WHERE team_id = ?1 AND user_id = ?2) \
             AND (SELECT count(*) FROM team_bans WHERE team_id = ?1 AND user_id <> ?2) < ?7 AND ",
            still_is!("?1", "?5", "?6"),
            " ON CONFLICT (team_id, user_id) DO UPDATE SET banned_at = excluded.banned_at, \
             display_name = coalesce(excluded.display_name, display_name)"
        ),
        vec![
            permit.team().as_str().into(),
            user.as_str().into(),
            display_name.into(),
            now.into(),
            permit.user().as_str().into(),
            BanMembers::RULE.roles().into(),
            MAX_BANS.into(),
        ],
    );
    [insert, Statement::must_change()]
}

/// Whether the team has reached its limit of bans.
pub async fn is_full(platform: &Platform, team: &TeamId) -> Result<bool, DatabaseError> {
    let statement = Statement::new(
        "SELECT count(*) FROM team_bans WHERE team_id = ?1",
        vec![team.as_str().into()],
    );
    let rows = platform.database.query(statement).await?;
    let count = rows.first().map(|row| row.integer(0)).transpose()?;
    Ok(count.unwrap_or_default() >= MAX_BANS)
}

/// Lifts a ban; stale when there is none, or the caller no longer leads the team.
pub fn lift(permit: &TeamPermit<BanMembers>, user: &UserId) -> Vec<Statement> {
    let delete = Statement::new(
        concat!(
            "DELETE FROM team_bans WHERE team_id = ?1 AND user_id = ?2 AND ",
            still_is!("?1", "?3", "?4")
        ),
        vec![
            permit.team().as_str().into(),
            user.as_str().into(),
            permit.user().as_str().into(),
            BanMembers::RULE.roles().into(),
        ],
    );
    vec![delete, Statement::must_change()]
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
    let params = vec![
        permit.team().as_str().into(),
        after.after.as_deref().unwrap_or("").into(),
    ];
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
    .map(|sql| Statement::new(sql, vec![permit.user_id().as_str().into()]))
}

/// A page of a team's webhooks, one more than it takes, latest first.
pub async fn webhooks(
    platform: &Platform,
    permit: &TeamPermit<OverseeSharing>,
    page: &Page,
) -> Result<Vec<TeamWebhook>, DatabaseError> {
    let statement = Statement::new(
        "SELECT w.id, w.url, w.description, w.event_types, \
         iif(w.disabled_at IS NULL, NULL, coalesce(w.disabled_reason, 'owner')), w.user_id, \
         (SELECT b.display_name FROM team_members b WHERE b.team_id = w.team_id \
         AND b.user_id = w.user_id), w.created_at \
         FROM webhooks w WHERE w.team_id = ?1 AND w.id < ?2 ORDER BY w.id DESC LIMIT ?3",
        vec![
            permit.team().as_str().into(),
            page.after.as_deref().unwrap_or(PAST_ALL_IDS).into(),
            (page.limit + 1).into(),
        ],
    );
    let rows = platform.database.query(statement).await?;
    rows.iter().map(read_webhook).collect()
}

fn read_webhook(row: &Row) -> Result<TeamWebhook, DatabaseError> {
    Ok(TeamWebhook {
        id: row.text(0)?.to_owned(),
        url: row.text(1)?.to_owned(),
        description: row.text(2)?.to_owned(),
        event_types: row.text(3)?.to_owned(),
        disabled_reason: row.optional_text(4)?.map(str::to_owned),
        maker: Maker {
            id: row.text(5)?.to_owned(),
            name: row.optional_text(6)?.map(str::to_owned),
        },
        created_at: row.integer(7)?,
    })
}

/// Deletes a webhook of the team with its secrets, deliveries and their log; stale when there is no
/// such webhook, or the caller no longer leads the team.
pub fn end_webhook(permit: &TeamPermit<OverseeSharing>, id: &WebhookId) -> Vec<Statement> {
    end(
        permit,
        id.as_str(),
        concat!(
            "DELETE FROM webhooks WHERE id = ?1 AND team_id = ?2 AND ",
            still_is!("?2", "?3", "?4")
        ),
    )
}

/// A page of the links to a team's compositions, one more than it takes, latest first.
pub async fn links(
    platform: &Platform,
    permit: &TeamPermit<OverseeSharing>,
    page: &Page,
) -> Result<Vec<TeamLink>, DatabaseError> {
    let statement = Statement::new(
        concat!(
            "SELECT l.id, l.slug, l.created_by, l.created_at, c.id, c.document ->> '$.name', \
             (SELECT b.display_name FROM team_members b WHERE b.team_id = l.team_id \
             AND b.user_id = l.created_by), ",
            link_shows!("?4", "?5"),
            " FROM share_links l CROSS JOIN compositions c ON c.id = l.composition_id \
             WHERE l.team_id = ?1 AND l.id < ?2 ORDER BY l.id DESC LIMIT ?3"
        ),
        vec![
            permit.team().as_str().into(),
            page.after.as_deref().unwrap_or(PAST_ALL_IDS).into(),
            (page.limit + 1).into(),
            EditCompositions::RULE.roles().into(),
            platform.clock.now_ms().into(),
        ],
    );
    let rows = platform.database.query(statement).await?;
    rows.iter().map(read_link).collect()
}

fn read_link(row: &Row) -> Result<TeamLink, DatabaseError> {
    Ok(TeamLink {
        link: ShareLink {
            id: row.text(0)?.to_owned(),
            slug: row.text(1)?.to_owned(),
            created_by: row.text(2)?.to_owned(),
            created_at: row.integer(3)?,
        },
        composition_id: row.text(4)?.to_owned(),
        composition_name: row.text(5)?.to_owned(),
        maker_name: row.optional_text(6)?.map(str::to_owned),
        shows: row.integer(7)? == 1,
    })
}

/// Deletes a link to one of the team's compositions; stale when there is none, or the caller
/// no longer leads the team.
pub fn end_link(permit: &TeamPermit<OverseeSharing>, id: &ShareLinkId) -> Vec<Statement> {
    end(
        permit,
        id.as_str(),
        concat!(
            "DELETE FROM share_links WHERE id = ?1 AND team_id = ?2 AND ",
            still_is!("?2", "?3", "?4")
        ),
    )
}

fn end(permit: &TeamPermit<OverseeSharing>, id: &str, sql: &'static str) -> Vec<Statement> {
    let delete = Statement::new(
        sql,
        vec![
            id.into(),
            permit.team().as_str().into(),
            permit.user().as_str().into(),
            OverseeSharing::RULE.roles().into(),
        ],
    );
    vec![delete, Statement::must_change()]
}
