//! The calls on endpoints. A secret is shown only in the answer of the call that made it.

use kit::time::rfc3339;
use serde_json::{Map, Value, json};

use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{AimWebhooks, Permission, Permit, ReadWebhooks, WriteWebhooks};
use crate::http::{FieldError, Page, Problem, Profile, Response, etag, merge_patch, problems};
use crate::ids::{TeamId, UserId, WebhookId};
use crate::limits::guard::Principal;
use crate::membership::lookup;
use crate::membership::permissions::{ManageWebhooks, TeamPermit};
use crate::membership::store::membership;
use crate::platform::Statement;
use crate::runtime::{Context, Tx, why_stale};
use crate::webhooks::check_target;
use crate::webhooks::delivery::wake;

use super::model::{self, Health, Maker, Webhook, WebhookInput};
use super::proof;
use super::schemas::SecretRotation;
use super::store::{self, Sealer};

const PATH: &str = "/api/v1/webhooks";

pub fn sealer<'a>(cx: &'a Context<'_>) -> Sealer<'a> {
    Sealer {
        master: &cx.state.config.master_keys,
        platform: &cx.state.platform,
    }
}

/// The caller's endpoint of the path; 404 for anyone else's.
pub async fn find(cx: &Context<'_>, user: &UserId) -> Result<Webhook, Problem> {
    let id = cx.path("id", WebhookId::parse)?;
    find_of(cx, user, &id).await
}

/// This endpoint of the caller; 404 for anyone else's.
pub async fn find_of(cx: &Context<'_>, user: &UserId, id: &WebhookId) -> Result<Webhook, Problem> {
    let webhook = store::find(sealer(cx), user, id).await?;
    webhook.ok_or_else(Problem::not_found)
}

fn answer(status: u16, webhook: &Webhook, document: &Value, now: i64) -> Result<Response, Problem> {
    let answer = Response::json(status, Profile::Private, document)?;
    Ok(answer.with_header("etag", webhook.etag(now)))
}

