//! What the cron does for the delivery: finds what no message woke, and removes what is old.
//! Promises that a lost message costs a minute and nothing else.
//! Leaves the work itself to the queues' consumers.

use crate::context::State;
use crate::platform::{DatabaseError, Lane, Message};

use super::sweep_store as store;

/// Younger than this, an event's own message is still on its way, in milliseconds.
const GRACE_MS: i64 = 10_000;
const DAY_MS: i64 = 86_400_000;

/// Wakes whatever is due and not claimed. Gives how much that is.
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

/// Removes some of what is older than configured.
pub async fn remove_old(state: &State) -> Result<u64, DatabaseError> {
    let platform = &state.platform;
    let before = platform.clock.now_ms() - state.config.webhooks.retention_days * DAY_MS;
    let writes = vec![
        store::remove_old_deliveries(before),
        store::remove_old_events(before),
        store::remove_old_letters(before),
    ];
    Ok(platform.database.batch(writes).await?.iter().sum())
}
