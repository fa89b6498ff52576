//! All SQL on teams, except joining and leaving (`members`, `invitations`). A write changes a team only in
//! the version that was read, and no team is left without a leader.

use serde_json::{Value as Json, json};

use crate::auth::permissions::{GovernTeams, ManageAccount, Permit, WriteTeams};
use crate::http::pagination::Page;
use crate::ids::{TeamId, UserId};
use crate::membership::permissions::{DeleteTeam, EditTeam, TeamPermission as _, TeamPermit};
use crate::membership::store::{as_membership, broken, still_is};
use crate::paging::{self, Listed, Order, sql_time};
use crate::platform::{DatabaseError, Platform, Row, Statement, Text, params};

use super::model::{Departure, MAX_TEAMS, Team, TeamInput};

/// SQL over a team `t`: how many are in it.
macro_rules! member_count {
    () => {
        "(SELECT count(*) FROM team_members c WHERE c.team_id = t.id)"
    };
}

/// SQL over a team `t` and a row `m` with a role in it: its document, as `TeamInput::document` makes it.
macro_rules! team_document {
    () => {
        concat!(
            "json_object('id', t.id, 'name', t.name, 'tag', t.tag, 'description', t.description, \
             'role', m.role, 'member_count', ",
            $crate::teams::store::member_count!(),
            ", 'created_at', ",
            $crate::paging::sql_time!("t.created_at"),
            ", 'updated_at', ",
            $crate::paging::sql_time!("t.updated_at"),
            ")"
        )
    };
}

pub(crate) use {member_count, team_document};

/// Adds a team with the caller as its leader; stale when they are in too many.
pub fn insert(
    permit: &Permit<'_, WriteTeams>,
    id: &TeamId,
    input: &TeamInput,
    display_name: &str,
    now: i64,
) -> Vec<Statement> {
    let user = permit.user_id().as_str();
    vec![
        Statement::new(
            "INSERT INTO teams (id, name, tag, description, version, created_at, updated_at) \
             SELECT ?1, ?2, ?3, ?4, 1, ?5, ?5 \
             WHERE (SELECT count(*) FROM team_members WHERE user_id = ?6) < ?7",
            params![
                id,
                &input.name,
                &input.tag,
                &input.description,
                now,
                user,
                MAX_TEAMS,
            ],
        ),
        Statement::must_change(),
        Statement::new(
            "INSERT INTO team_members (team_id, user_id, role, display_name, joined_at) \
             VALUES (?1, ?2, 'leader', ?3, ?4)",
            params![id, user, display_name, now],
        ),
    ]
}

/// Changes a team; stale when its version has changed, or the caller may no longer change it.
pub fn update(
    permit: &TeamPermit<EditTeam>,
    version: i64,
    input: &TeamInput,
    now: i64,
) -> Vec<Statement> {
    Statement::checked(
        concat!(
            "UPDATE teams SET name = ?3, tag = ?4, description = ?5, updated_at = ?6, \
             version = version + 1 WHERE id = ?1 AND version = ?2 AND ",
            still_is!("?1", "?7", "?8")
        ),
        params![
            permit.team(),
            version,
            &input.name,
            &input.tag,
            &input.description,
            now,
            permit.user(),
            EditTeam::RULE.roles(),
        ],
    )
}

/// Deletes a team with all that is in it; stale when its version has changed, or the caller leads it no more.
pub fn delete(
    _user: &Permit<'_, GovernTeams>,
    permit: &TeamPermit<DeleteTeam>,
    version: i64,
) -> Vec<Statement> {
    Statement::checked(
        "DELETE FROM teams WHERE id = ?1 AND version = ?2 AND EXISTS (SELECT 1 \
         FROM team_members WHERE team_id = ?1 AND user_id = ?3 AND role = 'leader')",
        params![permit.team(), version, permit.user()],
    )
}

/// SQL over the row `m` of the member `?1`: they are the team's only leader.
const IS_LAST_LEADER: &str = "m.role = 'leader' AND NOT EXISTS (SELECT 1 FROM team_members l \
     WHERE l.team_id = m.team_id AND l.role = 'leader' AND l.user_id <> ?1)";
/// The end of a statement over the same row, for the next leader: an officer first, then who joined first.
const HEIR: &str = "FROM team_members o WHERE o.team_id = m.team_id AND o.user_id <> ?1 \
     ORDER BY o.role = 'officer' DESC, o.joined_at, o.user_id LIMIT 1";

/// The effect of deleting the caller's account on their teams.
pub async fn departures(
    platform: &Platform,
    permit: &Permit<'_, ManageAccount>,
) -> Result<Vec<Departure>, DatabaseError> {
    let user = permit.user_id();
    let statement = Statement::new(
        format!(
            "SELECT m.team_id, m.role, (SELECT o.user_id || ' ' || o.role || ' ' || \
             ({IS_LAST_LEADER}) {HEIR}) FROM team_members m WHERE m.user_id = ?1"
        ),
        params![user],
    );
    let read = |row: &Row| {
        let team = TeamId::parse(row.text(0)?).ok_or_else(|| broken("a member's row"))?;
        let next = row.optional_text(2)?;
        let mut words = next.unwrap_or_default().split(' ');
        let (heir, role, is_last) = (words.next(), words.next(), words.next());
        let heir = match (heir.and_then(UserId::parse), role, is_last) {
            (Some(heir), Some(role), Some("1")) => Some(as_membership(&team, &heir, role)?),
            _ => None,
        };
        Ok(Departure {
            member: as_membership(&team, user, row.text(1)?)?,
            is_emptied: next.is_none(),
            heir,
        })
    };
    platform.all(statement, read).await
}

