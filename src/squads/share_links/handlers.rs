//! The calls on share links.
//! Promises that only whoever may change a composition shares it.
//! Leaves the page to `page`.

use crate::base62;
use crate::context::Context;
use crate::http::pagination::{self, Page};
use crate::http::problem::Problem;
use crate::http::problems;
use crate::http::response::{Profile, Response};
use crate::identity::permissions::WriteCompositions;
use crate::ids::ShareLinkId;
use crate::platform::DatabaseError;
use crate::squads::compositions::handlers::find;

use super::store::{self, SLUG, ShareLink};

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
    match cx.commit(store::insert(&grant, &link), &[], answer).await {
        Err(DatabaseError::Stale) => Err(Problem::new(&problems::TOO_MANY_SHARE_LINKS)),
        outcome => Ok(outcome?),
    }
}

/// GET /compositions/{id}/share-links
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let page = Page::from_query(&cx.query, |text| ShareLinkId::parse(text).is_some())?;
    let composition = find(cx).await?;
    let grant = composition.grant_to(&cx.permit::<WriteCompositions>()?)?;
    let issuer = &cx.state.config.issuer;
    let links = store::list(&cx.state.platform, &grant, &page).await?;
    let items = links
        .iter()
        .map(|link| (link.id.clone(), link.document(issuer)));
    let path = format!(
        "{issuer}/api/v1/compositions/{}/share-links",
        composition.id
    );
    Ok(pagination::respond_with(&page, items, &path, &cx.query))
}

/// DELETE /compositions/{id}/share-links/{link_id}
pub async fn delete(cx: &Context<'_>) -> Result<Response, Problem> {
    let composition = find(cx).await?;
    let grant = composition.grant_to(&cx.permit::<WriteCompositions>()?)?;
    let not_found = || Problem::new(&problems::NOT_FOUND);
    let id = ShareLinkId::parse(cx.inner_path_value).ok_or_else(not_found)?;
    let writes = store::delete(&grant, &id);
    match cx.commit(writes, &[], Response::no_content()).await {
        Err(DatabaseError::Stale) => Err(not_found()),
        outcome => Ok(outcome?),
    }
}
