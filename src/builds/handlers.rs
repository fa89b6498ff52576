//! The calls on builds. A read is one statement, a write one batch. Rules are in `model`, SQL is in
//! `store`.

use crate::auth::permissions::WriteBuilds;
use crate::events::EventType;
use crate::events::outbox::{Audience, Event};
use crate::game::model::{profession_by_id, specialization_by_id};
use crate::http::body::Body;
use crate::http::{FieldError, Page, Problem, Profile, Response, etag, problems};
use crate::ids::{BuildId, MAX_DRAWS, TeamId, UserId};
use crate::lists::{self, Filters, Shown};
use crate::membership::lookup;
use crate::membership::permissions::{ShareBuilds, TeamPermit};
use crate::platform::{DatabaseError, Platform, Text};
use crate::runtime::{Context, Tx};
use kit::time::rfc3339;

use super::events;
use super::model::{self, BuildInput, StoredBuild, WriteGrant};
use super::schemas::NewBuild;
use super::store;

const PATH: &str = "/api/v1/builds";

/// POST /builds
pub async fn create(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteBuilds>()?;
    let (given, errors) = cx.body_as()?;
    let mut input = read_input(cx, permit.user_id(), given, errors).await?;
    let said = input.given.game_build.is_some();
    input.date(said, None, cx.state.config.game_balance_build);
    let platform = &cx.state.platform;
    let now = rfc3339(cx.now_ms());
    let (user, team) = (permit.user_id(), input.team.as_ref());
    for _ in 0..MAX_DRAWS {
        let id = BuildId::fresh(platform);
        let document = model::render(&id, permit.user_id(), &input, &now, &now);
        let document = document.map_err(Problem::internal)?;
        let event = tell(cx, &events::CREATED, Some(user), team, &id, &document);
        let writes = store::insert(&permit, &id, &input, document.clone());
        let answer = answer(201, document, 1).with_header("location", format!("{PATH}/{id}"));
        match Tx::new(writes).tell(event).attempt(cx, answer).await {
            Err(DatabaseError::Stale) => {
                // Whoever has left the team meanwhile is told that.
                lookup::named_still::<ShareBuilds>(platform, user, team).await?;
                return Err(Problem::new(&problems::TOO_MANY_BUILDS));
            }
            Err(DatabaseError::Unique(column)) if column == store::NUMBER => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(Problem::unavailable("no id of this moment is free"))
}

/// The input that a body gives, with the team that its owner may share builds with.
async fn read_input(
    cx: &Context<'_>,
    owner: &UserId,
    given: NewBuild,
    mut errors: Vec<FieldError>,
) -> Result<BuildInput, Problem> {
    let (platform, named) = (&cx.state.platform, given.team_id.as_deref());
    let team = lookup::named(platform, Some(owner), named, "/team_id", &mut errors).await?;
    let permit = team.map(TeamPermit::<ShareBuilds>::of).transpose()?;
    BuildInput::of(given, permit.map(|permit| permit.team().clone()), errors)
}

/// The event that webhooks are told of.
fn tell(
    cx: &Context<'_>,
    kind: &'static EventType,
    user: Option<&UserId>,
    team: Option<&TeamId>,
    id: &BuildId,
    data: &str,
) -> Event {
    let (user, team) = (user.cloned(), team.cloned());
    let (platform, audience) = (&cx.state.platform, Audience { user, team });
    Event::new(platform, cx.trace, audience, kind, id.as_str(), data)
}

/// The event that a build is gone.
fn gone(cx: &Context<'_>, user: Option<&UserId>, team: Option<&TeamId>, id: &BuildId) -> Event {
    let data = format!("{{\"id\":\"{id}\"}}");
    tell(cx, &events::DELETED, user, team, id, &data)
}

fn answer(status: u16, document: impl Into<Text>, version: i64) -> Response {
    Response::text(status, Profile::Private, document)
        .with_header("etag", StoredBuild::etag(version))
}

/// The build of the path. What the caller may not see is not there.
async fn find(cx: &Context<'_>) -> Result<StoredBuild, Problem> {
    let id = cx.path("id", BuildId::parse)?;
    let user = cx.caller.as_ref().map(|caller| &caller.user_id);
    let build = store::find(&cx.state.platform, id, user).await?;
    let build = build.filter(|build| build.is_visible_to(cx.caller.as_ref()));
    build.ok_or_else(Problem::not_found)
}

/// GET /builds/{id}
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let build = find(cx).await?;
    let tag = StoredBuild::etag(build.version);
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Response::not_modified(Profile::Private, tag));
    }
    let version = build.version;
    Ok(answer(200, build.answer()?, version))
}

/// PUT /builds/{id}
pub async fn replace(cx: &Context<'_>) -> Result<Response, Problem> {
    let build = find(cx).await?;
    let grant = build.grant_to(&cx.permit::<WriteBuilds>()?)?;
    etag::check_if_match(cx.request, &StoredBuild::etag(build.version))?;
    let (given, errors) = cx.body_as()?;
    let input = read_input(cx, &build.owner, given, errors).await?;
    let said = input.given.game_build.is_some();
    write(cx, &grant, input, said).await
}

