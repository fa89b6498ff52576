//! The calls on deliveries. A payload is passed on byte for byte, and only to callers with its event's
//! scope; counts in answers are those of the committed write.

use kit::time::parse_rfc3339;
use serde_json::json;

use crate::auth::permissions::{ReadWebhooks, WriteWebhooks};
use crate::http::{FieldError, Page, Problem, Profile, Response, problems};
use crate::ids::{DeliveryId, EventId, UserId};
use crate::platform::{DatabaseError, Text};
use crate::runtime::{Context, Tx, why_stale};
use crate::webhooks::delivery::wake;
use crate::webhooks::endpoints::handlers::{
    charge_ping, check_standing, find as find_endpoint, find_of,
};
use crate::webhooks::events::PING;

use super::model::{Delivery, Recovery};
use super::store;

const DAY_MS: i64 = 86_400_000;
/// Tries of a recovery while others change the same deliveries.
const TRIES: usize = 5;

/// GET /webhooks/{id}/deliveries
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadWebhooks>()?;
    let page = Page::from_query(&cx.query, EventId::parse)?;
    let webhook = find_endpoint(cx, permit.user_id()).await?;
    let state = cx.query.text("state");
    let found = store::list(&cx.state.platform, &webhook.id, state, &page).await?;
    let documents = found
        .iter()
        .map(|delivery| (delivery.event.to_string(), delivery.document()));
    Ok(cx.page(&page, documents))
}

/// The delivery of the path, when its endpoint is the caller's.
async fn find(cx: &Context<'_>, user: &UserId) -> Result<(Delivery, Text), Problem> {
    let id = cx.path("id", DeliveryId::parse)?;
    let found = store::find(&cx.state.platform, user, &id).await?;
    found.ok_or_else(Problem::not_found)
}

/// GET /webhooks/deliveries/{id}
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadWebhooks>()?;
    let (delivery, payload) = find(cx, permit.user_id()).await?;
    // A logged response may contain the payload.
    let kind = cx.state.events.find(&delivery.kind);
    if let Some(scope) = kind.and_then(|kind| kind.scope)
        && !permit.caller().scopes.contains(scope)
    {
        return Err(Problem::insufficient_scope(scope.as_str()));
    }
    let mut document = delivery.document();
    document["attempts"] = store::attempts(&cx.state.platform, &delivery.id).await?;
    // The payload is passed on as it was signed.
    let after = document.to_string().replacen('{', ",", 1);
    let before = "{\"payload\":";
    Ok(Response::passthrough(
        200,
        Profile::Private,
        before,
        payload,
        after,
    ))
}

/// POST /webhooks/deliveries/{id}/retry
pub async fn retry(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteWebhooks>()?;
    let (mut delivery, _) = find(cx, permit.user_id()).await?;
    let now = cx.now_ms();
    check(&delivery, now)?;
    if !delivery.is_endpoint_proven {
        charge_ping(cx, permit.user_id(), &delivery.url).await?;
    }
    let writes = store::retry(&permit, &delivery.id, now);
    "pending".clone_into(&mut delivery.state);
    delivery.reason = None;
    delivery.is_leased = false;
    delivery.next_attempt_at = now;
    let answer = Response::json(202, Profile::Private, &delivery.document())?;
    let check = async {
        // Since then leased, disabled or deleted, or its creator lost the role or the key.
        check(&find(cx, permit.user_id()).await?.0, now)?;
        let webhook = find_of(cx, permit.user_id(), &delivery.webhook).await?;
        check_standing(cx, &webhook).await
    };
    let stale = why_stale(check, Problem::new(&problems::DELIVERY_IN_PROGRESS));
    let answer = Tx::new(writes).commit_or(cx, answer, stale).await?;
    wake(&cx.state.platform, &delivery.webhook);
    Ok(answer)
}

/// Whether it can be sent again now.
fn check(delivery: &Delivery, now: i64) -> Result<(), Problem> {
    if delivery.is_endpoint_disabled {
        return Err(Problem::new(&problems::WEBHOOK_DISABLED));
    }
    if !delivery.is_endpoint_proven && delivery.kind != PING.name {
        return Err(Problem::new(&problems::WEBHOOK_UNPROVED));
    }
    if delivery.is_in_progress(now) {
        return Err(Problem::new(&problems::DELIVERY_IN_PROGRESS));
    }
    Ok(())
}

/// POST /webhooks/{id}/recover
pub async fn recover(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteWebhooks>()?;
    let webhook = find_endpoint(cx, permit.user_id()).await?;
    let (body, mut errors) = cx.body_as::<Recovery>()?;
    let now = cx.now_ms();
    let since = parse_rfc3339(&body.since);
    let days = cx.state.config.webhooks.retention_days;
    let oldest = now - days * DAY_MS;
    if errors.is_empty() && since.is_none_or(|since| since > now || since < oldest) {
        let detail = format!("Must be in the past, and at most {days} days back.");
        errors.push(FieldError::new("/since", "out_of_range", detail));
    }
    let Some(since) = since.filter(|_| errors.is_empty()) else {
        return Err(Problem::invalid(errors));
    };
    if webhook.disabled_at.is_some() {
        return Err(Problem::new(&problems::WEBHOOK_DISABLED));
    }
    if !webhook.health.is_proven {
        return Err(Problem::new(&problems::WEBHOOK_UNPROVED));
    }
    let platform = &cx.state.platform;
    for _ in 0..TRIES {
        let count = store::count_dead(platform, &webhook.id, since).await?;
        let writes = store::recover(&permit, &webhook.id, since, count, now);
        let answer = Response::json(202, Profile::Private, &json!({ "recovered": count }))?;
        match Tx::new(writes).attempt(cx, answer).await {
            Err(DatabaseError::Stale) => check_standing(cx, &webhook).await?,
            outcome => {
                let answer = outcome?;
                if count > 0 {
                    wake(platform, &webhook.id);
                }
                return Ok(answer);
            }
        }
    }
    Err(Problem::unavailable("others recover the same deliveries"))
}
