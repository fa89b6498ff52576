//! Delivers events to endpoints. Queue messages only trigger the work; its state is in the database.
//! Each event is delivered at least once to every subscribed endpoint, under one `webhook-id`, or
//! marked dead with a reason. Endpoints are managed in `endpoints`, the delivery log in `log`.

pub(in crate::webhooks) mod attempt_runner;
mod dispatcher;
mod endpoint;
mod endpoint_session;
mod fan_out;
mod lease_store;
pub mod outcome;
pub(crate) mod reconciler;
mod reconciler_store;
mod result_writer;
mod retry_consumer;
pub(in crate::webhooks) mod store;

use crate::ids::{EventId, WebhookId};
use crate::platform::{DatabaseError, Platform, Settlement};
use crate::runtime::State;

use fan_out::LeasedBatch;

/// Seconds until a batch is retried that the database could not store.
const RETRY_S: u32 = 10;

/// Fans out a batch of events and makes their first attempts. Settles it once all attempts have
/// started, so that the next batch does not wait for receivers.
pub(crate) async fn consume_events(
    state: &State,
    bodies: &[String],
    settle: &dyn Fn(&[Settlement]),
) {
    let ids = read(state, bodies, EventId::parse);
    let leases = fan_out::fan_out(state, &ids).await;
    attempt(state, bodies, leases, false, settle).await;
}

/// Makes the attempts that a batch of endpoints has due; settled as in [`consume_events`].
pub(crate) async fn consume_endpoints(
    state: &State,
    bodies: &[String],
    settle: &dyn Fn(&[Settlement]),
) {
    let ids = read(state, bodies, WebhookId::parse);
    let leases = retry_consumer::lease(state, &ids).await.map(Some);
    attempt(state, bodies, leases, true, settle).await;
}

/// Stores a batch of dead letters. The reconciler wakes what they were to wake.
pub(crate) async fn consume_dead_letters(
    state: &State,
    bodies: &[String],
    settle: &dyn Fn(&[Settlement]),
) {
    let platform = &state.platform;
    let insert = reconciler_store::insert_dead_letters(bodies, platform.clock.now_ms());
    let inserted = platform.database.batch(vec![insert]).await;
    if inserted.is_ok() {
        platform.warn("webhook_dead_letters", bodies.len());
    }
    settle(&settlements(state, bodies, inserted.err()));
}

/// Wakes an endpoint that has something due.
pub(in crate::webhooks) fn wake(platform: &Platform, id: &WebhookId) {
    result_writer::wake(platform, id, 0, 0);
}

/// Makes the attempts that were leased. `is_slow`: for endpoints that may have more due.
async fn attempt(
    state: &State,
    bodies: &[String],
    leases: Result<Option<LeasedBatch>, DatabaseError>,
    is_slow: bool,
    settle: &dyn Fn(&[Settlement]),
) {
    // What was leased before an error is attempted all the same.
    let (leases, error) = match leases {
        Ok(mut leases) => {
            let error = leases.as_mut().and_then(|leases| leases.ended_by.take());
            (leases, error)
        }
        Err(error) => (None, Some(error)),
    };
    let settlements = settlements(state, bodies, error);
    let Some(leases) = leases else {
        settle(&settlements);
        return;
    };
    let LeasedBatch {
        endpoints,
        leased,
        lease,
        at,
        ..
    } = leases;
    let all_begun = || settle(&settlements);
    let slow = attempt_runner::run(state, &endpoints, leased, &lease, at, all_begun).await;
    // In the fast lane nothing else is due, unless an endpoint turned out to be slow.
    let others = endpoints.iter().enumerate();
    let others = others.filter(|(place, _)| is_slow || slow.contains(place));
    let waiting: Vec<_> = others.map(|(_, endpoint)| &endpoint.id).collect();
    if let Err(error) = retry_consumer::rewake(&state.platform, &waiting).await {
        // The reconciler finds what is left.
        state.platform.warn("webhook_rewake_failed", error);
    }
}

/// How the batch is settled: acknowledged once its rows are stored, retried otherwise.
fn settlements(state: &State, bodies: &[String], error: Option<DatabaseError>) -> Vec<Settlement> {
    let settlement = match error {
        None => Settlement::Acknowledge,
        Some(error) => {
            state.platform.warn("webhook_batch_retried", error);
            Settlement::Retry(RETRY_S)
        }
    };
    vec![settlement; bodies.len()]
}

/// The ids in a batch. Unreadable messages are dropped: a retry would not change them.
fn read<I>(state: &State, bodies: &[String], parse: fn(&str) -> Option<I>) -> Vec<I> {
    let ids: Vec<I> = bodies.iter().filter_map(|body| parse(body)).collect();
    if ids.len() < bodies.len() {
        let count = bodies.len() - ids.len();
        state.platform.warn("webhook_message_unreadable", count);
    }
    ids
}