/// PATCH /builds/{id}
pub async fn patch(cx: &Context<'_>) -> Result<Response, Problem> {
    let build = find(cx).await?;
    let grant = build.grant_to(&cx.permit::<WriteBuilds>()?)?;
    etag::check_if_match(cx.request, &StoredBuild::etag(build.version))?;
    let patch = cx.patch()?;
    let said = !patch["game_build"].is_null();
    let mut target = build.as_input()?;
    model::apply_patch(&mut target, patch);
    let errors = cx.check_patched(&mut target);
    let input = read_input(cx, &build.owner, NewBuild::read(target), errors).await?;
    write(cx, &grant, input, said).await
}

async fn write(
    cx: &Context<'_>,
    grant: &WriteGrant<'_>,
    mut input: BuildInput,
    said: bool,
) -> Result<Response, Problem> {
    let (build, now) = (grant.build(), rfc3339(cx.now_ms()));
    let kept = build.kept()?;
    input.date(said, Some(&kept), cx.state.config.game_balance_build);
    let document = model::render(&build.id, &build.owner, &input, &kept.created_at, &now);
    let document = document.map_err(Problem::internal)?;
    let (id, owner, team) = (&build.id, Some(&build.owner), input.team.as_ref());
    let updated = tell(cx, &events::UPDATED, owner, team, id, &document);
    // For a team that it was taken from it is gone, and what it says now is not for them.
    let left = build.team.as_ref().filter(|left| team != Some(*left));
    let gone = left.map(|left| gone(cx, None, Some(left), id));
    let writes = store::replace(grant, &input, document.clone());
    let answer = answer(200, document, build.version + 1);
    let anew = input.team.as_ref().filter(|_| input.team != build.team);
    let tx = Tx::new(writes).tell(updated).tell_all(gone);
    tx.commit_or(cx, answer, why_stale(cx, build, anew)).await
}

/// Why a write was stale: the build has changed, or the team that it is shared with `anew` refuses it.
async fn why_stale(cx: &Context<'_>, build: &StoredBuild, anew: Option<&TeamId>) -> Problem {
    let now = find(cx).await;
    if anew.is_none() || !now.is_ok_and(|now| now.version == build.version) {
        return Problem::new(&problems::PRECONDITION_FAILED);
    }
    let platform = &cx.state.platform;
    match lookup::named_still::<ShareBuilds>(platform, &build.owner, anew).await {
        Ok(()) => Problem::new(&problems::TOO_MANY_BUILDS),
        Err(problem) => problem,
    }
}

/// DELETE /builds/{id}
pub async fn delete(cx: &Context<'_>) -> Result<Response, Problem> {
    let build = find(cx).await?;
    let grant = build.grant_to(&cx.permit::<WriteBuilds>()?)?;
    etag::check_if_match(cx.request, &StoredBuild::etag(build.version))?;
    let event = gone(cx, Some(&build.owner), build.team.as_ref(), &build.id);
    let tx = Tx::new(store::delete(&grant)).tell(event);
    let stale = Problem::new(&problems::PRECONDITION_FAILED);
    tx.commit(cx, Response::no_content(), stale).await
}

/// GET /builds
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let page = Page::from_query(&cx.query, BuildId::parse)?;
    let filters = read_filters(cx).await?;
    let shown = cx.shown(&filters)?;
    let (data, last) = read_page(&cx.state.platform, shown, &filters, &page).await?;
    Ok(cx.listed(data, last))
}

/// A page as a JSON array in today's words, and the id that the next one begins after.
pub async fn read_page(
    platform: &Platform,
    shown: Shown<'_>,
    filters: &Filters,
    page: &Page,
) -> Result<(Text, Option<String>), Problem> {
    let listed = lists::list(platform, &store::LISTS, shown, filters, page).await?;
    if !listed.is_stale {
        return Ok((listed.data, listed.last));
    }
    let documents = lists::list_documents(platform, &store::LISTS, shown, filters, page).await?;
    let rendered: Result<Vec<_>, _> = documents.iter().map(|d| model::rerender(d)).collect();
    let data = Text::Owned(format!("[{}]", rendered?.join(",")));
    Ok((data, listed.last))
}

async fn read_filters(cx: &Context<'_>) -> Result<Filters, Problem> {
    let mut errors = Vec::new();
    let specialization = cx.query.integer("specialization");
    let is_known = |id: i64| u8::try_from(id).is_ok_and(|id| specialization_by_id(id).is_some());
    if specialization.is_some_and(|id| !is_known(id)) {
        let (code, detail) = (
            "unknown_specialization",
            "Use an id of GET /api/v1/game/specializations.",
        );
        errors.push(FieldError::new("?specialization", code, detail));
    }
    let profession = cx.query.text("profession");
    if profession.is_some_and(|id| profession_by_id(id).is_none()) {
        let detail = "Use an id of GET /api/v1/game/professions.";
        errors.push(FieldError::new("?profession", "unknown_profession", detail));
    }
    let facets = ["game_build", "specialization", "role", "profession"];
    cx.filters(facets.map(|name| (name, name)), errors).await
}
