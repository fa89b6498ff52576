//! From an event to its deliveries: one for each endpoint that listens.
//! Promises that an event is fanned out once, whoever is told of it how often, and that the first
//! attempts at endpoints that answer well follow at once. Leaves all others to the slow lane.

use crate::ids::{DeliveryId, EventId, TeamId, UserId, WebhookId};
use crate::platform::{DatabaseError, Platform};
use crate::runtime::State;
use crate::webhooks::outbox::WEBHOOK_DISABLED;

use super::claim_store::{self, Claimed, Left};
use super::endpoint::{self, Endpoint};
use super::record;
use super::store::{self, FanOut, NewDelivery, Waiting};
use super::work::{CLAIM_MS, fresh_claim, hand_on};

/// What is to be attempted now.
pub struct Claims {
    /// Who is told.
    pub endpoints: Vec<Endpoint>,
    /// What, with its endpoint's place.
    pub claimed: Vec<(usize, Claimed)>,
    /// The claim's token.
    pub claim: String,
    /// When it was made.
    pub at: i64,
    /// What went wrong before all was claimed.
    pub ended_by: Option<DatabaseError>,
}

/// Writes the deliveries of these events.
pub async fn fan_out(state: &State, ids: &[EventId]) -> Result<Option<Claims>, DatabaseError> {
    let platform = &state.platform;
    let events = store::waiting_events(platform, ids).await?;
    if events.is_empty() {
        return Ok(None);
    }
    let audiences = || events.iter().map(|event| &event.audience);
    let mut users: Vec<UserId> = audiences().filter_map(|told| told.user.clone()).collect();
    users.sort_unstable();
    users.dedup();
    let mut teams: Vec<TeamId> = audiences().filter_map(|told| told.team.clone()).collect();
    teams.sort_unstable();
    teams.dedup();
    let now = platform.clock.now_ms();
    let for_teams = events.iter().any(|event| event.kind == WEBHOOK_DISABLED);
    let endpoints = endpoint::enabled_of(platform, &users, for_teams, &teams, now).await?;
    let claim = fresh_claim(platform);
    let planned = plan(state, &events, &endpoints, now);
    let deliveries: Vec<_> = planned
        .iter()
        .map(|each| each.row(&events, &endpoints))
        .collect();
    let ids: Vec<EventId> = events.iter().map(|event| event.id.clone()).collect();
    let FanOut { mut writes, claims } = store::fan_out(&ids, &deliveries, &claim, now);
    let place = writes.len();
    let slow = slow_ones(&planned, &endpoints, now);
    writes.extend(slow.iter().map(|id| store::arm(id, now, now)));
    let changes = match platform.database.batch(writes).await {
        Ok(changes) => changes,
        Err(error) => {
            give_back(platform, &endpoints, &planned, &claim).await;
            return Err(error);
        }
    };
    for (id, armed) in slow.iter().zip(&changes[place..]) {
        if *armed > 0 {
            record::wake(platform, id, now, now);
        }
    }
    let taken: u64 = changes[..claims].iter().sum();
    let mut own = planned;
    own.retain(|each| each.is_claimed);
    if taken != own.len() as u64 {
        // Someone else was there as well, or an endpoint is not what it was.
        let ids: Vec<DeliveryId> = own.iter().map(|each| each.id.clone()).collect();
        match claim_store::held_by(platform, &ids, &claim).await {
            Ok(held) => own.retain(|each| held.contains(&each.id)),
            Err(error) => {
                give_back(platform, &endpoints, &own, &claim).await;
                return Err(error);
            }
        }
    }
    let claimed = own.into_iter().map(|each| {
        let event = &events[each.event];
        let claimed = Claimed {
            id: each.id,
            event: event.id.clone(),
            payload: event.payload.clone(),
            traceparent: event.traceparent.clone(),
            step: 0,
            given_up: None,
        };
        (each.endpoint, claimed)
    });
    let claimed = claimed.collect();
    Ok(Some(Claims {
        endpoints,
        claimed,
        claim,
        at: now,
        ended_by: None,
    }))
}

/// Gives back what was claimed with the deliveries, if it was: the answer may be all that was lost.
async fn give_back(platform: &Platform, endpoints: &[Endpoint], own: &[Planned], claim: &str) {
    let now = platform.clock.now_ms();
    let claimed = own.iter().filter(|each| each.is_claimed);
    let left: Vec<Left> = claimed
        .map(|each| Left {
            endpoint: each.endpoint,
            id: each.id.clone(),
            due: now,
        })
        .collect();
    hand_on(platform, endpoints, &left, claim).await;
}

/// A delivery to be written.
struct Planned {
    id: DeliveryId,
    event: usize,
    endpoint: usize,
    is_claimed: bool,
    next_attempt_at: i64,
}

impl Planned {
    fn row<'a>(&'a self, events: &'a [Waiting], endpoints: &'a [Endpoint]) -> NewDelivery<'a> {
        NewDelivery {
            id: &self.id,
            webhook: &endpoints[self.endpoint].id,
            event: &events[self.event].id,
            is_claimed: self.is_claimed,
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
            let is_claimed = endpoint.is_fast(now);
            planned.push(Planned {
                // With the event's time: deliveries are removed by their age, as events are.
                id: DeliveryId::of_time(&state.platform, event.id.time_ms()),
                event: event_place,
                endpoint: place,
                is_claimed,
                next_attempt_at: if is_claimed {
                    now + CLAIM_MS
                } else {
                    now.max(endpoint.paused_until)
                },
            });
        }
    }
    planned
}

/// Endpoints that the slow lane is to be woken for. Those that are left alone, or hang, will be woken
/// when that is over.
fn slow_ones(planned: &[Planned], endpoints: &[Endpoint], now: i64) -> Vec<WebhookId> {
    let mut places: Vec<usize> = planned
        .iter()
        .filter(|each| !each.is_claimed && each.next_attempt_at <= now)
        .map(|each| each.endpoint)
        .filter(|place| {
            let endpoint = &endpoints[*place];
            endpoint.stands && endpoint.is_proven && endpoint.hung_until <= now
        })
        .collect();
    places.sort_unstable();
    places.dedup();
    places
        .into_iter()
        .map(|place| endpoints[place].id.clone())
        .collect()
}
