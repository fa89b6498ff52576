//! The team that a path, a body or a query names. One that the user is not in is one that does not exist.

use http::problem::{FieldError, Problem, has_mistake};
use http::problems;
use kit::ids::{TeamId, UserId};
use platform::Platform;

use super::model::Membership;
use super::permissions::{TeamPermission, TeamPermit};
use super::store;

/// What `user` is in the team with this id; 404 when that is nothing.
pub async fn by_id(platform: &Platform, id: &str, user: &UserId) -> Result<Membership, Problem> {
    let not_found = || Problem::new(&problems::NOT_FOUND);
    let team = TeamId::parse(id).ok_or_else(not_found)?;
    let membership = store::membership(platform, &team, user).await?;
    membership.ok_or_else(not_found)
}

/// What `user` is in the team that `named` gives at `pointer`; a mistake when nothing, `None` for no team.
pub async fn named(
    platform: &Platform,
    user: Option<&UserId>,
    named: Option<&str>,
    pointer: &str,
    errors: &mut Vec<FieldError>,
) -> Result<Option<Membership>, Problem> {
    let Some(text) = named.filter(|_| !has_mistake(errors, pointer)) else {
        return Ok(None);
    };
    let Some(team) = TeamId::parse(text) else {
        let detail = "Must be the id of a team.";
        errors.push(FieldError::new(pointer, "invalid_format", detail));
        return Ok(None);
    };
    let membership = match user {
        Some(user) => store::membership(platform, &team, user).await?,
        None => None,
    };
    if membership.is_none() {
        let detail = "You are in no team with this id.";
        errors.push(FieldError::new(pointer, "unknown_team", detail));
    }
    Ok(membership)
}

/// Asks once more, after a write that was stale: an error when `team` may not be named any more.
pub async fn named_still<P: TeamPermission>(
    platform: &Platform,
    user: &UserId,
    team: Option<&TeamId>,
) -> Result<(), Problem> {
    let Some(team) = team else {
        return Ok(());
    };
    let mut errors = Vec::new();
    let named = named(
        platform,
        Some(user),
        Some(team.as_str()),
        "/team_id",
        &mut errors,
    )
    .await?;
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    named.map(TeamPermit::<P>::of).transpose()?;
    Ok(())
}
