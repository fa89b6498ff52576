//! The calls on members. A write that loses a race is checked again against the new state.

use serde_json::{Value, json};

use crate::accounts::account;
use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{GovernTeams, ReadTeams, WriteTeams};
use crate::events::outbox::Event;
use crate::http::problem::has_mistake;
use crate::http::{FieldError, Page, Problem, Profile, Response, merge_patch, problems};
use crate::ids::{TeamId, UserId};
use crate::membership::model::{Membership, TeamRole};
use crate::membership::permissions::{BanMembers, ChangeRoles, TeamPermit, ViewTeam};
use crate::platform::DatabaseError;
use crate::runtime::{Context, Tx};
use crate::teams::events;
use crate::teams::handlers::member_event;
use crate::teams::oversight;

use super::model::RankCheck;
use super::schemas::HandOver;
use super::store;

/// Attempts at a write that others keep making stale.
const MAX_TRIES: usize = 5;

/// GET /teams/{id}/members
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadTeams>()?;
    let membership = cx.membership(permit.user_id()).await?;
    let permit = TeamPermit::<ViewTeam>::of(membership)?;
    let page = Page::from_query(&cx.query, UserId::parse)?;
    let listed = store::list(&cx.state.platform, &permit, &page).await?;
    Ok(cx.listed(listed.data, listed.last))
}

/// The roles of the caller and the member of the path in the team of the path.
async fn standing(cx: &Context<'_>, caller: &UserId) -> Result<RankCheck, Problem> {
    let team = cx.path("id", TeamId::parse)?;
    let target = cx.path("user_id", UserId::parse)?;
    let standing = store::standing(&cx.state.platform, &team, caller, &target).await?;
    standing.ok_or_else(Problem::not_found)
}

/// The event of a changed role.
fn updated(cx: &Context<'_>, user: &UserId, member: &Membership, role: TeamRole) -> Event {
    let member = Membership {
        role,
        ..member.clone()
    };
    member_event(cx, user, &events::MEMBER_UPDATED, &member)
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
        let Some(role) = target["role"].as_str().and_then(TeamRole::parse) else {
            return Err(Problem::invalid(errors));
        };
        Problem::check(errors)?;
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
        let tx = Tx::new(writes).log(entry).tell(event);
        match tx.attempt(cx, answer).await {
            Err(DatabaseError::Stale) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(overtaken())
}

/// DELETE `/teams/{id}/members/{user_id}`
pub async fn remove(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<WriteTeams>()?;
    let platform = &cx.state.platform;
    let is_ban = cx.query.text("ban") == Some("true");
    for _ in 0..MAX_TRIES {
        let standing = standing(cx, user.user_id()).await?;
        let ban = if is_ban {
            Some(grant_ban(cx, &standing).await?)
        } else {
            None
        };
        let (mut writes, mut entries, mut event) = (Vec::new(), Vec::new(), None);
        // Someone who has just left can still be banned.
        let mut counts = store::NO_COUNTS.to_owned();
        if standing.target.is_some() || ban.is_none() {
            let grant = standing.grant_removal()?;
            let target = grant.target();
            counts = store::removal_counts(platform, target).await?;
            writes.extend(store::remove(&grant, &counts, cx.now_ms()));
            let action = if grant.is_by_others() {
                Action::TeamMemberRemoved
            } else {
                Action::TeamMemberLeft
            };
            let entry = Entry::by(user.caller(), action, &target.user);
            entries.push(entry.with_detail(json!({
                "team_id": target.team.as_str(),
                "role": target.role.as_str(),
            })));
            let kind = &events::MEMBER_REMOVED;
            event = Some(member_event(cx, user.user_id(), kind, target));
        }
        if let Some(ban) = &ban {
            let (permit, now) = (&ban.permit, cx.now_ms());
            writes.extend(oversight::store::ban(
                permit,
                &ban.user,
                ban.name.as_deref(),
                now,
            ));
            let entry = Entry::by(user.caller(), Action::TeamMemberBanned, &ban.user);
            entries.push(entry.with_detail(json!({ "team_id": permit.team().as_str() })));
        }
        let mut removed: Value = serde_json::from_str(&counts).map_err(Problem::internal)?;
        removed["banned"] = is_ban.into();
        let answer = Response::json(200, Profile::Private, &removed)?;
        match Tx::new(writes)
            .log_all(entries)
            .tell_all(event)
            .attempt(cx, answer)
            .await
        {
            Err(DatabaseError::Stale) => {
                if let Some(ban) = &ban
                    && oversight::store::is_full(platform, ban.permit.team()).await?
                {
                    return Err(Problem::new(&problems::TOO_MANY_BANS));
                }
            }
            outcome => return Ok(outcome?),
        }
    }
    Err(overtaken())
}

/// A permitted ban.
struct Ban {
    permit: TeamPermit<BanMembers>,
    user: UserId,
    name: Option<String>,
}

/// Permits a leader to ban the account of the path, which may have left the team before.
async fn grant_ban(cx: &Context<'_>, standing: &RankCheck) -> Result<Ban, Problem> {
    let permit = TeamPermit::<BanMembers>::of(standing.caller.clone())?;
    let user = cx.path("user_id", UserId::parse)?;
    if user == *permit.user() {
        let detail = "Nobody bans themselves: leave without it.";
        let error = FieldError::new("?ban", "own_account", detail);
        return Err(Problem::invalid(vec![error]));
    }
    // A team is not told the name of someone who is not in it.
    let name = standing.target.as_ref().map(|it| it.display_name.clone());
    let platform = &cx.state.platform;
    if name.is_none() && account::store::user(platform, &user).await?.is_none() {
        return Err(Problem::not_found());
    }
    Ok(Ban { permit, user, name })
}

/// POST /teams/{id}/hand-over
pub async fn hand_over(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<GovernTeams>()?;
    for _ in 0..MAX_TRIES {
        let caller = cx.membership(user.user_id()).await?;
        TeamPermit::<ChangeRoles>::of(caller.clone())?;
        let (body, mut errors) = cx.body_as::<HandOver>()?;
        let named = UserId::parse(&body.user_id);
        let platform = &cx.state.platform;
        let found = match &named {
            Some(target) => store::standing(platform, &caller.team, &caller.user, target).await?,
            None => None,
        };
        // The caller's role may have changed between the two reads: the later one counts.
        let (caller, target) = found.map_or((caller, None), |it| (it.caller, it.target));
        let permit = TeamPermit::<ChangeRoles>::of(caller)?;
        let target = target.filter(|target| target.membership.user != *permit.user());
        if target.is_none() && !has_mistake(&errors, "/user_id") {
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
            updated(cx, user.user_id(), &target, TeamRole::Leader),
            updated(cx, user.user_id(), permit.membership(), TeamRole::Officer),
        ];
        let writes = store::hand_over(&user, &permit, &target, cx.now_ms());
        let tx = Tx::new(writes).log(entry).tell_all(events);
        match tx.attempt(cx, Response::no_content()).await {
            Err(DatabaseError::Stale) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(overtaken())
}
