//! All SQL on invitations. The statement that admits a user also counts the use, so all limits hold under
//! concurrency. `model` says why someone is not admitted.

use db::purge::PurgeQuery;
use serde_json::json;

use crate::auth::permissions::{Permit, SecureAccount};
use crate::auth::standing::maker_stands;
use crate::http::pagination::Page;
use crate::ids::{ApiKeyId, InvitationId, TeamId, UserId};
use crate::membership::model::{Membership, TeamRole};
use crate::membership::permissions::{Invite, TeamPermission as _, TeamPermit};
use crate::membership::store::{broken, still_is};
use crate::paging::{Listed, Order, page, sql_time};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};
use crate::teams::model::{MAX_MEMBERS, MAX_TEAMS};
use crate::teams::store::{member_count, team_document};

use super::code::InvitationCode;
use super::model::{Guest, Invitation, MAX_OPEN, NewInvitation};

/// For each team, the number of invitations that the user `?1` has made and that are open at `?2`.
pub(crate) const COUNT_OPEN: &str = "SELECT 'invitations', i.team_id, count(*) \
     FROM team_members m JOIN team_invitations i ON i.team_id = m.team_id \
     AND i.created_by = m.user_id WHERE m.user_id = ?1 AND i.uses < i.max_uses \
     AND i.expires_at > ?2 GROUP BY i.team_id";

/// SQL: the count of what is removed with the user `?2` when they leave the team `?1`.
pub const COUNT_OF_MEMBER: &str = "SELECT count(*) FROM team_invitations WHERE team_id = ?1 \
     AND created_by = ?2";

/// Leaders and officers still see an invitation that has ended for 30 days.
const KEEP_MS: i64 = 30 * 86_400_000;

/// SQL: the creator of the invitation `m` could make it again at `$now`. `$pairs` is [`pairs`].
macro_rules! is_backed {
    ($pairs:literal, $now:literal) => {
        concat!(
            maker_stands!("m.created_by", "m.api_key_id", $now),
            " AND EXISTS (SELECT 1 FROM team_members b WHERE b.team_id = m.team_id \
             AND b.user_id = m.created_by AND (b.role, m.role) IN \
             (SELECT value ->> 0, value ->> 1 FROM json_each(",
            $pairs,
            ")))"
        )
    };
}
/// SQL: the invitation `m` does not admit the user `?2` in particular.
const REFUSES: &str = "(EXISTS (SELECT 1 FROM team_bans x WHERE x.team_id = m.team_id AND x.user_id = ?2) \
     OR EXISTS (SELECT 1 FROM team_invitation_exclusions x WHERE x.invitation_id = m.id AND x.user_id = ?2))";

/// The pairs of inviting role and given role, as JSON.
fn pairs() -> String {
    let inviters = [TeamRole::Member, TeamRole::Officer, TeamRole::Leader];
    let inviters = inviters
        .into_iter()
        .filter(|role| Invite::RULE.admits(*role));
    let pairs = inviters.flat_map(|role| role.below().iter().map(move |it| [role.as_str(), it]));
    json!(pairs.collect::<Vec<_>>()).to_string()
}

/// Adds an invitation; stale when there are too many open ones, or the creator's role has changed.
pub fn insert(
    permit: &TeamPermit<Invite>,
    invitation: &NewInvitation,
    code: &InvitationCode,
    key: Option<&ApiKeyId>,
) -> Vec<Statement> {
    Statement::checked(
        "INSERT INTO team_invitations (id, team_id, code_hash, role, created_by, max_uses, \
         created_at, expires_at, api_key_id) \
         SELECT ?1, m.team_id, ?4, ?5, m.user_id, ?6, ?7, ?8, ?11 \
         FROM team_members m WHERE m.team_id = ?2 AND m.user_id = ?3 AND m.role = ?9 \
         AND (SELECT count(*) FROM team_invitations i WHERE i.team_id = ?2 \
         AND i.uses < i.max_uses AND i.expires_at > ?7) < ?10",
        params![
            &invitation.id,
            permit.team(),
            permit.user(),
            code.hash(),
            invitation.role.as_str(),
            invitation.max_uses,
            invitation.created_at,
            invitation.expires_at,
            permit.role().as_str(),
            MAX_OPEN,
            key.map(ApiKeyId::as_str),
        ],
    )
}

