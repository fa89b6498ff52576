//! POST /webhooks/{id}/test: sends an example while the caller waits, by the request that an event would
//! get and within the endpoint's rate. An unproved URL gets nothing but a ping. A test is not logged
//! and not retried.

use kit::time::rfc3339;
use serde_json::json;

use crate::auth::permissions::WriteWebhooks;
use crate::events::outbox;
use crate::http::{FieldError, Problem, Profile, Response, problems};
use crate::ids::EventId;
use crate::limits::guard::Principal;
use crate::platform::{DatabaseError, Statement, Text};
use crate::runtime::{Context, Tx};
use crate::webhooks::delivery::attempt_runner::refusal;
use crate::webhooks::delivery::outcome::Attempt;
use crate::webhooks::delivery::store::take_slots;
use crate::webhooks::delivery::wake;
use crate::webhooks::events::PING;
use crate::webhooks::{endpoint_throttle, sending};

use super::handlers::{charge_ping, check_standing, find, sealer};
use super::model::Webhook;
use super::schemas::WebhookTest;
use super::{proof, store};

/// Tries for a slot while deliveries take slots at the same time.
const TRIES: usize = 5;

/// POST /webhooks/{id}/test
pub async fn test(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteWebhooks>()?;
    let webhook = find(cx, permit.user_id()).await?;
    let (body, mut errors) = cx.body_as::<WebhookTest>()?;
    let kind = cx
        .state
        .events
        .find(body.event_type.as_deref().unwrap_or(PING.name));
    if kind.is_none() && errors.is_empty() {
        let detail = "Use a name of GET /api/v1/webhooks/event-types.";
        errors.push(FieldError::new("/event_type", "unknown_event_type", detail));
    }
    let Some(kind) = kind.filter(|_| errors.is_empty()) else {
        return Err(Problem::invalid(errors));
    };
    let is_proven = webhook.health.is_proven;
    if !is_proven && kind.name != PING.name {
        return Err(Problem::new(&problems::WEBHOOK_UNPROVED));
    }
    let principal = Principal::WebhookTest(permit.user_id());
    cx.meter.charge_too(principal).await?;
    if !is_proven {
        charge_ping(cx, permit.user_id(), &webhook.input.url).await?;
    }
    let (platform, event) = (&cx.state.platform, EventId::fresh(&cx.state.platform));
    let secrets = store::secrets(sealer(cx), &webhook.id, cx.now_ms()).await?;
    let refused = refusal(cx.state, &webhook.input.url).await;
    take_slot(cx, &webhook).await?;
    check_standing(cx, &webhook).await?;
    let at = cx.now_ms();
    let attempt = if let Some(error) = refused {
        Attempt::refused(error, at)
    } else {
        let request = sending::request(
            &webhook.input.url,
            &secrets,
            &webhook.input.headers,
            event.as_str(),
            &cx.trace.child(platform),
            Text::Owned(outbox::payload(kind.name, &rfc3339(at), kind.example)),
            at,
        );
        Attempt::of(platform.http.send(request).await, at, cx.now_ms())
    };
    let document = json!({
        "event_id": event.as_str(),
        "status": attempt.status,
        "duration_ms": attempt.duration_ms,
        "error": attempt.error,
        "response": attempt.response,
    });
    let answer = Response::json(200, Profile::Private, &document)?;
    if is_proven || !attempt.is_success() {
        return Ok(answer);
    }
    let writes = proof::proved(&webhook.id, &webhook.input.url);
    let answer = Tx::new(writes).attempt(cx, answer).await?;
    wake(platform, &webhook.id);
    Ok(answer)
}

/// Takes one attempt from the endpoint's rate.
async fn take_slot(cx: &Context<'_>, webhook: &Webhook) -> Result<(), Problem> {
    let Some(rate) = webhook.input.rate_limit else {
        return Ok(());
    };
    let (platform, mut slot) = (&cx.state.platform, webhook.next_slot_us);
    for _ in 0..TRIES {
        let now = cx.now_ms();
        let admission = endpoint_throttle::admit(rate, slot, now, 1);
        if admission.admitted == 0 {
            return Err(rate_exceeded(admission.retry_at_ms - now));
        }
        let take = take_slots(&webhook.id, slot, admission.next_slot_us);
        let batch = vec![take, Statement::must_change()];
        match platform.database.batch(batch).await {
            Err(DatabaseError::Stale) => slot = find(cx, &cx.caller()?.user_id).await?.next_slot_us,
            outcome => return Ok(outcome.map(|_| ())?),
        }
    }
    Err(rate_exceeded(0))
}

fn rate_exceeded(wait_ms: i64) -> Problem {
    let seconds = ((wait_ms + 999) / 1_000).max(1);
    Problem::new(&problems::WEBHOOK_RATE_EXCEEDED).with_header("retry-after", seconds.to_string())
}
