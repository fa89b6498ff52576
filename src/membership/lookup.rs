//! The team that a path, a body or a query names.
//! Promises that a team in which one is nothing and a team that does not exist look the same.
//! Leaves what the membership allows to `permissions`.

use serde_json::Value;

use crate::http::problem::{FieldError, Problem};
use crate::http::problems;
use crate::ids::{TeamId, UserId};
use crate::platform::Platform;
use crate::runtime::Context;

use super::model::Membership;
use super::permissions::{Permission, TeamPermit};
use super::store;

/// What `user` is in the team of the path.
pub async fn of_path(cx: &Context<'_>, user: &UserId) -> Result<Membership, Problem> {
    let not_found = || Problem::new(&problems::NOT_FOUND);
    let team = TeamId::parse(cx.param("id")).ok_or_else(not_found)?;
    let membership = store::membership(&cx.state.platform, &team, user).await?;
    membership.ok_or_else(not_found)
}

/// What `user`, or nobody, is in the team that `named` gives at `pointer`; a mistake when that is nothing.
/// `None` too where no team is named.
pub async fn named(
    platform: &Platform,
    user: Option<&UserId>,
    named: &Value,
    pointer: &str,
    errors: &mut Vec<FieldError>,
) -> Result<Option<Membership>, Problem> {
    let is_mistaken = errors.iter().any(|error| error.pointer == pointer);
    let Some(text) = named.as_str().filter(|_| !is_mistaken) else {
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
pub async fn named_still<P: Permission>(
    platform: &Platform,
    user: &UserId,
    team: Option<&TeamId>,
) -> Result<(), Problem> {
    let Some(team) = team else {
        return Ok(());
    };
    let (named, mut errors) = (Value::from(team.as_str()), Vec::new());
    let found = self::named(platform, Some(user), &named, "/team_id", &mut errors).await?;
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    found.map(TeamPermit::<P>::of).transpose()?;
    Ok(())
}

/// The team of the parameter `team_id`, if the caller is in it.
pub async fn in_query(
    cx: &Context<'_>,
    errors: &mut Vec<FieldError>,
) -> Result<Option<TeamId>, Problem> {
    let given = Value::from(cx.query.text("team_id"));
    let user = cx.caller.as_ref().map(|caller| &caller.user_id);
    let membership = named(&cx.state.platform, user, &given, "?team_id", errors).await?;
    Ok(membership.map(|membership| membership.team))
}
