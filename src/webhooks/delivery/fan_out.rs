//! Fans out events: writes one delivery for each subscribed endpoint.
//! An event is fanned out once, however often its message arrives. Deliveries to healthy endpoints are
//! leased for their first attempt at once; all others go to the slow lane.

use crate::events::outbox::WEBHOOK_DISABLED;
use crate::ids::{DeliveryId, EventId, TeamId, UserId, WebhookId};
use crate::platform::{DatabaseError, Platform};
use crate::runtime::State;

use super::attempt_runner::{LEASE_MS, new_lease_token, release_and_wake};
use super::endpoint::{self, Endpoint};
use super::lease_store::{self, LeasedDelivery, Unattempted};
use super::result_writer;
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
    let mut users: Vec<UserId> = audiences()
        .filter_map(|results| results.user.clone())
        .collect();
    users.sort_unstable();
    users.dedup();
    let mut teams: Vec<TeamId> = audiences()
        .filter_map(|results| results.team.clone())
        .collect();
    teams.sort_unstable();
    teams.dedup();
    let now = platform.clock.now_ms();
    let for_teams = events.iter().any(|event| event.kind == WEBHOOK_DISABLED);
    let endpoints = endpoint::enabled_of(platform, &users, for_teams, &teams, now).await?;
    let lease = new_lease_token(platform);
    let planned = plan(state, &events, &endpoints, now);
    let deliveries: Vec<_> = planned
        .iter()
        .map(|each| each.row(&events, &endpoints))
        .collect();
    let ids: Vec<EventId> = events.iter().map(|event| event.id.clone()).collect();
    let FanOut {
        mut writes,
        leasing,
    } = store::fan_out(&ids, &deliveries, &lease, now);
    let place = writes.len();
    let slow = slow_lane_endpoints(&planned, &endpoints, now);
    writes.extend(slow.iter().map(|id| store::schedule_wake(id, now, now)));
    let changes = match platform.database.batch(writes).await {
        Ok(changes) => changes,
        Err(error) => {
            release_leases(platform, &endpoints, &planned, &lease).await;
            return Err(error);
        }
    };
    for (id, scheduled) in slow.iter().zip(&changes[place..]) {
        if *scheduled > 0 {
            result_writer::wake(platform, id, now, now);
        }
    }
    let taken: u64 = changes[..leasing].iter().sum();
    let mut own = planned;
    own.retain(|each| each.is_leased);
    if taken != own.len() as u64 {
        // Another invocation wrote some of them, or an endpoint has changed.
        let ids: Vec<DeliveryId> = own.iter().map(|each| each.id.clone()).collect();
        match lease_store::held_by(platform, &ids, &lease).await {
            Ok(held) => own.retain(|each| held.contains(&each.id)),
            Err(error) => {
                release_leases(platform, &endpoints, &own, &lease).await;
                return Err(error);
            }
        }
    }
    let leased = own.into_iter().map(|each| {
        let event = &events[each.event];
        let leased = LeasedDelivery {
            id: each.id,
            event: event.id.clone(),
            payload: event.payload.clone(),
            traceparent: event.traceparent.clone(),
            step: 0,
            given_up: None,
        };
        (each.endpoint, leased)
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
async fn release_leases(platform: &Platform, endpoints: &[Endpoint], own: &[Planned], lease: &str) {
    let now = platform.clock.now_ms();
    let leased = own.iter().filter(|each| each.is_leased);
    let unattempted: Vec<Unattempted> = leased
        .map(|each| Unattempted {
            endpoint: each.endpoint,
            id: each.id.clone(),
            due: now,
        })
        .collect();
    release_and_wake(platform, endpoints, &unattempted, lease).await;
}

struct Planned {
    id: DeliveryId,
    event: usize,
    endpoint: usize,
    is_leased: bool,
    next_attempt_at: i64,
}

impl Planned {
    fn row<'a>(&'a self, events: &'a [Waiting], endpoints: &'a [Endpoint]) -> NewDelivery<'a> {
        NewDelivery {
            id: &self.id,
            webhook: &endpoints[self.endpoint].id,
            event: &events[self.event].id,
            is_leased: self.is_leased,
            next_attempt_at: self.next_attempt_at,
            version: endpoints[self.endpoint].version,
        }
    }
}

fn plan(state: &State, events: &[Waiting], endpoints: &[Endpoint], now: i64) -> Vec<Planned> {
    let mut planned = Vec::new();
    for (event_place, event) in events.iter().enumerate() {
        for (place, endpoint) in endpoints.iter().enumerate() {
            if !endpoint.is_for(&event.audience, &event.kind) || !endpoint.listens_to(&event.kind) {
                continue;
            }
            let is_leased = endpoint.is_fast(now);
            planned.push(Planned {
                // With the event's time: deliveries are purged by age, as events are.
                id: DeliveryId::of_time(&state.platform, event.id.time_ms()),
                event: event_place,
                endpoint: place,
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
fn slow_lane_endpoints(planned: &[Planned], endpoints: &[Endpoint], now: i64) -> Vec<WebhookId> {
    let mut places: Vec<usize> = planned
        .iter()
        .filter(|each| !each.is_leased && each.next_attempt_at <= now)
        .map(|each| each.endpoint)
        .filter(|place| {
            let endpoint = &endpoints[*place];
            endpoint.stands && endpoint.is_proven && endpoint.slow_until <= now
        })
        .collect();
    places.sort_unstable();
    places.dedup();
    places
        .into_iter()
        .map(|place| endpoints[place].id.clone())
        .collect()
}