/// Withdraws an invitation; stale when there is none such, or the caller has lost the permission.
pub fn withdraw(permit: &TeamPermit<Invite>, id: &InvitationId) -> Vec<Statement> {
    Statement::checked(
        concat!(
            "DELETE FROM team_invitations WHERE id = ?1 AND team_id = ?2 AND ",
            still_is!("?2", "?3", "?4")
        ),
        params![id, permit.team(), permit.user(), Invite::RULE.roles()],
    )
}

/// Withdraws all open invitations that the caller has made.
pub fn withdraw_all(permit: &Permit<'_, SecureAccount>, now: i64) -> Statement {
    Statement::new(
        "DELETE FROM team_invitations WHERE id IN (SELECT i.id FROM team_members m \
         JOIN team_invitations i ON i.team_id = m.team_id AND i.created_by = m.user_id \
         WHERE m.user_id = ?1 AND i.uses < i.max_uses AND i.expires_at > ?2)",
        params![permit.user_id(), now],
    )
}

/// Admits `guest` and counts the use; stale when the invitation no longer admits them.
pub fn accept(
    code: &InvitationCode,
    guest: &Membership,
    display_name: &str,
    now: i64,
) -> Vec<Statement> {
    let (hash, user) = (code.hash(), guest.user.as_str());
    vec![
        Statement::new(
            [
                "UPDATE team_invitations AS m SET uses = uses + 1 WHERE code_hash = ?1 \
                 AND team_id = ?3 AND role = ?4 AND uses < max_uses AND expires_at > ?5 \
                 AND NOT EXISTS (SELECT 1 FROM team_members WHERE team_id = ?3 AND user_id = ?2) \
                 AND (SELECT count(*) FROM team_members WHERE team_id = ?3) < ?6 \
                 AND (SELECT count(*) FROM team_members WHERE user_id = ?2) < ?7 AND NOT ",
                REFUSES,
                " AND ",
                is_backed!("?8", "?5"),
            ]
            .concat(),
            params![
                hash,
                user,
                &guest.team,
                guest.role.as_str(),
                now,
                MAX_MEMBERS,
                MAX_TEAMS,
                pairs(),
            ],
        ),
        Statement::must_change(),
        Statement::new(
            "INSERT INTO team_members (team_id, user_id, role, display_name, joined_at) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![&guest.team, user, guest.role.as_str(), display_name, now],
        ),
    ]
}

/// Excludes a member who was removed, or whose role was lowered to `left`, from open invitations to more.
pub fn close_to(member: &Membership, left: Option<TeamRole>, now: i64) -> Statement {
    let kept = left.map(|role| [role.below(), &[role.as_str()]].concat());
    Statement::new(
        "INSERT OR IGNORE INTO team_invitation_exclusions (invitation_id, user_id) SELECT id, ?2 \
         FROM team_invitations WHERE team_id = ?1 AND uses < max_uses AND expires_at > ?3 \
         AND role NOT IN (SELECT value FROM json_each(?4))",
        params![
            &member.team,
            &member.user,
            now,
            json!(kept.unwrap_or_default()).to_string(),
        ],
    )
}

/// Invitations that ended more than [`KEEP_MS`] ago.
pub fn expired(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM team_invitations",
        key: "id",
        among: "FROM team_invitations WHERE expires_at < ?1",
        params: params![now - KEEP_MS],
    }
}

