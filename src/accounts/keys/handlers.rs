//! The calls on signing keys, of which only the public half is shown.

use kit::time::rfc3339;
use serde_json::{Value, json};

use super::operations::KeyRotation;
use crate::auth::audit::{Action, Entry};
use crate::auth::keys::model::Life;
use crate::auth::keys::{KeyError, PublicKey, reseal, rotation, store};
use crate::auth::permissions::{ReadAdmin, WriteAdmin};
use crate::http::{Problem, Profile, Response};
use crate::runtime::{Context, State, Tx};

fn document(kid: &str, life: &Life, now: i64) -> Value {
    json!({
        "kid": kid,
        "state": life.state(now).as_str(),
        "created_at": rfc3339(life.created_at),
        "activates_at": rfc3339(life.activates_at),
        "retires_at": life.retires_at.map(rfc3339),
        "removed_at": life.removed_at.map(rfc3339),
        "revoked_at": life.revoked_at.map(rfc3339),
    })
}

/// GET /admin/signing-keys
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    cx.permit::<ReadAdmin>()?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let keys = store::all(platform).await?;
    let left = reseal::count_left(cx.state.sealed, &config.master_keys, platform).await?;
    let now = cx.now_ms();
    let items: Vec<_> = keys
        .iter()
        .map(|key| document(&key.kid, &key.life, now))
        .collect();
    let answer = json!({ "data": items, "next_cursor": null, "left_to_reseal": left });
    Response::json(200, Profile::Private, &answer)
}

/// POST /admin/signing-keys/rotate
pub async fn rotate(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteAdmin>()?;
    let KeyRotation { revoke_current } = cx.valid_body()?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let rotation =
        rotation::emergency(&permit, &config.master_keys, platform, revoke_current).await?;
    let caller = permit.caller();
    let created = Entry::by(caller, Action::SigningKeyCreated, &rotation.kid);
    let revoked = rotation.revoked.iter();
    let revoked = revoked.map(|kid| Entry::by(caller, Action::SigningKeyRevoked, kid));
    let entries: Vec<_> = std::iter::once(created).chain(revoked).collect();
    let answer = document(&rotation.kid, &rotation.life, cx.now_ms());
    let answer = Response::json(201, Profile::Private, &answer)?;
    let committed = Tx::new(rotation.writes)
        .log_all(entries)
        .attempt(cx, answer)
        .await;
    let answer = committed.map_err(KeyError::from)?;
    announce(cx.state).await;
    Ok(answer)
}

/// Refreshes this isolate and KV after a rotation; others read the keys again within five minutes.
async fn announce(state: &State) {
    state.verifier.forget_all();
    // The cached keys are older than the rotation: dropped even if the read fails.
    state.keys.forget();
    let _ = state.keys.refresh(&state.platform).await;
}

/// GET /.well-known/jwks.json
pub async fn jwks(cx: &Context<'_>) -> Result<Response, Problem> {
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let keys = cx.state.keys.all(&config.master_keys, platform).await?;
    let documents: Vec<_> = keys.iter().map(PublicKey::document).collect();
    Response::json(200, Profile::Keys, &json!({ "keys": documents }))
}
