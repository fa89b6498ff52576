//! All SQL on a team's scores. A write replaces only the version that was read.

use crate::ids::{TeamId, UserId};
use crate::membership::model::Membership;
use crate::membership::permissions::{EditScores, TeamPermission as _, TeamPermit};
use crate::membership::store::{as_membership, still_is};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

/// The role of `user` in `team`, and the team's stored scores; `None` when they are not in such a team.
pub async fn find(
    platform: &Platform,
    team: &TeamId,
    user: &UserId,
) -> Result<Option<(Membership, String)>, DatabaseError> {
    let statement = Statement::new(
        "SELECT m.role || ' ' || t.scores FROM team_members AS m JOIN teams AS t \
         ON t.id = m.team_id WHERE m.team_id = ?1 AND m.user_id = ?2",
        params![team, user],
    );
    let read = |row: &Row| {
        let (role, scores) = row.text(0)?.split_once(' ').unwrap_or_default();
        Ok((as_membership(team, user, role)?, scores.to_owned()))
    };
    platform.first(statement, read).await
}

/// Replaces the scores `read`; stale when they have changed, or the caller has lost the permission.
pub fn replace(permit: &TeamPermit<EditScores>, read: &str, scores: String) -> Vec<Statement> {
    Statement::checked(
        concat!(
            "UPDATE teams SET scores = ?3 WHERE id = ?1 AND scores = ?4 AND ",
            still_is!("?1", "?2", "?5")
        ),
        params![
            permit.team(),
            permit.user(),
            scores,
            read,
            EditScores::RULE.roles(),
        ],
    )
}
