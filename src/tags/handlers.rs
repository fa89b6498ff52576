//! The call on tags. It is public. A KV entry that is not a list of tags is not returned. `store` counts.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::http::problem::Problem;
use crate::http::response::{Profile, Response};
use crate::runtime::Context;

use super::store::{self, Tag};

const CACHE_KEY: &str = "tags/v1";
const MAX_AGE_MS: i64 = 300_000;
/// Longer than an entry is of use.
const CACHE_SECONDS: u64 = 600;

/// An entry of KV. It says when it was made: KV may hand it out for longer.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    at: i64,
    tags: Vec<Tag>,
}

/// GET /tags
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let (platform, now) = (&cx.state.platform, cx.now_ms());
    let kept = platform.cache.get(CACHE_KEY).await.ok().flatten();
    let kept: Option<Counted> = kept.and_then(|text| serde_json::from_str(&text).ok());
    let kept = kept.filter(|kept| (0..MAX_AGE_MS).contains(&(now - kept.at)));
    let tags = if let Some(kept) = kept {
        kept.tags
    } else {
        let tags = store::most_used(platform).await?;
        let counted = Counted { at: now, tags };
        let text = serde_json::to_string(&counted).map_err(Problem::internal)?;
        if let Err(error) = platform.cache.put(CACHE_KEY, &text, CACHE_SECONDS).await {
            platform.warn("cache_unavailable", error);
        }
        counted.tags
    };
    let answer = json!({ "data": tags, "next_cursor": null });
    Response::json(200, Profile::Live, &answer)
}
