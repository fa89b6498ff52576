//! The calls on API keys. A key is shown only in the answer that creates it.

use serde_json::json;

use crate::auth::api_key::Key;
use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{ManageAccount, SecureAccount};
use crate::http::{Page, Problem, Profile, Response, problems};
use crate::ids::ApiKeyId;
use crate::mail::{MailContent, Outgoing};
use crate::platform::{DatabaseError, Statement};
use crate::runtime::{Context, Tx};

use super::model::{ApiKey, NewApiKey};
use super::store;

/// POST /auth/api-keys
pub async fn create(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<SecureAccount>()?;
    let (given, errors) = cx.body_as()?;
    let (platform, now) = (&cx.state.platform, cx.now_ms());
    let new = NewApiKey::of(given, now, errors)?;
    let key = Key::fresh(platform, &cx.state.config.password_pepper);
    let api_key = ApiKey {
        id: ApiKeyId::fresh(platform),
        name: new.name,
        scopes: new.scopes,
        created_at: now,
        expires_at: new.expires_at,
        last_used_at: None,
    };
    let mut document = api_key.document();
    document["key"] = key.expose().into();
    let answer = Response::json(201, Profile::Private, &document)?;
    let entry = Entry::by(permit.caller(), Action::ApiKeyCreated, &api_key.id)
        .with_detail(json!({ "scopes": api_key.scopes.to_string() }));
    let content = MailContent::ApiKeyMade {
        name: api_key.name.clone(),
        scopes: api_key.scopes.to_string(),
    };
    let mail = Outgoing::to_owner(cx.state, permit.user_id(), &content)?;
    let mut writes = store::insert(&permit, &api_key, &key);
    writes.push(mail.insert());
    let answer = Tx::new(writes)
        .log(entry)
        .commit(cx, answer, Problem::new(&problems::TOO_MANY_API_KEYS))
        .await?;
    mail.wake(cx);
    Ok(answer)
}

/// GET /auth/api-keys
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let page = Page::from_query(&cx.query, ApiKeyId::parse)?;
    let found = store::list(&cx.state.platform, permit.user_id(), &page).await?;
    let documents = found.iter().map(|key| (key.id.to_string(), key.document()));
    Ok(cx.page(&page, documents))
}

/// DELETE /auth/api-keys/{id}. `ends` returns the writes that end what the key created.
pub async fn revoke(
    cx: &Context<'_>,
    ends: fn(&ApiKeyId, i64) -> Vec<Statement>,
) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let id = cx.path("id", ApiKeyId::parse)?;
    let entry = Entry::by(permit.caller(), Action::ApiKeyRevoked, &id);
    let mut writes = store::revoke(&permit, &id);
    writes.extend(ends(&id, cx.now_ms()));
    match Tx::new(writes)
        .log(entry)
        .attempt(cx, Response::no_content())
        .await
    {
        Err(DatabaseError::Stale) => Err(Problem::not_found()),
        outcome => {
            cx.state.verifier.forget_api_key(&id);
            Ok(outcome?)
        }
    }
}