/// Removes the caller, their invitations and teams without others; stale when `departures` have changed.
pub fn leave_all(permit: &Permit<'_, ManageAccount>, departures: &[Departure]) -> Vec<Statement> {
    let user = || permit.user_id().as_str().into();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let emptied = departures.iter().filter(|it| it.is_emptied).count();
    let heirs = departures.iter().filter_map(|it| it.heir.as_ref());
    let heirs: Vec<_> = heirs
        .map(|heir| json!([heir.team.as_str(), heir.user.as_str()]))
        .collect();
    vec![
        Statement::new(
            "DELETE FROM teams WHERE id IN (SELECT m.team_id FROM team_members m \
             WHERE m.user_id = ?1 AND NOT EXISTS (SELECT 1 FROM team_members o \
             WHERE o.team_id = m.team_id AND o.user_id <> ?1))",
            vec![user()],
        ),
        Statement::must_change_exactly(count(emptied)),
        Statement::new(
            format!(
                "UPDATE team_members SET role = 'leader' WHERE (team_id, user_id) IN \
                 (SELECT m.team_id, (SELECT o.user_id {HEIR}) FROM team_members m \
                 WHERE m.user_id = ?1 AND {IS_LAST_LEADER}) AND (team_id, user_id) IN \
                 (SELECT value ->> 0, value ->> 1 FROM json_each(?2))"
            ),
            vec![user(), Json::from(heirs.clone()).to_string().into()],
        ),
        Statement::must_change_exactly(count(heirs.len())),
        // Only a failing statement aborts a batch; this sum overflows.
        Statement::new(
            format!(
                "SELECT iif(EXISTS (SELECT 1 FROM team_members m WHERE m.user_id = ?1 \
                 AND {IS_LAST_LEADER}), abs(-9223372036854775808), 1)"
            ),
            vec![user()],
        ),
        Statement::new(
            "DELETE FROM team_invitations WHERE created_by = ?1 \
             AND team_id IN (SELECT team_id FROM team_members WHERE user_id = ?1)",
            vec![user()],
        ),
        Statement::new("DELETE FROM team_members WHERE user_id = ?1", vec![user()]),
        Statement::must_change_exactly(count(departures.len() - emptied)),
    ]
}

/// The team with this id, if this user is in it.
pub async fn find(
    platform: &Platform,
    team: &TeamId,
    user: &UserId,
) -> Result<Option<Team>, DatabaseError> {
    let statement = Statement::new(
        concat!(
            "SELECT ",
            team_document!(),
            ", m.role || ' ' || t.version || ' ' || ",
            member_count!(),
            " FROM team_members m JOIN teams t ON t.id = m.team_id \
             WHERE m.team_id = ?1 AND m.user_id = ?2"
        ),
        params![team, user],
    );
    let rows = platform.database.query(statement).await?;
    let read = |mut row: Row| {
        let document = row.take_text(0)?;
        let mut rest = row.text(1)?.split(' ');
        let mut next = || rest.next().unwrap_or_default();
        let membership = as_membership(team, user, next())?;
        let mut number = || next().parse().map_err(|_| broken("a team's row"));
        Ok(Team {
            membership,
            version: number()?,
            member_count: number()?,
            document,
        })
    };
    rows.into_iter().next().map(read).transpose()
}

/// A page of a user's teams, newest first.
pub async fn list(
    platform: &Platform,
    user: &UserId,
    page: &Page,
) -> Result<Listed, DatabaseError> {
    let select = concat!(
        "SELECT m.team_id AS id, ",
        team_document!(),
        " AS document FROM team_members m JOIN teams t ON t.id = m.team_id \
         WHERE m.user_id = ?1 AND m.team_id < ?2"
    );
    let after = page.before();
    let params = params![user, after];
    paging::page(platform, select, params, Order::Descending, page).await
}

pub async fn export(platform: &Platform, user: &UserId) -> Result<Text, DatabaseError> {
    let select = concat!(
        "SELECT m.team_id AS id, json_object('team_id', m.team_id, 'team_name', t.name, \
         'role', m.role, 'display_name', m.display_name, 'joined_at', ",
        sql_time!("m.joined_at"),
        ") AS document FROM team_members m JOIN teams t ON t.id = m.team_id WHERE m.user_id = ?1"
    );
    // Nobody is in more of them than a page takes.
    let all = Page {
        limit: MAX_TEAMS,
        after: None,
    };
    let params = params![user];
    let listed = paging::page(platform, select, params, Order::Descending, &all).await?;
    Ok(listed.data)
}
