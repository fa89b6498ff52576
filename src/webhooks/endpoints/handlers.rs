//! The calls on endpoints.
//! Promises that a secret leaves the service in the answer that made it, and never again.
//! Leaves rules to `model`, SQL to `store`, the test to `test_send`.

use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::http::pagination::{self, Page};
use crate::http::problem::{FieldError, Problem};
use crate::http::response::{Profile, Response};
use crate::http::{etag, merge_patch, problems};
use crate::identity::audit::{Action, Entry};
use crate::identity::permissions::{Permit, ReadWebhooks, WriteWebhooks};
use crate::ids::{TeamId, UserId, WebhookId};
use crate::platform::{DatabaseError, Lane, Message, Platform};
use crate::teams::lookup;
use crate::teams::permissions::{ManageWebhooks, TeamPermit};
use crate::telemetry::rfc3339;

use super::model::{self, Health, Webhook, WebhookInput};
use super::store::{self, Sealer};

const PATH: &str = "/api/v1/webhooks";

/// What opens and seals for this request.
pub fn sealer<'a>(cx: &'a Context<'_>) -> Sealer<'a> {
    Sealer {
        master: &cx.state.config.master_keys,
        platform: &cx.state.platform,
    }
}

/// The caller's endpoint of the path. Other people's are not there.
pub async fn find(cx: &Context<'_>, user: &UserId) -> Result<Webhook, Problem> {
    let not_found = || Problem::new(&problems::NOT_FOUND);
    let id = WebhookId::parse(cx.path_value).ok_or_else(not_found)?;
    let webhook = store::find(sealer(cx), user, &id).await?;
    webhook.ok_or_else(not_found)
}

/// Wakes whoever delivers: this endpoint has something due.
pub fn wake(platform: &Platform, id: &WebhookId) {
    let message = Message {
        body: id.to_string(),
        delay_seconds: 0,
    };
    platform.queue.send(Lane::Slow, vec![message]);
}

fn answer(status: u16, webhook: &Webhook, document: &Value, now: i64) -> Result<Response, Problem> {
    let answer = Response::json(status, Profile::Private, document)?;
    Ok(answer.with_header("etag", webhook.etag(now)))
}

/// The team that a body names, if its owner may have webhooks there.
async fn read_team(
    cx: &Context<'_>,
    user: &UserId,
    body: &Value,
    errors: &mut Vec<FieldError>,
) -> Result<Option<TeamId>, Problem> {
    let (platform, named) = (&cx.state.platform, &body["team_id"]);
    let team = lookup::named(platform, Some(user), named, "/team_id", errors).await?;
    let permit = team.map(TeamPermit::<ManageWebhooks>::of).transpose()?;
    Ok(permit.map(|permit| permit.team().clone()))
}

/// GET /webhooks/event-types
pub async fn event_types(_: &Context<'_>) -> Result<Response, Problem> {
    Ok(Response::asset(
        Profile::Public,
        "/webhook-event-types.json",
    ))
}

/// POST /webhooks
pub async fn create(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteWebhooks>()?;
    let (body, mut errors) = cx.body()?;
    let (state, now) = (cx.state, cx.now_ms());
    let secret = model::read_secret(&body, &state.platform, &mut errors);
    let team = read_team(cx, permit.user_id(), &body, &mut errors).await?;
    let (config, platform) = (&state.config, &state.platform);
    let input = WebhookInput::from_json(&body, team, config, platform, errors).await?;
    let secret = secret.ok_or_else(|| Problem::internal("a secret without mistakes is none"))?;
    let is_enabled = input.is_enabled;
    let webhook = Webhook {
        id: WebhookId::fresh(&state.platform),
        input,
        version: 1,
        created_at: now,
        updated_at: now,
        disabled_at: (!is_enabled).then_some(now),
        disabled_reason: (!is_enabled).then(|| "owner".to_owned()),
        health: Health::default(),
        next_slot_us: 0,
    };
    let mut document = webhook.document(now);
    document["secret"] = secret.to_text().as_str().into();
    let location = [PATH, "/", webhook.id.as_str()].concat();
    let answer = answer(201, &webhook, &document, now)?.with_header("location", location);
    let entry = entry(&permit, Action::WebhookCreated, &webhook, None);
    let writes =
        store::insert(&permit, &webhook, &secret, sealer(cx)).map_err(Problem::internal)?;
    match cx.commit(writes, &[entry], answer).await {
        Err(DatabaseError::Stale) => {
            // Whoever has lost their role meanwhile is told that.
            let (user, team) = (permit.user_id(), webhook.input.team.as_ref());
            lookup::named_still::<ManageWebhooks>(platform, user, team).await?;
            Err(Problem::new(&problems::TOO_MANY_WEBHOOKS))
        }
        outcome => Ok(outcome?),
    }
}

