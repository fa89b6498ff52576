//! The calls on members.
//! Promises that who loses a race is judged anew by what the winner has left.
//! Leaves rules to `model`, SQL to `store`.

use serde_json::json;

use crate::context::Context;
use crate::http::merge_patch;
use crate::http::pagination::Page;
use crate::http::problem::{FieldError, Problem};
use crate::http::problems;
use crate::http::response::{Profile, Response};
use crate::identity::audit::{Action, Entry};
use crate::identity::permissions::{GovernTeams, ReadTeams, WriteTeams};
use crate::ids::{TeamId, UserId};
use crate::platform::DatabaseError;
use crate::teams::handlers::{PATH, event, respond};
use crate::teams::lookup;
use crate::teams::model::{Membership, Role, told_member};
use crate::teams::permissions::{ChangeRoles, TeamPermit, ViewTeam};
use crate::webhooks::outbox::Event;

use super::model::Standing;
use super::store;

/// Events.
const UPDATED: &str = "team.member_updated";
const REMOVED: &str = "team.member_removed";
/// Others may come in between this often before a write is given up.
const MAX_TRIES: usize = 5;

/// GET /teams/{id}/members
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadTeams>()?;
    let membership = lookup::of_path(cx, permit.user_id()).await?;
    let permit = TeamPermit::<ViewTeam>::of(membership)?;
    let page = Page::from_query(&cx.query, |text| UserId::parse(text).is_some())?;
    let listed = store::list(&cx.state.platform, &permit, &page).await?;
    let path = format!("{PATH}/{}/members", permit.team());
    Ok(respond(cx, &path, listed))
}

/// What the caller and the member of the path are in the team of the path.
async fn standing(cx: &Context<'_>, caller: &UserId) -> Result<Standing, Problem> {
    let not_found = || Problem::new(&problems::NOT_FOUND);
    let team = TeamId::parse(cx.path_value).ok_or_else(not_found)?;
    let target = UserId::parse(cx.inner_path_value).ok_or_else(not_found)?;
    let standing = store::standing(&cx.state.platform, &team, caller, &target).await?;
    standing.ok_or_else(not_found)
}

/// That a member is something else from now on.
fn updated(cx: &Context<'_>, user: &UserId, member: &Membership, role: Role) -> Event {
    let member = Membership {
        role,
        ..member.clone()
    };
    event(cx, user, &member.team, UPDATED, &told_member(&member))
}

fn overtaken() -> Problem {
    Problem::unavailable("the roles of a team changed at every try")
}

/// PATCH `/teams/{id}/members/{user_id}`
pub async fn change(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<GovernTeams>()?;
    for _ in 0..MAX_TRIES {
        let mut standing = standing(cx, user.user_id()).await?;
        let permit = TeamPermit::<ChangeRoles>::of(standing.caller.clone())?;
        let before = standing.target()?.membership.clone();
        let mut target = json!({ "role": before.role.as_str() });
        merge_patch::apply(&mut target, cx.patch()?);
        let errors = cx.check_patched(&mut target);
        let Some(role) = target["role"].as_str().and_then(Role::parse) else {
            return Err(Problem::invalid(errors));
        };
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        if role != before.role {
            standing.check_rank(&before)?;
            standing.check_leader_is_left(&before)?;
        }
        if let Some(member) = &mut standing.target {
            member.membership.role = role;
        }
        let after = standing.target()?;
        let answer = Response::json(200, Profile::Private, &after.document())?;
        if role == before.role {
            return Ok(answer);
        }
        let event = updated(cx, user.user_id(), &after.membership, role);
        let entry = Entry::by(user.caller(), Action::TeamRoleChanged, &before.user);
        let entry = entry.with_detail(json!({
            "team_id": before.team.as_str(),
            "from": before.role.as_str(),
            "to": role.as_str(),
        }));
        let writes = store::change_role(&user, &permit, &before, role, cx.now_ms());
        let entries = [entry];
        let telling = cx.commit_telling(writes, &entries, Some(&event), answer);
        match telling.await {
            Err(DatabaseError::Stale) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(overtaken())
}

/// DELETE `/teams/{id}/members/{user_id}`
pub async fn remove(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<WriteTeams>()?;
    for _ in 0..MAX_TRIES {
        let standing = standing(cx, user.user_id()).await?;
        let grant = standing.grant_removal()?;
        let target = grant.target();
        let event = event(
            cx,
            user.user_id(),
            &target.team,
            REMOVED,
            &told_member(target),
        );
        let action = if target.user == grant.caller().user {
            Action::TeamMemberLeft
        } else {
            Action::TeamMemberRemoved
        };
        let entry = Entry::by(user.caller(), action, &target.user).with_detail(json!({
            "team_id": target.team.as_str(),
            "role": target.role.as_str(),
        }));
        let writes = store::remove(&grant, cx.now_ms());
        let answer = Response::no_content();
        match cx
            .commit_telling(writes, &[entry], Some(&event), answer)
            .await
        {
            Err(DatabaseError::Stale) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(overtaken())
}

/// POST /teams/{id}/hand-over
pub async fn hand_over(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<GovernTeams>()?;
    for _ in 0..MAX_TRIES {
        let caller = lookup::of_path(cx, user.user_id()).await?;
        TeamPermit::<ChangeRoles>::of(caller.clone())?;
        let (body, mut errors) = cx.body()?;
        let named = body["user_id"].as_str().and_then(UserId::parse);
        let platform = &cx.state.platform;
        let found = match &named {
            Some(target) => store::standing(platform, &caller.team, &caller.user, target).await?,
            None => None,
        };
        // As it is now: between the two looks the caller may have become another one.
        let (caller, target) = found.map_or((caller, None), |it| (it.caller, it.target));
        let permit = TeamPermit::<ChangeRoles>::of(caller)?;
        let target = target.filter(|target| target.membership.user != *permit.user());
        if target.is_none() && errors.iter().all(|error| error.pointer != "/user_id") {
            let detail = "Must be another member of the team.";
            errors.push(FieldError::new("/user_id", "unknown_member", detail));
        }
        let Some(target) = target.filter(|_| errors.is_empty()) else {
            return Err(Problem::invalid(errors));
        };
        let target = target.membership;
        let entry = Entry::by(user.caller(), Action::TeamHandedOver, &target.user);
        let entry = entry.with_detail(json!({ "team_id": target.team.as_str() }));
        let events = [
            &updated(cx, user.user_id(), &target, Role::Leader),
            &updated(cx, user.user_id(), permit.membership(), Role::Officer),
        ];
        let writes = store::hand_over(&user, &permit, &target, cx.now_ms());
        let (entries, answer) = ([entry], Response::no_content());
        let telling = cx.commit_telling_all(writes, &entries, &events, answer);
        match telling.await {
            Err(DatabaseError::Stale) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(overtaken())
}
