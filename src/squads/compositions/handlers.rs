//! The calls on compositions. A read takes one statement, a write two and one batch. Rules are in
//! `model` and `input`, SQL is in `store`.

use kit::time::rfc3339;
use serde_json::json;

use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::WriteCompositions;
use crate::events::EventType;
use crate::events::outbox::{Audience, Event};
use crate::http::body::Body;
use crate::http::{FieldError, Page, Problem, Profile, Response, etag, merge_patch, problems};
use crate::ids::{CompositionId, MAX_DRAWS, TeamId, UserId};
use crate::lists;
use crate::membership::model::Membership;
use crate::membership::permissions::{EditCompositions, TeamPermission as _, TeamPermit};
use crate::membership::{lookup, store as memberships};
use crate::platform::{DatabaseError, Text};
use crate::runtime::{Context, Tx};

use super::events;
use super::input;
use super::model::{Composition, StoredComposition, WriteGrant};
use super::schemas::NewComposition;
use super::store::{self, VersionCause};

const PATH: &str = "/api/v1/compositions";

/// POST /compositions
pub async fn create(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteCompositions>()?;
    let (given, errors) = cx.body_as()?;
    let composition = read(cx, permit.user_id(), given, None, errors).await?;
    store_new(cx, composition).await
}

/// Stores a composition that is new, and answers it.
pub async fn store_new(
    cx: &Context<'_>,
    mut composition: Composition,
) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteCompositions>()?;
    let (platform, now) = (&cx.state.platform, cx.now_ms());
    let user = permit.user_id();
    composition.owner_id = user.to_string();
    composition.created_at = rfc3339(now);
    composition.updated_at = composition.created_at.clone();
    composition.updated_by = user.to_string();
    let team = composition.team_id.as_deref().and_then(TeamId::parse);
    for _ in 0..MAX_DRAWS {
        let id = CompositionId::fresh(platform);
        composition.id = id.to_string();
        let document = composition.render()?;
        let event = tell(cx, &events::CREATED, user, team.as_ref(), &id, &document);
        let writes = store::insert(&permit, &id, &composition, &document, now);
        let answer = answer(201, document, 1).with_header("location", format!("{PATH}/{id}"));
        match Tx::new(writes).tell(event).attempt(cx, answer).await {
            Err(DatabaseError::Stale) => return Err(refusal(cx, user, team.as_ref()).await),
            Err(DatabaseError::Unique(column)) if column == store::NUMBER => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(Problem::unavailable("no id of this moment is free"))
}

/// Why a composition was not stored: there are too many, or the caller may no longer plan for the team.
async fn refusal(cx: &Context<'_>, user: &UserId, team: Option<&TeamId>) -> Problem {
    let may_plan = |member: &Membership| EditCompositions::RULE.admits(member.role);
    if let Some(team) = team {
        match memberships::membership(&cx.state.platform, team, user).await {
            Ok(now) if now.as_ref().is_some_and(may_plan) => {}
            // The next try is told what has become of it.
            Ok(_) => {
                let detail = "the team, or the caller's role in it, has just changed";
                return Problem::unavailable(detail);
            }
            Err(error) => return error.into(),
        }
    }
    Problem::new(&problems::TOO_MANY_COMPOSITIONS)
}

/// The composition that a body makes; `before` is what it changes.
pub async fn read(
    cx: &Context<'_>,
    user: &UserId,
    given: NewComposition,
    before: Option<&Composition>,
    mut errors: Vec<FieldError>,
) -> Result<Composition, Problem> {
    let platform = &cx.state.platform;
    let named = given.team_id.as_deref();
    let team = if let Some(before) = before {
        if named != before.team_id.as_deref() {
            let detail = "A composition stays where it is: copy it into the other team instead.";
            errors.push(FieldError::new("/team_id", "immutable", detail));
        }
        before.team_id.as_deref().and_then(TeamId::parse)
    } else {
        let team = lookup::named(platform, Some(user), named, "/team_id", &mut errors).await?;
        let permit = team.map(TeamPermit::<EditCompositions>::of).transpose()?;
        permit.map(|permit| permit.team().clone())
    };
    let [builds, players] = ["build_id", "player_id"].map(|member| input::named(&given, member));
    let mut known = store::known(platform, user, team.as_ref(), &builds, &players).await?;
    if let Some(before) = before {
        known.add(before);
    }
    input::read(given, team, &known, errors)
}

/// The event that webhooks are told of.
fn tell(
    cx: &Context<'_>,
    kind: &'static EventType,
    user: &UserId,
    team: Option<&TeamId>,
    id: &CompositionId,
    data: &str,
) -> Event {
    let (user, team) = (Some(user.clone()), team.cloned());
    let (platform, audience) = (&cx.state.platform, Audience { user, team });
    Event::new(platform, cx.trace, audience, kind, id.as_str(), data)
}

fn answer(status: u16, document: impl Into<Text>, version: i64) -> Response {
    Response::text(status, Profile::Private, document)
        .with_header("etag", StoredComposition::etag(version))
}

/// The composition of the path. One that the caller may not see gives 404.
pub async fn find(cx: &Context<'_>) -> Result<StoredComposition, Problem> {
    find_by(cx, cx.param("id")).await
}

/// The composition with this id, if the caller may see it.
pub async fn find_by(cx: &Context<'_>, id: &str) -> Result<StoredComposition, Problem> {
    let id = CompositionId::parse(id).ok_or_else(Problem::not_found)?;
    let user = cx.caller.as_ref().map(|caller| &caller.user_id);
    let found = store::find(&cx.state.platform, &id, user).await?;
    let found = found.filter(|composition| composition.is_visible_to(user));
    found.ok_or_else(Problem::not_found)
}

/// GET /compositions/{id}
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let composition = find(cx).await?;
    let tag = StoredComposition::etag(composition.version);
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Response::not_modified(Profile::Private, tag));
    }
    Ok(answer(200, composition.document, composition.version))
}

