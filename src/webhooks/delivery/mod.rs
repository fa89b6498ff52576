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

/// Works on a batch of the queue of this name. Settles it once all attempts have begun: the next batch
/// need not wait for a receiver.
pub async fn consume(
    state: &State,
    queue: &str,
    bodies: &[String],
    settle: &dyn Fn(&[Settlement]),
) {
    if queue.ends_with("-dead") {
        let buried = bury(state, bodies).await;
        settle(&settlements(state, bodies, buried.err()));
        return;
    }
    let is_slow = queue.ends_with("-slow");
    let claims = if is_slow {
        let ids = read(state, bodies, WebhookId::parse);
        drain::claim(state, &ids).await.map(Some)
    } else {
        let ids = read(state, bodies, EventId::parse);
        fan_out::fan_out(state, &ids).await
    };
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

/// Records dead letters. What they were to wake, the sweep wakes.
async fn bury(state: &State, bodies: &[String]) -> Result<(), DatabaseError> {
    let platform = &state.platform;
    let letters = sweep_store::insert_letters(bodies, platform.clock.now_ms());
    platform.database.batch(vec![letters]).await?;
    telemetry::warn(platform, "webhook_dead_letters", bodies.len());
    Ok(())
}