/// The team that a body names, if the caller may manage webhooks there.
async fn read_team(
    cx: &Context<'_>,
    user: &UserId,
    body: &Value,
    errors: &mut Vec<FieldError>,
) -> Result<Option<TeamId>, Problem> {
    let (platform, named) = (&cx.state.platform, body["team_id"].as_str());
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
    let permit = cx.permit::<AimWebhooks>()?;
    let (body, mut errors) = cx.body()?;
    let (state, now) = (cx.state, cx.now_ms());
    let secret = model::read_secret(body["secret"].as_str(), &state.platform, &mut errors);
    let team = read_team(cx, permit.user_id(), &body, &mut errors).await?;
    let platform = &state.platform;
    let input = WebhookInput::from_json(&body, team, state, errors).await?;
    let secret = secret.ok_or_else(|| Problem::internal("a secret without mistakes is none"))?;
    // A subscription to all types needs no scope: each event is checked.
    if input.event_types != [model::ALL]
        && let Some(scope) = input.missing_scope(cx.state.events, permit.caller())
    {
        return Err(Problem::insufficient_scope(scope.as_str()));
    }
    let is_enabled = input.is_enabled;
    if is_enabled {
        charge_ping(cx, permit.user_id(), &input.url).await?;
    }
    let webhook = Webhook {
        id: WebhookId::fresh(&state.platform),
        api_key: permit.caller().api_key_id().cloned(),
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
    let mut writes =
        store::insert(&permit, &webhook, &secret, sealer(cx)).map_err(Problem::internal)?;
    if is_enabled {
        writes.extend(ping(cx, permit.user_id(), &webhook));
    }
    let check = check_conflict(cx, permit.user_id(), &webhook);
    let refusal = why_stale(check, Problem::new(&problems::TOO_MANY_WEBHOOKS));
    let tx = Tx::new(writes).log(entry);
    let answer = tx.commit_or(cx, answer, refusal).await?;
    if is_enabled {
        wake(platform, &webhook.id);
    }
    Ok(answer)
}

/// Fails if a stale write was due to the caller's role or the URL.
async fn check_conflict(cx: &Context<'_>, user: &UserId, webhook: &Webhook) -> Result<(), Problem> {
    let (platform, team) = (&cx.state.platform, webhook.input.team.as_ref());
    lookup::named_still::<ManageWebhooks>(platform, user, team).await?;
    if store::has_url(platform, user, &webhook.input.url, &webhook.id).await? {
        return Err(Problem::new(&problems::WEBHOOK_URL_TAKEN));
    }
    Ok(())
}

/// Charges a ping to the caller's limit and to that of the host, which has not agreed to it.
pub async fn charge_ping(cx: &Context<'_>, user: &UserId, url: &str) -> Result<(), Problem> {
    let meter = cx.meter;
    meter.charge_too(Principal::WebhookPing(user)).await?;
    let host = proof::host(url);
    meter.charge_too(Principal::WebhookHost(host)).await
}

fn ping(cx: &Context<'_>, user: &UserId, webhook: &Webhook) -> Vec<Statement> {
    let platform = &cx.state.platform;
    proof::ping(platform, cx.trace, user, &webhook.id, cx.now_ms())
}

/// Refuses to send to an endpoint whose creator may not have it any more.
pub async fn check_standing(cx: &Context<'_>, webhook: &Webhook) -> Result<(), Problem> {
    let platform = &cx.state.platform;
    if store::stands(platform, &webhook.id, cx.now_ms()).await? {
        return Ok(());
    }
    check_role(cx, webhook).await?;
    Err(Problem::new(&problems::WEBHOOK_DISABLED))
}

/// Whether the caller may still have webhooks of this endpoint's team.
async fn check_role(cx: &Context<'_>, webhook: &Webhook) -> Result<(), Problem> {
    let Some(team) = &webhook.input.team else {
        return Ok(());
    };
    let user = &cx.caller()?.user_id;
    let membership = membership(&cx.state.platform, team, user).await?;
    let membership = membership.ok_or_else(|| Problem::new(&problems::INSUFFICIENT_TEAM_ROLE))?;
    TeamPermit::<ManageWebhooks>::of(membership).map(|_| ())
}

/// GET /webhooks
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadWebhooks>()?;
    let page = Page::from_query(&cx.query, WebhookId::parse)?;
    let found = store::list(sealer(cx), permit.user_id(), &page).await?;
    let now = cx.now_ms();
    let documents = found
        .iter()
        .map(|webhook| (webhook.id.to_string(), webhook.document(now)));
    Ok(cx.page(&page, documents))
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
    let permit = cx.permit::<AimWebhooks>()?;
    let before = find(cx, permit.user_id()).await?;
    let now = cx.now_ms();
    etag::check_if_match(cx.request, &before.etag(now))?;
    let patch = cx.patch()?;
    let was = before.as_input();
    let mut target = was.clone();
    let given = patch.clone();
    merge_patch::apply(&mut target, patch);
    let mut errors = cx.check_patched(&mut target);
    let url = target["url"].as_str().unwrap_or_default();
    if let Ok(url) = check_target(&cx.state.config, url) {
        before.withhold_headers(&mut target, &given, url.url());
    }
    let team = read_team(cx, permit.user_id(), &target, &mut errors).await?;
    let platform = &cx.state.platform;
    let input = WebhookInput::from_json(&target, team, cx.state, errors).await?;
    let maker = before.maker_after(cx.state.events, permit.caller(), Some(&input))?;
    let after = before.changed(input, maker, now);
    let is_begun = after.input.is_enabled
        && (before.disabled_at.is_some() || after.input.url != before.input.url);
    let is_pinged = is_begun && !after.health.is_proven;
    if is_pinged {
        charge_ping(cx, permit.user_id(), &after.input.url).await?;
    }
    let is = after.as_input();
    let members = is.as_object().into_iter().flatten();
    let changed: Vec<&str> = members
        .filter(|(name, value)| was[name.as_str()] != **value)
        .map(|(name, _)| name.as_str())
        .collect();
    let entry = entry(&permit, Action::WebhookChanged, &after, Some(&changed));
    let writes = store::update(&permit, &before, &after, sealer(cx));
    let mut writes = writes.map_err(Problem::internal)?;
    if is_pinged {
        writes.extend(ping(cx, permit.user_id(), &after));
    }
    let answer = answer(200, &after, &after.document(now), now)?;
    let check = check_conflict(cx, permit.user_id(), &after);
    let stale = why_stale(check, Problem::new(&problems::PRECONDITION_FAILED));
    let tx = Tx::new(writes).log(entry);
    let answer = tx.commit_or(cx, answer, stale).await?;
    if is_begun || after.disabled_at.is_none() && before.health != after.health {
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
    let tx = Tx::new(store::delete(&permit, &webhook)).log(entry);
    let stale = Problem::new(&problems::PRECONDITION_FAILED);
    tx.commit(cx, Response::no_content(), stale).await
}

/// The audit entry of a change: the changed members and the team.
fn entry<P: Permission>(
    permit: &Permit<'_, P>,
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

/// POST /webhooks/{id}/rotate-secret
pub async fn rotate_secret(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<AimWebhooks>()?;
    let webhook = find(cx, permit.user_id()).await?;
    let (rotation, mut errors) = cx.body_as::<SecretRotation>()?;
    let (platform, now) = (&cx.state.platform, cx.now_ms());
    let secret = model::read_secret(rotation.secret.as_deref(), platform, &mut errors);
    let Some(secret) = secret.filter(|_| errors.is_empty()) else {
        return Err(Problem::invalid(errors));
    };
    check_role(cx, &webhook).await?;
    let maker = webhook.maker_after(cx.state.events, permit.caller(), None)?;
    let overlap = rotation.overlap_seconds;
    let expires_at = now + overlap.unwrap_or(model::OVERLAP_SECONDS) * 1_000;
    let document = json!({
        "secret": secret.to_text().as_str(),
        "previous_expires_at": rfc3339(expires_at),
    });
    let answer = Response::json(200, Profile::Private, &document)?;
    let writes = store::rotate(&permit, &webhook, &secret, expires_at, now, sealer(cx));
    let mut writes = writes.map_err(Problem::internal)?;
    if let Maker::Key(key) = &maker {
        writes.extend(store::take_on(&permit, &webhook, key, now));
    }
    let entry = entry(&permit, Action::WebhookSecretRotated, &webhook, None);
    let check = check_role(cx, &webhook);
    let stale = why_stale(check, Problem::new(&problems::TOO_MANY_SECRETS));
    let tx = Tx::new(writes).log(entry);
    tx.commit_or(cx, answer, stale).await
}
