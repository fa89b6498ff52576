//! All SQL on roles in a team and on leaving it. A write is stale unless both members still have the roles
//! that were read and a leader remains.

use serde_json::Value as Json;

use crate::auth::permissions::{GovernTeams, Permit};
use crate::builds;
use crate::http::pagination::Page;
use crate::ids::{TeamId, UserId};
use crate::membership::model::{Membership, TeamRole};
use crate::membership::permissions::{
    ChangeRoles, EditCompositions, ManageWebhooks, TeamPermission as _, TeamPermit, ViewTeam,
};
use crate::membership::store::{as_membership, broken};
use crate::paging::{Listed, Order, page, sql_time};
use crate::platform::{DatabaseError, Platform, Row, Statement, Value, params};
use crate::squads::share_links;
use crate::teams::{invitations, roster};
use crate::webhooks;

use super::model::{Member, RankCheck, RemovalGrant};

/// SQL over a row of `team_members`: the target and the caller still have the roles of [`params`].
const AS_READ: &str = " WHERE team_id = ?1 AND user_id = ?2 AND role = ?3 AND EXISTS (SELECT 1 \
     FROM team_members c WHERE c.team_id = ?1 AND c.user_id = ?4 AND c.role = ?5)";
/// SQL over the same row: without it as it is, the team still has a leader.
const LEAVES_A_LEADER: &str = " AND (role <> 'leader' OR EXISTS (SELECT 1 FROM team_members l \
     WHERE l.team_id = ?1 AND l.role = 'leader' AND l.user_id <> ?2))";

fn params(caller: &Membership, target: &Membership) -> Vec<Value> {
    params![
        &target.team,
        &target.user,
        target.role.as_str(),
        &caller.user,
        caller.role.as_str(),
    ]
}

pub fn change_role(
    _user: &Permit<'_, GovernTeams>,
    permit: &TeamPermit<ChangeRoles>,
    target: &Membership,
    role: TeamRole,
    now: i64,
) -> Vec<Statement> {
    let mut values = params(permit.membership(), target);
    values.push(role.as_str().into());
    let update = Statement::new(
        [
            "UPDATE team_members SET role = ?6",
            AS_READ,
            LEAVES_A_LEADER,
        ]
        .concat(),
        values,
    );
    let mut writes = vec![update, Statement::must_change()];
    let is_by_others = permit.user() != &target.user;
    writes.extend(revoke(target, Some(role), is_by_others, now));
    writes
}

/// Makes `target` leader and the caller an officer.
pub fn hand_over(
    _user: &Permit<'_, GovernTeams>,
    permit: &TeamPermit<ChangeRoles>,
    target: &Membership,
    now: i64,
) -> Vec<Statement> {
    let caller = permit.membership();
    let promote = Statement::new(
        ["UPDATE team_members SET role = 'leader'", AS_READ].concat(),
        params(caller, target),
    );
    let step_down = Statement::new(
        ["UPDATE team_members SET role = 'officer'", AS_READ].concat(),
        params(caller, caller),
    );
    let mut writes = vec![
        promote,
        Statement::must_change(),
        step_down,
        Statement::must_change(),
    ];
    writes.extend(revoke(caller, Some(TeamRole::Officer), false, now));
    writes
}

/// SQL for a JSON text: counts of what is removed with the user `?2` when they leave the team `?1`.
fn counts_sql() -> String {
    let counts = [
        ("webhooks", webhooks::endpoints::store::COUNT_OF_MEMBER),
        ("share_links", share_links::store::COUNT_OF_MEMBER),
        ("invitations", invitations::store::COUNT_OF_MEMBER),
        ("builds", builds::store::COUNT_OF_MEMBER),
        ("players", roster::store::COUNT_OF_MEMBER),
    ];
    let members = counts.map(|(name, count)| format!("'{name}', ({count})"));
    format!("json_object({})", members.join(", "))
}

/// The counts for someone who is not in the team.
pub const NO_COUNTS: &str =
    r#"{"webhooks":0,"share_links":0,"invitations":0,"builds":0,"players":0}"#;

