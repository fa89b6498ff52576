//! The calls on shared pages. Each view asks the database once whether the link is valid, and a second
//! time only when this version has not been rendered yet. `view` and `card` render.

use db::cache::{self, Entry};

use crate::game::model::REFERENCE_VERSION;
use crate::http::{Problem, Profile, Response, etag};
use crate::runtime::Context;
use crate::squads::analysis::model::balance_tag;
use crate::squads::functions::model::FUNCTIONS_VERSION;
use crate::squads::share_links::store::SLUG;

use super::{card, read, store, view};

/// Rendered pages and images.
const CACHED: cache::Kind = cache::Kind {
    prefix: "shared/",
    max_age_ms: 86_400_000,
    is_in_memory: true,
};

/// Changes with what a page is rendered by, also before it is committed.
const LOOKS: u32 = {
    let parts: [&[u8]; 7] = [
        env!("WVW_GIT_COMMIT").as_bytes(),
        include_bytes!("templates/page.html"),
        include_bytes!("templates/bars.html"),
        include_bytes!("templates/icons.html"),
        include_bytes!("read.rs"),
        include_bytes!("view.rs"),
        include_bytes!("card.rs"),
    ];
    let (mut hash, mut part) = (0x811c_9dc5_u32, 0);
    while part < parts.len() {
        let mut at = 0;
        while at < parts[part].len() {
            hash = (hash ^ parts[part][at] as u32).wrapping_mul(0x0100_0193);
            at += 1;
        }
        part += 1;
    }
    hash
};

/// The resource of a link that is requested.
struct Kind {
    name: &'static str,
    profile: Profile,
    render: fn(&view::PageView) -> Result<Vec<u8>, Problem>,
}

const PAGE: Kind = Kind {
    name: "page",
    profile: Profile::Shared,
    render: |view| Ok(view.html()?.into_bytes()),
};
const CARD: Kind = Kind {
    name: "card",
    profile: Profile::Picture,
    render: |view| Ok(card::draw(view)),
};

/// GET /c/{slug}
pub async fn page(cx: &Context<'_>) -> Result<Response, Problem> {
    if let Some(answer) = answer(cx, &PAGE).await? {
        return Ok(answer);
    }
    let missing = view::missing()?.into_bytes();
    Ok(Response::bytes(404, Profile::Missing, missing))
}

/// GET /c/{slug}/card.png
pub async fn card(cx: &Context<'_>) -> Result<Response, Problem> {
    let answer = answer(cx, &CARD).await?;
    answer.ok_or(Problem::not_found())
}

/// `None` when the link leads nowhere.
async fn answer(cx: &Context<'_>, kind: &Kind) -> Result<Option<Response>, Problem> {
    let (slug, platform) = (cx.param("slug"), &cx.state.platform);
    if slug.len() != SLUG || !slug.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(None);
    }
    let Some(state) = store::state(platform, slug).await? else {
        return Ok(None);
    };
    let name = name_of(cx, kind, &state);
    let tag = format!("\"{name}\"");
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Some(Response::not_modified(kind.profile, tag)));
    }
    let cache = &cx.state.cache;
    if let Some(entry) = cache.find(platform, &CACHED, &name).await {
        return Ok(Some(found(kind, &name, &entry)));
    }
    let Some(shared) = store::read(platform, slug).await? else {
        return Ok(None);
    };
    // It may have changed meanwhile: the cache key is the state that was rendered.
    let name = name_of(cx, kind, &shared.state);
    let url = format!("{}/c/{slug}", cx.state.config.issuer);
    let card = name_of(cx, &CARD, &shared.state);
    let view = read::view(&shared, cx.state.config.game_balance_build, url, card)?;
    let entry = Entry {
        at_ms: cx.now_ms(),
        bytes: (kind.render)(&view)?.into(),
    };
    cache.keep(platform, &CACHED, &name, &entry).await;
    Ok(Some(found(kind, &name, &entry)))
}

fn found(kind: &Kind, name: &str, entry: &Entry) -> Response {
    Response::bytes(200, kind.profile, entry.bytes.to_vec())
        .with_header("etag", format!("\"{name}\""))
}

/// A name that changes whenever the page may change.
fn name_of(cx: &Context<'_>, kind: &Kind, state: &str) -> String {
    let balance = balance_tag(cx.state.config.game_balance_build);
    let code = format!("{LOOKS:x} {balance}");
    let parts = [kind.name, cx.param("slug"), state, &code];
    let tag = etag::of_parts(&[&parts[..], &[REFERENCE_VERSION, FUNCTIONS_VERSION]].concat());
    tag.trim_matches('"').to_owned()
}
