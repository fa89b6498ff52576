//! The delivery of events: queues wake it, the database says what there is to do.
//! Promises that an event reaches every endpoint that listens, or is given up with a reason; at
//! least once, and under one `webhook-id`. Leaves endpoints to `endpoints`, the log to `log`.

mod claim_store;
mod course;
mod crew;
mod drain;
pub mod endpoint;
mod fan_out;
pub mod outcome;
mod record;
pub mod store;
pub mod sweep;
mod sweep_store;
pub(in crate::webhooks) mod work;

use crate::ids::{EventId, WebhookId};
use crate::platform::{DatabaseError, Settlement};
use crate::runtime::State;
use crate::telemetry;

pub use record::wake;

use fan_out::Claims;

/// Seconds after which a batch comes again that the database could not take.
const RETRY_S: u32 = 10;

/// Works on a batch of events: first attempts. Settles it once all of them have begun: the next batch
/// need not wait for a receiver.
pub async fn consume_events(state: &State, bodies: &[String], settle: &dyn Fn(&[Settlement])) {
    let ids = read(state, bodies, EventId::parse);
    let claims = fan_out::fan_out(state, &ids).await;
    attempt(state, bodies, claims, false, settle).await;
}

/// Works on a batch of endpoints that have something due, and settles it as [`consume_events`] does.
pub async fn consume_endpoints(state: &State, bodies: &[String], settle: &dyn Fn(&[Settlement])) {
    let ids = read(state, bodies, WebhookId::parse);
    let claims = drain::claim(state, &ids).await.map(Some);
    attempt(state, bodies, claims, true, settle).await;
}

/// Records a batch of dead letters. What they were to wake, the sweep wakes.
pub async fn consume_dead_letters(
    state: &State,
    bodies: &[String],
    settle: &dyn Fn(&[Settlement]),
) {
    let platform = &state.platform;
    let letters = sweep_store::insert_letters(bodies, platform.clock.now_ms());
    let inserted = platform.database.batch(vec![letters]).await;
    if inserted.is_ok() {
        telemetry::warn(platform, "webhook_dead_letters", bodies.len());
    }
    settle(&settlements(state, bodies, inserted.err()));
}

/// Makes the attempts that were claimed. `is_slow`: of endpoints that may have more due.
async fn attempt(
    state: &State,
    bodies: &[String],
    claims: Result<Option<Claims>, DatabaseError>,
    is_slow: bool,
    settle: &dyn Fn(&[Settlement]),
) {
    // What was claimed before something went wrong is worked on all the same.
    let (claims, error) = match claims {
        Ok(mut claims) => {
            let error = claims.as_mut().and_then(|claims| claims.ended_by.take());
            (claims, error)
        }
        Err(error) => (None, Some(error)),
    };
    let settlements = settlements(state, bodies, error);
    let Some(claims) = claims else {
        settle(&settlements);
        return;
    };
    let Claims {
        endpoints,
        claimed,
        claim,
        at,
        ..
    } = claims;
    let all_begun = || settle(&settlements);
    let hung = work::run(state, &endpoints, claimed, &claim, at, all_begun).await;
    // In the fast lane nothing else is waiting, unless an endpoint was seen to hang.
    let others = endpoints.iter().enumerate();
    let others = others.filter(|(place, _)| is_slow || hung.contains(place));
    let waiting: Vec<_> = others.map(|(_, endpoint)| &endpoint.id).collect();
    if let Err(error) = drain::go_on(&state.platform, &waiting).await {
        // The sweep finds what is left.
        telemetry::warn(&state.platform, "webhook_drain_ended", error);
    }
}

/// What becomes of the batch: its rows are safe, or it comes again.
fn settlements(state: &State, bodies: &[String], error: Option<DatabaseError>) -> Vec<Settlement> {
    let settlement = match error {
        None => Settlement::Acknowledge,
        Some(error) => {
            telemetry::warn(&state.platform, "webhook_batch_retried", error);
            Settlement::Retry(RETRY_S)
        }
    };
    vec![settlement; bodies.len()]
}

/// The ids that a batch is made of. What is none is dropped: it would be none the next time.
fn read<I>(state: &State, bodies: &[String], parse: fn(&str) -> Option<I>) -> Vec<I> {
    let ids: Vec<I> = bodies.iter().filter_map(|body| parse(body)).collect();
    if ids.len() < bodies.len() {
        let count = bodies.len() - ids.len();
        telemetry::warn(&state.platform, "webhook_message_unreadable", count);
    }
    ids
}
