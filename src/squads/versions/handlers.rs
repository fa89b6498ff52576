//! The calls on versions. Only users who may change a composition see its earlier versions.
//! `compositions::handlers` has the effects of a write.

use crate::auth::permissions::WriteCompositions;
use crate::http::{Page, Problem, Profile, Response, etag};
use crate::platform::Text;
use crate::runtime::Context;
use crate::squads::compositions::handlers::{find as find_composition, write};
use crate::squads::compositions::model::{Composition, StoredComposition, WriteGrant};
use crate::squads::compositions::store::VersionCause;

use super::store;

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

async fn find(cx: &Context<'_>, grant: &WriteGrant<'_>) -> Result<Text, Problem> {
    let text = Some(cx.param("version")).filter(|text| is_number(text));
    let found = match text.and_then(|text| text.parse().ok()) {
        Some(number) => store::find(&cx.state.platform, grant, number).await?,
        None => None,
    };
    found.ok_or_else(Problem::not_found)
}

/// GET /compositions/{id}/versions
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let page = Page::from_query(&cx.query, |text| is_number(text).then_some(()))?;
    let composition = find_composition(cx).await?;
    let grant = composition.grant_to(&cx.permit::<WriteCompositions>()?)?;
    let items = store::list(&cx.state.platform, &grant, &page).await?;
    Ok(cx.page(&page, items))
}

/// GET /compositions/{id}/versions/{version}
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let composition = find_composition(cx).await?;
    let grant = composition.grant_to(&cx.permit::<WriteCompositions>()?)?;
    let document = find(cx, &grant).await?;
    Ok(Response::text(200, Profile::Private, document))
}

/// POST /compositions/{id}/versions/{version}/restore
pub async fn restore(cx: &Context<'_>) -> Result<Response, Problem> {
    let composition = find_composition(cx).await?;
    let grant = composition.grant_to(&cx.permit::<WriteCompositions>()?)?;
    etag::require_if_match(cx.request, &StoredComposition::etag(composition.version))?;
    let document = find(cx, &grant).await?;
    let before = Composition::parse(composition.document.as_str())?;
    let mut earlier = Composition::parse(document.as_str())?;
    // What is brought back is the plan: who may see it is decided anew, not by what it once was.
    earlier.visibility = before.visibility;
    write(cx, &grant, &before, earlier, VersionCause::Restored).await
}