/// PUT /compositions/{id}
pub async fn replace(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteCompositions>()?;
    let stored = find(cx).await?;
    let grant = stored.grant_to(&permit)?;
    etag::require_if_match(cx.request, &StoredComposition::etag(stored.version))?;
    let before = Composition::parse(stored.document.as_str())?;
    let (mut body, errors) = cx.body()?;
    // Left out, the team stays: it cannot be changed.
    if let Some(members) = body.as_object_mut() {
        let team = || before.team_id.clone().into();
        members.entry("team_id").or_insert_with(team);
    }
    let given = NewComposition::read(body);
    let after = read(cx, permit.user_id(), given, Some(&before), errors).await?;
    write(cx, &grant, &before, after, VersionCause::Changed).await
}

/// PATCH /compositions/{id}
pub async fn patch(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteCompositions>()?;
    let stored = find(cx).await?;
    let grant = stored.grant_to(&permit)?;
    etag::require_if_match(cx.request, &StoredComposition::etag(stored.version))?;
    let before = Composition::parse(stored.document.as_str())?;
    let mut target = before.as_input()?;
    merge_patch::apply(&mut target, cx.patch()?);
    let errors = cx.check_patched(&mut target);
    let given = NewComposition::read(target);
    let after = read(cx, permit.user_id(), given, Some(&before), errors).await?;
    write(cx, &grant, &before, after, VersionCause::Changed).await
}

/// Writes a composition as a new version.
pub async fn write(
    cx: &Context<'_>,
    grant: &WriteGrant<'_>,
    before: &Composition,
    mut after: Composition,
    change: VersionCause,
) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteCompositions>()?;
    let stored = grant.composition();
    let (user, now) = (permit.user_id(), cx.now_ms());
    after.id.clone_from(&before.id);
    after.owner_id.clone_from(&before.owner_id);
    after.team_id.clone_from(&before.team_id);
    after.created_at.clone_from(&before.created_at);
    after.updated_at = rfc3339(now);
    after.updated_by = user.to_string();
    let document = after.render()?;
    let (id, told, team) = (&stored.id, stored.told(user), stored.team.as_ref());
    let event = tell(cx, &events::UPDATED, told, team, id, &document);
    let writes = store::replace(grant, user, &after, &document, now, change);
    let answer = answer(200, document, stored.version + 1);
    let stale = Problem::new(&problems::PRECONDITION_FAILED);
    Tx::new(writes).tell(event).commit(cx, answer, stale).await
}

/// DELETE /compositions/{id}
pub async fn delete(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteCompositions>()?;
    let stored = find(cx).await?;
    let grant = stored.grant_to(&permit)?;
    etag::check_if_match(cx.request, &StoredComposition::etag(stored.version))?;
    let data = format!("{{\"id\":\"{}\"}}", stored.id);
    let user = permit.user_id();
    let (id, told, team) = (&stored.id, stored.told(user), stored.team.as_ref());
    let event = tell(cx, &events::DELETED, told, team, id, &data);
    let entry = Entry::by(permit.caller(), Action::CompositionDeleted, &stored.id)
        .with_detail(json!({ "team_id": team.map(TeamId::as_str) }));
    let writes = store::delete(&grant, user);
    let stale = Problem::new(&problems::PRECONDITION_FAILED);
    let tx = Tx::new(writes).log(entry).tell(event);
    tx.commit(cx, Response::no_content(), stale).await
}

/// GET /compositions
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let page = Page::from_query(&cx.query, CompositionId::parse)?;
    let facets = [("mode", "mode"), ("is_template", "template")];
    let filters = cx.filters(facets, Vec::new()).await?;
    let shown = cx.shown(&filters)?;
    let listed = lists::list(&cx.state.platform, &store::LISTS, shown, &filters, &page).await?;
    Ok(cx.listed(listed.data, listed.last))
}
