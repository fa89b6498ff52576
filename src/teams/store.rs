//! All SQL on teams and their members.
//! Promises one statement for a look at who is what in a team.
//! Leaves what that allows to `permissions`.

use crate::ids::{TeamId, UserId};
use crate::platform::{DatabaseError, Platform, Statement};

use super::model::{Membership, Role};

/// What `user` is in `team`; `None` also when there is no such team.
pub async fn membership(
    platform: &Platform,
    team: &TeamId,
    user: &UserId,
) -> Result<Option<Membership>, DatabaseError> {
    let statement = Statement::new(
        "SELECT role FROM team_members WHERE team_id = ?1 AND user_id = ?2",
        vec![team.as_str().into(), user.as_str().into()],
    );
    let rows = platform.database.query(statement).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let role = Role::parse(row.text(0)?)
        .ok_or_else(|| DatabaseError::Other("a member's row does not read".to_owned()))?;
    Ok(Some(Membership {
        team: team.clone(),
        user: user.clone(),
        role,
    }))
}