/// Removes a member; stale, too, when the counts of what is removed with them are no longer `counts`.
pub fn remove(grant: &RemovalGrant<'_>, counts: &str, now: i64) -> Vec<Statement> {
    let target = grant.target();
    let delete = Statement::new(
        ["DELETE FROM team_members", AS_READ, LEAVES_A_LEADER].concat(),
        params(grant.caller(), target),
    );
    // As `Statement::must_change` fails.
    let unchanged = Statement::new(
        format!(
            "SELECT iif({} = ?3, 1, abs(-9223372036854775808))",
            counts_sql()
        ),
        params![&target.team, &target.user, counts],
    );
    let mut writes = vec![unchanged, delete, Statement::must_change()];
    writes.extend(revoke(target, None, grant.is_by_others(), now));
    writes
}

/// Removes what a member may not keep in the role `role`, or outside the team: webhooks, share links and
/// invitations to higher roles. After a change by others, open ones to a higher role no longer admit them.
fn revoke(
    member: &Membership,
    role: Option<TeamRole>,
    is_by_others: bool,
    now: i64,
) -> Vec<Statement> {
    let may_invite_as = role.map_or(&[][..], TeamRole::below);
    let mut writes = vec![Statement::new(
        "DELETE FROM team_invitations WHERE team_id = ?1 AND created_by = ?2 \
         AND role NOT IN (SELECT value FROM json_each(?3))",
        params![
            &member.team,
            &member.user,
            Json::from(may_invite_as).to_string(),
        ],
    )];
    if is_by_others {
        writes.push(invitations::store::close_to(member, role, now));
    }
    if !role.is_some_and(|role| ManageWebhooks::RULE.admits(role)) {
        writes.extend(webhooks::endpoints::store::leave_team(
            &member.team,
            &member.user,
            now,
        ));
    }
    if !role.is_some_and(|role| EditCompositions::RULE.admits(role)) {
        writes.push(share_links::store::remove_of_member(
            &member.team,
            &member.user,
        ));
    }
    if role.is_none() {
        writes.push(builds::store::leave_with(member));
        writes.push(roster::store::detach_member(&member.team, &member.user));
    }
    writes
}

/// The counts of what is removed with `target` when they leave the team, as JSON.
pub async fn removal_counts(
    platform: &Platform,
    target: &Membership,
) -> Result<String, DatabaseError> {
    let statement = Statement::new(
        ["SELECT ", &counts_sql()].concat(),
        params![&target.team, &target.user],
    );
    let counts = |row: &Row| row.text(0).map(str::to_owned);
    let found = platform.first(statement, counts).await?;
    found.ok_or_else(|| broken("a count"))
}

/// The roles of the caller and `target` in a team; `None` when the caller is not in it.
pub async fn standing(
    platform: &Platform,
    team: &TeamId,
    caller: &UserId,
    target: &UserId,
) -> Result<Option<RankCheck>, DatabaseError> {
    let statement = Statement::new(
        "SELECT c.role, (SELECT count(*) FROM team_members WHERE team_id = ?1 \
         AND role = 'leader'), t.role, t.display_name, t.joined_at FROM team_members c \
         LEFT JOIN team_members t ON t.team_id = ?1 AND t.user_id = ?3 \
         WHERE c.team_id = ?1 AND c.user_id = ?2",
        params![team, caller, target],
    );
    let read = |row: &Row| {
        let member = |role: &str| {
            Ok::<_, DatabaseError>(Member {
                membership: as_membership(team, target, role)?,
                display_name: row.text(3)?.to_owned(),
                joined_at: row.integer(4)?,
            })
        };
        Ok(RankCheck {
            caller: as_membership(team, caller, row.text(0)?)?,
            target: row.optional_text(2)?.map(member).transpose()?,
            leaders: row.integer(1)?,
        })
    };
    platform.first(statement, read).await
}

/// A page of a team's members, by their ids.
pub async fn list(
    platform: &Platform,
    permit: &TeamPermit<ViewTeam>,
    after: &Page,
) -> Result<Listed, DatabaseError> {
    let select = concat!(
        "SELECT user_id AS id, json_object('user_id', user_id, 'display_name', display_name, \
         'role', role, 'joined_at', ",
        sql_time!("joined_at"),
        ") AS document FROM team_members WHERE team_id = ?1 AND user_id > ?2"
    );
    let params = params![permit.team(), after.after.as_deref().unwrap_or("")];
    page(platform, select, params, Order::Ascending, after).await
}
