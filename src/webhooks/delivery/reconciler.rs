//! Cron steps of the delivery: wakes what a lost message did not, and purges expired rows.
//! A lost message costs a delay of a minute and nothing else. The queues' consumers do the work.

use db::purge::PurgeQuery;

use crate::platform::{DatabaseError, Lane, Message};
use crate::runtime::State;

use super::reconciler_store as store;

/// The message of an event younger than this is still in flight, in milliseconds.
const GRACE_MS: i64 = 10_000;
const DAY_MS: i64 = 86_400_000;
/// How much longer a pending delivery is kept, recovered late or delayed by a rate, in milliseconds.
/// Its schedule has ended by then.
const MEANWHILE_MS: i64 = 14 * DAY_MS;

/// Wakes whatever is due and not leased. Gives the number of messages.
pub async fn wake_overlooked(state: &State) -> Result<u64, DatabaseError> {
    let platform = &state.platform;
    let now = platform.clock.now_ms();
    let events = store::overlooked_events(platform, now - GRACE_MS).await?;
    let endpoints = store::overlooked_endpoints(platform, now).await?;
    let count = (events.len() + endpoints.len()) as u64;
    for (lane, bodies) in [(Lane::First, events), (Lane::Slow, endpoints)] {
        let messages = bodies.into_iter().map(|body| Message {
            body,
            delay_seconds: 0,
        });
        let messages: Vec<_> = messages.collect();
        if !messages.is_empty() {
            platform.queue.send(lane, messages);
        }
    }
    Ok(count)
}

/// Deliveries that are older than configured.
pub fn old_deliveries(state: &State) -> PurgeQuery {
    let before = kept_since(state);
    store::old_deliveries(before, before - MEANWHILE_MS)
}

/// Events that are older than configured.
pub fn old_events(state: &State) -> PurgeQuery {
    store::old_events(kept_since(state))
}

/// Dead letters that are older than configured.
pub fn old_dead_letters(state: &State) -> PurgeQuery {
    store::old_dead_letters(kept_since(state))
}

fn kept_since(state: &State) -> i64 {
    state.platform.clock.now_ms() - state.config.webhooks.retention_days * DAY_MS
}
