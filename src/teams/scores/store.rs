//! All SQL on a team's scores. A read is one statement; a write replaces only the version that was read.
//! `squads::functions::scores` validates the scores.

use crate::ids::{TeamId, UserId};
use crate::membership::model::{Membership, TeamRole};
use crate::membership::permissions::{EditScores, Permission as _, TeamPermit};
use crate::membership::store::still_is;
use crate::platform::{DatabaseError, Platform, Statement, params};

/// What `user` is in `team`, and the team's scores as they are kept; `None` also when there is no
/// such team.
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
    let rows = platform.database.query(statement).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let unreadable = || DatabaseError::Other("a member's row does not read".to_owned());
    let (role, scores) = row.text(0)?.split_once(' ').ok_or_else(unreadable)?;
    let membership = Membership {
        team: team.clone(),
        user: user.clone(),
        role: TeamRole::parse(role).ok_or_else(unreadable)?,
    };
    Ok(Some((membership, scores.to_owned())))
}

/// Puts `scores` in the place of `read`; stale when they are others by now, or when the caller may
/// not do it any more.
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
