//! Fans out events: writes one delivery for each subscribed endpoint.
//! An event is fanned out once, however often its message arrives. Deliveries to healthy endpoints are
//! leased for their first attempt at once; all others go to the slow lane.

use std::collections::BTreeSet;

use crate::events::outbox::WEBHOOK_DISABLED;
use crate::ids::{DeliveryId, EventId, TeamId, UserId, WebhookId};
use crate::platform::{DatabaseError, Platform};
use crate::runtime::State;

use super::attempt_runner::{LEASE_MS, new_lease_token, release_and_wake};
use super::endpoint::{self, Endpoint};
use super::lease_store::{self, LeasedDelivery, Unattempted};
use super::result_writer::WakingBatch;
use super::store::{self, FanOut, NewDelivery, Waiting};

/// Deliveries leased by one invocation, to be attempted now.
pub struct LeasedBatch {
    pub endpoints: Vec<Endpoint>,
    /// The deliveries, each with the index of its endpoint.
    pub leased: Vec<(usize, LeasedDelivery)>,
    pub lease: String,
    pub at: i64,
    /// What went wrong before all was leased.
    pub ended_by: Option<DatabaseError>,
}

/// Writes the deliveries of these events.
pub async fn fan_out(state: &State, ids: &[EventId]) -> Result<Option<LeasedBatch>, DatabaseError> {
    let platform = &state.platform;
    let events = store::waiting_events(platform, ids).await?;
    if events.is_empty() {
        return Ok(None);
    }
    let audiences = || events.iter().map(|event| &event.audience);
    let users: BTreeSet<&UserId> = audiences().filter_map(|it| it.user.as_ref()).collect();
    let teams: BTreeSet<&TeamId> = audiences().filter_map(|it| it.team.as_ref()).collect();
    let now = platform.clock.now_ms();
    let for_teams = events.iter().any(|event| event.kind == WEBHOOK_DISABLED);
    let endpoints = endpoint::enabled_of(platform, users, for_teams, teams, now).await?;
    let lease = new_lease_token(platform);
    let planned = plan(state, &events, &endpoints, now);
    let ids: Vec<&EventId> = events.iter().map(|event| &event.id).collect();
    let FanOut { writes, leasing } = store::fan_out(&ids, &planned, &lease, now);
    let mut batch = WakingBatch::new(writes);
    for id in slow_lane_endpoints(&planned, now) {
        batch.wake_at(id, now, now);
    }
    let writes = std::mem::take(&mut batch.writes);
    let changes = match platform.database.batch(writes).await {
        Ok(changes) => changes,
        Err(error) => {
            release_leases(platform, &endpoints, &planned, &lease).await;
            return Err(error);
        }
    };
    batch.wake(platform, &changes, now);
    let taken: u64 = changes[..leasing].iter().sum();
    let mut own = planned;
    own.retain(|each| each.is_leased);
    if taken != own.len() as u64 {
        // Another invocation wrote some of them, or an endpoint has changed.
        let ids: Vec<&DeliveryId> = own.iter().map(|each| &each.id).collect();
        match lease_store::held_by(platform, &ids, &lease).await {
            Ok(held) => own.retain(|each| held.contains(&each.id)),
            Err(error) => {
                release_leases(platform, &endpoints, &own, &lease).await;
                return Err(error);
            }
        }
    }
    let leased = own.into_iter().map(|each| {
        let event = each.event;
        let leased = LeasedDelivery {
            id: each.id,
            event: event.id.clone(),
            payload: event.payload.clone(),
            traceparent: event.traceparent.clone(),
            step: 0,
            given_up: None,
        };
        (each.place, leased)
    });
    let leased = leased.collect();
    Ok(Some(LeasedBatch {
        endpoints,
        leased,
        lease,
        at: now,
        ended_by: None,
    }))
}

/// Releases what may have been leased with the deliveries: the commit may have succeeded although its
/// answer was lost.
async fn release_leases(
    platform: &Platform,
    endpoints: &[Endpoint],
    own: &[NewDelivery<'_>],
    lease: &str,
) {
    let now = platform.clock.now_ms();
    let leased = own.iter().filter(|each| each.is_leased);
    let unattempted: Vec<Unattempted> = leased
        .map(|each| Unattempted {
            endpoint: each.place,
            id: each.id.clone(),
            due: now,
        })
        .collect();
    release_and_wake(platform, endpoints, &unattempted, lease).await;
}

fn plan<'a>(
    state: &State,
    events: &'a [Waiting],
    endpoints: &'a [Endpoint],
    now: i64,
) -> Vec<NewDelivery<'a>> {
    let mut planned = Vec::new();
    for event in events {
        for (place, endpoint) in endpoints.iter().enumerate() {
            if !endpoint.is_for(&event.audience, &event.kind) || !endpoint.listens_to(&event.kind) {
                continue;
            }
            let is_leased = endpoint.is_fast(now);
            planned.push(NewDelivery {
                // With the event's time: deliveries are purged by age, as events are.
                id: DeliveryId::of_time(&state.platform, event.id.time_ms()),
                event,
                endpoint,
                place,
                is_leased,
                next_attempt_at: if is_leased {
                    now + LEASE_MS
                } else {
                    now.max(endpoint.paused_until)
                },
            });
        }
    }
    planned
}

/// Endpoints to be woken in the slow lane now. Those that back off or are slow are woken when that
/// is over.
fn slow_lane_endpoints<'a>(planned: &[NewDelivery<'a>], now: i64) -> BTreeSet<&'a WebhookId> {
    let due = planned
        .iter()
        .filter(|each| !each.is_leased && each.next_attempt_at <= now);
    due.map(|each| each.endpoint)
        .filter(|it| it.stands && it.is_proven && it.slow_until <= now)
        .map(|endpoint| &endpoint.id)
        .collect()
}
