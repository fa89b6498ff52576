//! The call on signing keys.
//! Promises the public halves, and makes the first key when there is none.
//! Leaves the keys to `keys`.

use serde_json::json;

use crate::context::Context;
use crate::http::problem::Problem;
use crate::http::response::{Profile, Response};

/// GET /.well-known/jwks.json
pub async fn jwks(cx: &Context<'_>) -> Result<Response, Problem> {
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let keys = cx.state.keys.all(&config.master_keys, platform).await?;
    let documents: Vec<_> = keys.iter().map(super::keys::PublicKey::document).collect();
    Response::json(200, Profile::Keys, &json!({ "keys": documents }))
}
