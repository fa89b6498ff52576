//! The calls on teams. Users who are not in a team get 404 for it.

use crate::accounts::account;
use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{GovernTeams, ReadTeams, WriteTeams};
use crate::builds;
use crate::events::EventType;
use crate::events::outbox::{Audience, Event};
use crate::http::body::Body;
use crate::http::{Page, Problem, Profile, Response, etag, merge_patch, problems};
use crate::ids::{TeamId, UserId};
use crate::membership::model::{Membership, TeamRole};
use crate::membership::permissions::{DeleteTeam, EditTeam, TeamPermit, ViewTeam};
use crate::runtime::{Context, Tx};

use super::events;
use super::model::{self, Team, TeamInput};
use super::store;

const PATH: &str = "/api/v1/teams";

/// An event that `user` has caused in `team`, for the webhooks of both.
pub fn event(
    cx: &Context<'_>,
    user: &UserId,
    team: &TeamId,
    kind: &'static EventType,
    data: &str,
) -> Event {
    let audience = Audience {
        user: Some(user.clone()),
        team: Some(team.clone()),
    };
    let platform = &cx.state.platform;
    Event::new(platform, cx.trace, audience, kind, team.as_str(), data)
}

/// The same about a member.
pub fn member_event(
    cx: &Context<'_>,
    user: &UserId,
    kind: &'static EventType,
    member: &Membership,
) -> Event {
    event(cx, user, &member.team, kind, &model::told_member(member))
}

pub async fn display_name(cx: &Context<'_>, user: &UserId) -> Result<String, Problem> {
    let user = account::store::existing(&cx.state.platform, user).await?;
    Ok(user.display_name)
}

/// POST /teams
pub async fn create(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteTeams>()?;
    let input = cx.valid_body::<TeamInput>()?;
    let user = permit.user_id();
    let display_name = display_name(cx, user).await?;
    let (id, now) = (TeamId::fresh(&cx.state.platform), cx.now_ms());
    let document = input.document(&id, now);
    let answer = Response::json(201, Profile::Private, &document)?
        .with_header("etag", model::etag(1, TeamRole::Leader, 1))
        .with_header("location", format!("{PATH}/{id}"));
    let event = event(cx, user, &id, &events::CREATED, &model::told(document));
    let entry = Entry::by(permit.caller(), Action::TeamCreated, &id);
    let writes = store::insert(&permit, &id, &input, &display_name, now);
    Tx::new(writes)
        .log(entry)
        .tell(event)
        .commit(cx, answer, Problem::new(&problems::TOO_MANY_TEAMS))
        .await
}

/// GET /teams
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadTeams>()?;
    let page = Page::from_query(&cx.query, TeamId::parse)?;
    let listed = store::list(&cx.state.platform, permit.user_id(), &page).await?;
    Ok(cx.listed(listed.data, listed.last))
}

/// The team of the path, if the caller is in it.
async fn find(cx: &Context<'_>, user: &UserId) -> Result<Team, Problem> {
    let id = cx.path("id", TeamId::parse)?;
    let team = store::find(&cx.state.platform, &id, user).await?;
    team.ok_or_else(Problem::not_found)
}

/// GET /teams/{id}
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadTeams>()?;
    let team = find(cx, permit.user_id()).await?;
    TeamPermit::<ViewTeam>::of(team.membership.clone())?;
    let tag = team.etag();
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Response::not_modified(Profile::Private, tag));
    }
    let answer = Response::text(200, Profile::Private, team.document);
    Ok(answer.with_header("etag", tag))
}

/// PATCH /teams/{id}
pub async fn patch(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<WriteTeams>()?;
    let team = find(cx, user.user_id()).await?;
    let permit = TeamPermit::<EditTeam>::of(team.membership.clone())?;
    etag::check_if_match(cx.request, &team.etag())?;
    let patch = cx.patch()?;
    let mut document = team.document()?;
    let mut target = model::as_input(document.clone());
    merge_patch::apply(&mut target, patch);
    Problem::check(cx.check_patched(&mut target))?;
    let input = TeamInput::read(target);
    let now = cx.now_ms();
    input.lay_over(&mut document, now);
    let tag = model::etag(team.version + 1, permit.role(), team.member_count);
    let answer = Response::json(200, Profile::Private, &document)?.with_header("etag", tag);
    let event = event(
        cx,
        permit.user(),
        permit.team(),
        &events::UPDATED,
        &model::told(document),
    );
    let entry = Entry::by(user.caller(), Action::TeamChanged, permit.team());
    let writes = store::update(&permit, team.version, &input, now);
    let tx = Tx::new(writes).log(entry).tell(event);
    tx.commit(cx, answer, Problem::new(&problems::PRECONDITION_FAILED))
        .await
}

/// DELETE /teams/{id}
pub async fn delete(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<GovernTeams>()?;
    let team = find(cx, user.user_id()).await?;
    let permit = TeamPermit::<DeleteTeam>::of(team.membership.clone())?;
    etag::check_if_match(cx.request, &team.etag())?;
    let data = format!("{{\"id\":\"{}\"}}", permit.team());
    let event = event(cx, permit.user(), permit.team(), &events::DELETED, &data);
    let entry = Entry::by(user.caller(), Action::TeamDeleted, permit.team());
    // Webhooks of the team stay until this event is delivered: see `housekeeping`.
    let mut writes = store::delete(&user, &permit, team.version);
    writes.push(builds::store::leave_team(&permit));
    let stale = Problem::new(&problems::PRECONDITION_FAILED);
    let tx = Tx::new(writes).log(entry).tell(event);
    tx.commit(cx, Response::no_content(), stale).await
}
