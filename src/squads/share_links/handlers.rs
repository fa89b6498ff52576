//! The calls on share links. Only users who may change a composition may share it. `page` renders it.

use serde_json::json;

use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{Permit, WriteCompositions};
use crate::base62;
use crate::http::{Page, Problem, Profile, Response, problems};
use crate::ids::{ShareLinkId, TeamId};
use crate::runtime::{Context, Tx, why_stale};
use crate::squads::compositions::handlers::find;
use crate::squads::compositions::model::StoredComposition;

use super::store::{self, SLUG, ShareLink};

fn entry(
    permit: &Permit<'_, WriteCompositions>,
    action: Action,
    link: &str,
    composition: &StoredComposition,
) -> Entry {
    Entry::by(permit.caller(), action, link).with_detail(json!({
        "composition_id": composition.id.as_str(),
        "team_id": composition.team.as_ref().map(TeamId::as_str),
    }))
}

/// POST /compositions/{id}/share-links
pub async fn create(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteCompositions>()?;
    let composition = find(cx).await?;
    let grant = composition.grant_to(&permit)?;
    let platform = &cx.state.platform;
    let link = ShareLink {
        id: ShareLinkId::fresh(platform).to_string(),
        slug: base62::encode(&platform.random_bytes::<16>(), SLUG).to_string(),
        created_by: permit.user_id().to_string(),
        created_at: cx.now_ms(),
    };
    let document = link.document(&cx.state.config.issuer);
    let answer = Response::json(201, Profile::Private, &document)?;
    let entry = entry(&permit, Action::ShareLinkCreated, &link.id, &composition);
    let writes = store::insert(&grant, &link, permit.caller().api_key_id());
    let stale = why_stale(
        check_grant(cx, &permit),
        Problem::new(&problems::TOO_MANY_SHARE_LINKS),
    );
    let tx = Tx::new(writes).log(entry);
    tx.commit_or(cx, answer, stale).await
}

/// Another write may have taken the right to share.
async fn check_grant(
    cx: &Context<'_>,
    permit: &Permit<'_, WriteCompositions>,
) -> Result<(), Problem> {
    find(cx).await?.grant_to(permit).map(drop)
}

/// GET /compositions/{id}/share-links
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let page = Page::from_query(&cx.query, ShareLinkId::parse)?;
    let composition = find(cx).await?;
    let grant = composition.grant_to(&cx.permit::<WriteCompositions>()?)?;
    let issuer = &cx.state.config.issuer;
    let links = store::list(&cx.state.platform, &grant, &page).await?;
    let items = links
        .iter()
        .map(|link| (link.id.clone(), link.document(issuer)));
    Ok(cx.page(&page, items))
}

/// DELETE /compositions/{id}/share-links/{link_id}
pub async fn delete(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteCompositions>()?;
    let composition = find(cx).await?;
    let grant = composition.grant_to(&permit)?;
    let id = cx.path("link_id", ShareLinkId::parse)?;
    let (action, link) = (Action::ShareLinkWithdrawn, id.as_str());
    let entry = entry(&permit, action, link, &composition);
    let writes = store::delete(&grant, permit.user_id(), &id);
    let stale = why_stale(check_grant(cx, &permit), Problem::not_found());
    let tx = Tx::new(writes).log(entry);
    tx.commit_or(cx, Response::no_content(), stale).await
}