/// GET /webhooks
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadWebhooks>()?;
    let page = Page::from_query(&cx.query, |text| WebhookId::parse(text).is_some())?;
    let found = store::list(sealer(cx), permit.user_id(), &page).await?;
    let now = cx.now_ms();
    let documents = found
        .iter()
        .map(|webhook| (webhook.id.to_string(), webhook.document(now)));
    let path = format!("{}{PATH}", cx.state.config.issuer);
    Ok(pagination::respond_with(&page, documents, &path, &cx.query))
}

/// GET /webhooks/{id}
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadWebhooks>()?;
    let webhook = find(cx, permit.user_id()).await?;
    let now = cx.now_ms();
    let tag = webhook.etag(now);
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Response::not_modified(Profile::Private, tag));
    }
    answer(200, &webhook, &webhook.document(now), now)
}

/// PATCH /webhooks/{id}
pub async fn patch(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteWebhooks>()?;
    let before = find(cx, permit.user_id()).await?;
    let now = cx.now_ms();
    etag::check_if_match(cx.request, &before.etag(now))?;
    let patch = cx.patch()?;
    let was = before.as_input();
    let mut target = was.clone();
    merge_patch::apply(&mut target, patch);
    let mut errors = cx.check_patched(&mut target);
    let team = read_team(cx, permit.user_id(), &target, &mut errors).await?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let input = WebhookInput::from_json(&target, team, config, platform, errors).await?;
    let after = before.changed(input, now);
    let is = after.as_input();
    let members = is.as_object().into_iter().flatten();
    let changed: Vec<&str> = members
        .filter(|(name, value)| was[name.as_str()] != **value)
        .map(|(name, _)| name.as_str())
        .collect();
    let entry = entry(&permit, Action::WebhookChanged, &after, Some(&changed));
    let writes = store::update(&permit, &before, &after, sealer(cx)).map_err(Problem::internal)?;
    let answer = answer(200, &after, &after.document(now), now)?;
    let answer = commit(cx, writes, entry, answer).await?;
    if after.disabled_at.is_none() && before.health != after.health
        || before.disabled_at.is_some() && after.disabled_at.is_none()
    {
        wake(platform, &after.id);
    }
    Ok(answer)
}

/// DELETE /webhooks/{id}
pub async fn delete(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteWebhooks>()?;
    let webhook = find(cx, permit.user_id()).await?;
    etag::check_if_match(cx.request, &webhook.etag(cx.now_ms()))?;
    let entry = entry(&permit, Action::WebhookDeleted, &webhook, None);
    let writes = store::delete(&permit, &webhook);
    commit(cx, writes, entry, Response::no_content()).await
}

/// What the audit log says of an endpoint: which members of it were changed, and whose it is.
fn entry(
    permit: &Permit<'_, WriteWebhooks>,
    action: Action,
    webhook: &Webhook,
    changed: Option<&[&str]>,
) -> Entry {
    let mut detail = Map::new();
    if let Some(changed) = changed {
        detail.insert("members".to_owned(), changed.into());
    }
    if let Some(team) = &webhook.input.team {
        detail.insert("team_id".to_owned(), team.as_str().into());
    }
    let entry = Entry::by(permit.caller(), action, &webhook.id);
    if detail.is_empty() {
        return entry;
    }
    entry.with_detail(detail.into())
}

/// Runs a write that changes the endpoint, unless someone else has just changed it.
async fn commit(
    cx: &Context<'_>,
    writes: Vec<crate::platform::Statement>,
    entry: Entry,
    answer: Response,
) -> Result<Response, Problem> {
    match cx.commit(writes, &[entry], answer).await {
        Err(DatabaseError::Stale) => Err(Problem::new(&problems::PRECONDITION_FAILED)),
        outcome => Ok(outcome?),
    }
}

/// POST /webhooks/{id}/rotate-secret
pub async fn rotate_secret(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteWebhooks>()?;
    let webhook = find(cx, permit.user_id()).await?;
    let (body, mut errors) = cx.body()?;
    let (platform, now) = (&cx.state.platform, cx.now_ms());
    let secret = model::read_secret(&body, platform, &mut errors);
    let Some(secret) = secret.filter(|_| errors.is_empty()) else {
        return Err(Problem::invalid(errors));
    };
    let overlap = body["overlap_seconds"].as_i64();
    let expires_at = now + overlap.unwrap_or(model::OVERLAP_SECONDS) * 1_000;
    let document = json!({
        "secret": secret.to_text().as_str(),
        "previous_expires_at": rfc3339(expires_at),
    });
    let answer = Response::json(200, Profile::Private, &document)?;
    let writes = store::rotate(&permit, &webhook, &secret, expires_at, now, sealer(cx));
    let writes = writes.map_err(Problem::internal)?;
    let entry = entry(&permit, Action::WebhookSecretRotated, &webhook, None);
    match cx.commit(writes, &[entry], answer).await {
        Err(DatabaseError::Stale) => Err(Problem::new(&problems::TOO_MANY_SECRETS)),
        outcome => Ok(outcome?),
    }
}
