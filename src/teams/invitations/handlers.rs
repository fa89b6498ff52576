//! The calls on invitations. A code is shown only in the response that creates it.

use serde_json::json;

use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{GovernTeams, ReadTeams, WriteTeams};
use crate::http::{Page, Problem, Profile, Response, problems};
use crate::ids::InvitationId;
use crate::membership::model::TeamRole;
use crate::membership::permissions::{Invite, TeamPermit};
use crate::platform::DatabaseError;
use crate::runtime::{Context, Tx};
use crate::teams::events;
use crate::teams::handlers::{display_name, member_event};

use super::code::InvitationCode;
use super::model::NewInvitation;
use super::schemas::Acceptance;
use super::{store, view};

const PAGE: &str = "/i";
/// Attempts at a write that others keep making stale.
const MAX_TRIES: usize = 5;

/// POST /teams/{id}/invitations
pub async fn create(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<WriteTeams>()?;
    let permit = TeamPermit::<Invite>::of(cx.membership(user.user_id()).await?)?;
    let input = cx.valid_body()?;
    let platform = &cx.state.platform;
    let id = InvitationId::fresh(platform);
    let invitation = NewInvitation::of(&input, id, cx.now_ms());
    invitation.check_rank(permit.role())?;
    if invitation.role > TeamRole::Member {
        // Equivalent to giving someone the role.
        cx.permit::<GovernTeams>()?;
    }
    let code = InvitationCode::fresh(platform);
    let mut document = invitation.document(permit.user());
    document["code"] = code.expose().into();
    let url = [&cx.state.config.issuer, PAGE, "/", code.expose()].concat();
    document["url"] = url.into();
    let answer = Response::json(201, Profile::Private, &document)?;
    let entry = Entry::by(user.caller(), Action::InvitationCreated, &invitation.id);
    let entry = entry.with_detail(json!({
        "team_id": permit.team().as_str(),
        "role": invitation.role.as_str(),
        "max_uses": invitation.max_uses,
    }));
    let writes = store::insert(&permit, &invitation, &code, user.caller().api_key_id());
    match Tx::new(writes).log(entry).attempt(cx, answer).await {
        Err(DatabaseError::Stale) => {
            let now = TeamPermit::<Invite>::of(cx.membership(permit.user()).await?)?;
            Err(if now.role() == permit.role() {
                Problem::new(&problems::TOO_MANY_INVITATIONS)
            } else {
                Problem::unavailable("the inviter's role has just changed")
            })
        }
        outcome => Ok(outcome?),
    }
}

/// GET /teams/{id}/invitations
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<ReadTeams>()?;
    let permit = TeamPermit::<Invite>::of(cx.membership(user.user_id()).await?)?;
    let page = Page::from_query(&cx.query, InvitationId::parse)?;
    let listed = store::list(&cx.state.platform, &permit, cx.now_ms(), &page).await?;
    Ok(cx.listed(listed.data, listed.last))
}

/// DELETE `/teams/{id}/invitations/{invitation_id}`
pub async fn withdraw(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<WriteTeams>()?;
    let permit = TeamPermit::<Invite>::of(cx.membership(user.user_id()).await?)?;
    let id = cx.path("invitation_id", InvitationId::parse)?;
    let entry = Entry::by(user.caller(), Action::InvitationWithdrawn, &id);
    let entry = entry.with_detail(json!({ "team_id": permit.team().as_str() }));
    let writes = store::withdraw(&permit, &id);
    match Tx::new(writes)
        .log(entry)
        .attempt(cx, Response::no_content())
        .await
    {
        Err(DatabaseError::Stale) => {
            // The invitation is gone, or the caller's role changed.
            TeamPermit::<Invite>::of(cx.membership(permit.user()).await?)?;
            Err(Problem::not_found())
        }
        outcome => Ok(outcome?),
    }
}

/// GET /invitations/{code}
pub async fn show(cx: &Context<'_>) -> Result<Response, Problem> {
    let code = cx.path("code", InvitationCode::parse)?;
    let found = store::find(&cx.state.platform, &code, None).await?;
    let (invitation, _) = found.ok_or_else(Problem::not_found)?;
    invitation.check_open(cx.now_ms())?;
    Response::json(200, Profile::Live, &invitation.preview())
}

/// GET /i/{code}
pub async fn page(cx: &Context<'_>) -> Result<Response, Problem> {
    let platform = &cx.state.platform;
    let mut shown = None;
    if let Some(code) = InvitationCode::parse(cx.param("code"))
        && let Some((invitation, _)) = store::find(platform, &code, None).await?
        && invitation.check_open(cx.now_ms()).is_ok()
    {
        shown = Some(view::page(&invitation, &code, &cx.state.config.issuer)?);
    }
    let (status, page) = match shown {
        Some(page) => (200, page),
        None => (404, view::nothing()?),
    };
    Ok(Response::bytes(status, Profile::Missing, page.into_bytes()))
}

/// POST /invitations/accept
pub async fn accept(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteTeams>()?;
    let acceptance: Acceptance = cx.valid_body()?;
    let code = InvitationCode::find_in(&acceptance.code).ok_or_else(Problem::not_found)?;
    let display_name = display_name(cx, permit.user_id()).await?;
    let now = cx.now_ms();
    for _ in 0..MAX_TRIES {
        let found = store::find(&cx.state.platform, &code, Some(permit.user_id())).await?;
        let Some((invitation, Some(guest))) = found else {
            return Err(Problem::not_found());
        };
        guest.check(&invitation, now)?;
        let member = &guest.membership;
        let mut team = invitation.team;
        team["member_count"] = (invitation.member_count + 1).into();
        let answer = Response::json(200, Profile::Private, &team)?;
        let event = member_event(cx, &member.user, &events::MEMBER_ADDED, member);
        let entry = Entry::by(permit.caller(), Action::TeamMemberJoined, &member.user);
        let entry = entry.with_detail(json!({
            "team_id": member.team.as_str(),
            "role": member.role.as_str(),
            "invitation_id": invitation.id,
        }));
        let writes = store::accept(&code, member, &display_name, now);
        match Tx::new(writes)
            .log(entry)
            .tell(event)
            .attempt(cx, answer)
            .await
        {
            Err(DatabaseError::Stale) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(Problem::unavailable("an invitation changed at every try"))
}