/// The invitation with this code, and `user` as its guest; `None` also when its creator lost their standing.
pub async fn find(
    platform: &Platform,
    code: &InvitationCode,
    user: Option<&UserId>,
) -> Result<Option<(Invitation, Option<Guest>)>, DatabaseError> {
    // `m.role` is the role that the invitation gives: the document needs nothing else of a member.
    let statement = Statement::new(
        [
            concat!(
                "SELECT ",
                team_document!(),
                ", m.id || ' ' || m.team_id || ' ' || m.role || ' ' || (m.max_uses - m.uses) || ' ' \
                 || m.expires_at || ' ' || ",
                member_count!(),
                " || ' ' || EXISTS (SELECT 1 FROM team_members g WHERE g.team_id = t.id \
                 AND g.user_id = ?2) || ' ' || (SELECT count(*) FROM team_members g \
                 WHERE g.user_id = ?2) || ' ' || "
            ),
            REFUSES,
            concat!(
                ", coalesce((SELECT g.display_name FROM team_members g \
                 WHERE g.team_id = m.team_id AND g.user_id = m.created_by), '') \
                 FROM team_invitations m JOIN teams t ON t.id = m.team_id WHERE m.code_hash = ?1 AND ",
                is_backed!("?3", "?4")
            ),
        ]
        .concat(),
        params![code.hash(), user.map_or("", UserId::as_str), pairs(), platform.clock.now_ms()],
    );

    let read = |row: &Row| {
        let broken = || broken("an invitation");
        let team = serde_json::from_str(row.text(0)?).map_err(|_| broken())?;
        let mut rest = row.text(1)?.split(' ');
        let mut next = || rest.next().unwrap_or_default();
        let invitation = next().to_owned();
        let (id, role) = (TeamId::parse(next()), TeamRole::parse(next()));
        let (Some(id), Some(role)) = (id, role) else {
            return Err(broken());
        };
        let mut number = || next().parse::<i64>().map_err(|_| broken());
        let invitation = Invitation {
            id: invitation,
            team,
            role,
            inviter: row.text(2)?.to_owned(),
            uses_left: number()?,
            expires_at: number()?,
            member_count: number()?,
        };
        let (is_member, team_count, is_refused) = (number()? == 1, number()?, number()? == 1);
        let guest = user.map(|user| Guest {
            membership: Membership {
                team: id,
                user: user.clone(),
                role,
            },
            is_member,
            is_refused,
            team_count,
        });
        Ok((invitation, guest))
    };
    platform.first(statement, read).await
}

/// For an export: the invitations that the user `?1` has made, before the id `?2`.
pub const OF_USER: (&str, Order) = (
    concat!(
        "SELECT i.id AS id, json_object('id', i.id, 'team_id', i.team_id, 'role', i.role, 'uses', i.uses, \
     'max_uses', i.max_uses, 'created_at', ",
        sql_time!("i.created_at"),
        ", 'expires_at', ",
        sql_time!("i.expires_at"),
        ") AS document FROM team_members m JOIN team_invitations i ON i.team_id = m.team_id \
     AND i.created_by = m.user_id WHERE m.user_id = ?1 AND i.id < ?2"
    ),
    Order::Descending,
);

/// A page of a team's invitations as they are at `now`, newest first.
pub async fn list(
    platform: &Platform,
    permit: &TeamPermit<Invite>,
    now: i64,
    after: &Page,
) -> Result<Listed, DatabaseError> {
    let select = concat!(
        "SELECT m.id AS id, json_object('id', m.id, 'role', m.role, 'uses', m.uses, \
         'max_uses', m.max_uses, 'state', CASE WHEN m.uses >= m.max_uses THEN 'used_up' \
         WHEN m.expires_at <= ?3 THEN 'expired' WHEN NOT (",
        is_backed!("?4", "?3"),
        ") THEN 'suspended' ELSE 'open' END, 'created_by', m.created_by, \
         'made_by', json_object('id', m.created_by, 'name', (SELECT b.display_name \
         FROM team_members b WHERE b.team_id = m.team_id AND b.user_id = m.created_by)), \
         'created_at', ",
        sql_time!("m.created_at"),
        ", 'expires_at', ",
        sql_time!("m.expires_at"),
        ") AS document FROM team_invitations m WHERE m.team_id = ?1 AND m.id < ?2"
    );
    let params = params![permit.team(), after.before(), now, pairs(),];
    page(platform, select, params, Order::Descending, after).await
}
