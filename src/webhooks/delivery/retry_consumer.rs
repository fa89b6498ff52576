//! The consumer of the slow lane: leases what endpoints have due, in bounded numbers.
//! A disabled endpoint gets nothing, one that backs off nothing yet, one whose breaker is open a single
//! probe, and none gets more than its rate. `attempt_runner` makes the attempts.

use crate::ids::WebhookId;
use crate::platform::{DatabaseError, Platform, Statement};
use crate::runtime::State;
use crate::webhooks::endpoint_throttle;

use super::attempt_runner::{LEASE_MS, new_lease_token};
use super::endpoint::{self, Endpoint};
use super::fan_out::LeasedBatch;
use super::lease_store::{self, LeasedDelivery};
use super::outcome::{self, BREAKER_FAILURES};
use super::result_writer;
use super::store;

/// Deliveries of one endpoint that an invocation leases.
const AT_ONCE: usize = 50;
/// How long a probe may take before the next one, in milliseconds.
const PROBE_MS: i64 = LEASE_MS;
/// When due deliveries could not be leased, the endpoint is woken again after this many milliseconds.
const AGAIN_MS: i64 = 1_000;

/// Leases what these endpoints have due.
pub async fn lease(state: &State, ids: &[WebhookId]) -> Result<LeasedBatch, DatabaseError> {
    let platform = &state.platform;
    let now = platform.clock.now_ms();
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let endpoints = endpoint::endpoints(platform, &ids, now).await?;
    let mut leases = LeasedBatch {
        endpoints: Vec::new(),
        leased: Vec::new(),
        lease: new_lease_token(platform),
        at: now,
        ended_by: None,
    };
    platform
        .database
        .batch(vec![store::clear_wake(&ids)])
        .await?;
    for endpoint in endpoints {
        match lease_one(platform, &endpoint, &leases.lease, now).await {
            Ok(None) => {}
            Ok(Some(own)) => {
                let place = leases.endpoints.len();
                leases
                    .leased
                    .extend(own.into_iter().map(|each| (place, each)));
                leases.endpoints.push(endpoint);
            }
            // What was leased until now is attempted.
            Err(error) => {
                leases.ended_by = Some(error);
                break;
            }
        }
    }
    Ok(leases)
}

/// Leases what one endpoint has due; `None` when that is nothing.
async fn lease_one(
    platform: &Platform,
    endpoint: &Endpoint,
    lease: &str,
    now: i64,
) -> Result<Option<Vec<LeasedDelivery>>, DatabaseError> {
    let expires_at = now + LEASE_MS;
    let mut most = outcome::allowed(endpoint.failures, AT_ONCE);
    if endpoint.rate_limit.is_some() {
        most = store::count_due(platform, &endpoint.id, now, most).await?;
    }
    let writes = match plan(endpoint, most, lease, now) {
        Plan::Skip => return Ok(None),
        Plan::Hold => vec![store::hold(&endpoint.id, now)],
        Plan::Wait(until) => {
            wake_at(platform, &endpoint.id, until, now).await?;
            return Ok(None);
        }
        Plan::Lease(writes) => writes,
    };
    let own = match platform.database.batch(writes).await {
        // Another invocation was faster.
        Err(DatabaseError::Stale) => return Ok(None),
        Ok(_) if endpoint.is_disabled => return Ok(None),
        Ok(changes) if changes.iter().all(|count| *count == 0) => {
            // It was woken too early, since a queue delays by twelve hours at most, or it has just
            // been changed.
            if let Some(at) = store::next_due(platform, &endpoint.id).await? {
                wake_at(platform, &endpoint.id, at.max(now + AGAIN_MS), now).await?;
            }
            return Ok(None);
        }
        Ok(_) => lease_store::leased(platform, &endpoint.id, lease, expires_at).await,
        Err(error) => Err(error),
    };
    if own.is_err() {
        // The leases could not be read, so nothing is sent, and they must not count as lost.
        let back = lease_store::release_unread(&endpoint.id, lease, expires_at, now);
        if let Err(error) = result_writer::commit(platform, &[back]).await {
            platform.warn("webhook_lease_lost", error);
        }
    }
    own.map(Some)
}

enum Plan {
    /// Its creator may not have it now. The reconciler wakes it when they may again.
    Skip,
    Hold,
    /// It backs off until then, is slow, or has used up its rate.
    Wait(i64),
    /// These lease what it may get.
    Lease(Vec<Statement>),
}

/// `wanted` deliveries are due, or may be.
fn plan(endpoint: &Endpoint, wanted: usize, lease: &str, now: i64) -> Plan {
    if endpoint.is_disabled {
        return Plan::Hold;
    }
    if !endpoint.stands {
        return Plan::Skip;
    }
    let paused_until = endpoint.paused_until.max(endpoint.slow_until);
    if paused_until > now {
        return Plan::Wait(paused_until);
    }
    let mut writes = Vec::new();
    if !endpoint.is_proven {
        writes.push(store::hold(&endpoint.id, now));
    }
    let mut most = wanted;
    if endpoint.failures >= BREAKER_FAILURES {
        let until = now + PROBE_MS;
        writes.push(store::probe(&endpoint.id, endpoint.paused_until, until));
        writes.push(Statement::must_change());
    }
    if let Some(rate) = endpoint.rate_limit
        && wanted > 0
    {
        let admission = endpoint_throttle::admit(rate, endpoint.next_slot_us, now, most);
        if admission.admitted == 0 && admission.next_slot_us == endpoint.next_slot_us {
            return Plan::Wait(admission.retry_at_ms);
        }
        most = admission.admitted;
        let (was, next) = (endpoint.next_slot_us, admission.next_slot_us);
        writes.push(store::take_slots(&endpoint.id, was, next));
        writes.push(Statement::must_change());
    }
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    writes.push(lease_store::lease_due(
        endpoint,
        lease,
        now + LEASE_MS,
        now,
        most,
    ));
    Plan::Lease(writes)
}

/// Wakes the endpoints that still have something due after the attempts.
pub async fn rewake(platform: &Platform, endpoints: &[&WebhookId]) -> Result<(), DatabaseError> {
    let now = platform.clock.now_ms();
    for id in endpoints {
        if let Some(at) = store::next_due(platform, id).await? {
            wake_at(platform, id, at.max(now), now).await?;
        }
    }
    Ok(())
}

async fn wake_at(
    platform: &Platform,
    id: &WebhookId,
    at: i64,
    now: i64,
) -> Result<(), DatabaseError> {
    let changes = platform
        .database
        .batch(vec![store::schedule_wake(id, at, now)])
        .await?;
    if changes.first().is_some_and(|scheduled| *scheduled > 0) {
        result_writer::wake(platform, id, at, now);
    }
    Ok(())
}
