//! The call on tags. It is public. `store` counts.

use db::cache::{self, Entry};
use serde_json::json;

use crate::http::json::read;
use crate::http::{Problem, Profile, Response};
use crate::runtime::Context;

use super::store::{self, TagCount};

const CACHED: cache::Kind = cache::Kind {
    prefix: "tags/v2",
    max_age_ms: 300_000,
    is_in_memory: false,
};

/// GET /tags
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let (platform, cache) = (&cx.state.platform, &cx.state.cache);
    let cached = cache.find(platform, &CACHED, "").await;
    let cached = cached.and_then(|entry| read::<Vec<TagCount>>(&entry.bytes));
    let tags = if let Some(tags) = cached {
        tags
    } else {
        let at_ms = cx.now_ms();
        let tags = store::most_used(platform).await?;
        let bytes = serde_json::to_vec(&tags).map_err(Problem::internal)?.into();
        cache
            .keep(platform, &CACHED, "", &Entry { at_ms, bytes })
            .await;
        tags
    };
    let answer = json!({ "data": tags, "next_cursor": null });
    Response::json(200, Profile::Live, &answer)
}
