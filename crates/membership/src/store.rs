//! The SQL on who is what in a team that more than one feature asks.

use auth::permissions::{ManageAccount, Permit};
use kit::ids::{TeamId, UserId};
use platform::{DatabaseError, Platform, Row, Statement};

use super::model::{Membership, TeamRole};

/// The row `m` of the user `$user` in the team `$team`, after what SELECT names.
#[doc(hidden)]
#[macro_export]
macro_rules! of_member {
    ($team:literal, $user:literal) => {
        concat!(
            " FROM team_members m WHERE m.team_id = ",
            $team,
            " AND m.user_id = ",
            $user
        )
    };
}

/// Holds where the user `$user` still has one of the roles of the list `$roles` in the team `$team`.
#[macro_export]
macro_rules! still_is {
    ($team:literal, $user:literal, $roles:literal) => {
        concat!(
            "EXISTS (SELECT 1",
            $crate::of_member!($team, $user),
            " AND m.role IN (SELECT value FROM json_each(",
            $roles,
            ")))"
        )
    };
}
pub use still_is;

/// Holds where the user `$user` is in the team `$team`, whatever their role.
#[macro_export]
macro_rules! is_member {
    ($team:literal, $user:literal) => {
        concat!("EXISTS (SELECT 1", $crate::of_member!($team, $user), ")")
    };
}
pub use is_member;

/// The role of the user `$user` in the team `$team`, or NULL.
#[macro_export]
macro_rules! role_in {
    ($team:literal, $user:literal) => {
        concat!("(SELECT role", $crate::of_member!($team, $user), ")")
    };
}
pub use role_in;

/// The name by which the members of the team `$team` know the user `$user`, or NULL.
#[macro_export]
macro_rules! name_in {
    ($team:literal, $user:literal) => {
        concat!(
            "(SELECT display_name",
            $crate::of_member!($team, $user),
            ")"
        )
    };
}
pub use name_in;

/// The ids of the teams that the user `$user` is in.
#[macro_export]
macro_rules! teams_of {
    ($user:literal) => {
        concat!(
            "(SELECT team_id FROM team_members WHERE user_id = ",
            $user,
            ")"
        )
    };
}
pub use teams_of;

/// Holds where the team `$team` exists.
#[macro_export]
macro_rules! team_exists {
    ($team:literal) => {
        concat!("EXISTS (SELECT 1 FROM teams t WHERE t.id = ", $team, ")")
    };
}
pub use team_exists;

/// A mistake of ours: a row is not what was written.
pub fn broken(what: &str) -> DatabaseError {
    DatabaseError::Other(format!("{what} does not read"))
}

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
    let read = |row: &Row| as_membership(team, user, row.text(0)?);
    rows.first().map(read).transpose()
}

/// The membership that a row says.
pub fn as_membership(
    team: &TeamId,
    user: &UserId,
    role: &str,
) -> Result<Membership, DatabaseError> {
    Ok(Membership {
        team: team.clone(),
        user: user.clone(),
        role: TeamRole::parse(role).ok_or_else(|| broken("a member's row"))?,
    })
}

/// Shows the members of the caller's teams what the caller is called now.
pub fn rename(permit: &Permit<'_, ManageAccount>, display_name: &str) -> Statement {
    Statement::new(
        "UPDATE team_members SET display_name = ?2 WHERE user_id = ?1",
        vec![permit.user_id().as_str().into(), display_name.into()],
    )
}
