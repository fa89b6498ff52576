//! The call on tags. It is public.
//! Promises that an entry of KV that is not a list of tags is not handed on.
//! Leaves counting to `store`.

use serde_json::json;

use crate::context::Context;
use crate::http::problem::Problem;
use crate::http::response::{Profile, Response};
use crate::telemetry;

use super::store::{self, Tag};

const CACHE_KEY: &str = "tags/v1";
const CACHE_SECONDS: u64 = 300;

/// GET /tags
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let platform = &cx.state.platform;
    let kept = platform.cache.get(CACHE_KEY).await.ok().flatten();
    let kept: Option<Vec<Tag>> = kept.and_then(|text| serde_json::from_str(&text).ok());
    let tags = if let Some(tags) = kept {
        tags
    } else {
        let tags = store::most_used(platform).await?;
        let text = serde_json::to_string(&tags).map_err(Problem::internal)?;
        if let Err(error) = platform.cache.put(CACHE_KEY, &text, CACHE_SECONDS).await {
            telemetry::warn(platform, "cache_unavailable", error);
        }
        tags
    };
    let answer = json!({ "data": tags, "next_cursor": null });
    Response::json(200, Profile::Live, &answer)
}
