//! The slow lane: what an endpoint has due, a little at a time.
//! Promises that a disabled endpoint gets nothing, one that is left alone nothing yet, one that has
//! failed a lot one probe, and that none gets more than its rate. Leaves the attempts to `work`.

use crate::ids::WebhookId;
use crate::platform::{DatabaseError, Platform, Statement};
use crate::runtime::State;
use crate::telemetry;
use crate::webhooks::pace;

use super::claim_store::{self, Claimed};
use super::endpoint::{self, Endpoint};
use super::fan_out::Claims;
use super::outcome::{self, BREAKER_FAILURES};
use super::record;
use super::store;
use super::work::{CLAIM_MS, fresh_claim};

/// Deliveries of one endpoint that an invocation takes.
const AT_ONCE: usize = 50;
/// A probe has this long to come back before another one may go, in milliseconds.
const PROBE_MS: i64 = CLAIM_MS;
/// Where something was due that could not be claimed, it is looked at again after so many
/// milliseconds.
const AGAIN_MS: i64 = 1_000;

/// Claims what these endpoints have due.
pub async fn claim(state: &State, ids: &[WebhookId]) -> Result<Claims, DatabaseError> {
    let platform = &state.platform;
    let now = platform.clock.now_ms();
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let endpoints = endpoint::endpoints(platform, &ids, now).await?;
    let mut claims = Claims {
        endpoints: Vec::new(),
        claimed: Vec::new(),
        claim: fresh_claim(platform),
        at: now,
        ended_by: None,
    };
    platform.database.batch(vec![store::woken(&ids)]).await?;
    for endpoint in endpoints {
        match claim_one(platform, &endpoint, &claims.claim, now).await {
            Ok(None) => {}
            Ok(Some(own)) => {
                let place = claims.endpoints.len();
                claims
                    .claimed
                    .extend(own.into_iter().map(|each| (place, each)));
                claims.endpoints.push(endpoint);
            }
            // What was claimed until now is in good hands.
            Err(error) => {
                claims.ended_by = Some(error);
                break;
            }
        }
    }
    Ok(claims)
}

/// Claims what one endpoint has due; `None` when that is nothing.
async fn claim_one(
    platform: &Platform,
    endpoint: &Endpoint,
    claim: &str,
    now: i64,
) -> Result<Option<Vec<Claimed>>, DatabaseError> {
    let lapses_at = now + CLAIM_MS;
    let mut most = outcome::allowed(endpoint.failures, AT_ONCE);
    if endpoint.rate_limit.is_some() {
        most = store::count_due(platform, &endpoint.id, now, most).await?;
    }
    let writes = match plan(endpoint, most, claim, now) {
        Plan::Leave => return Ok(None),
        Plan::Hold => vec![store::hold(&endpoint.id, now)],
        Plan::Wait(until) => {
            ask_again(platform, &endpoint.id, until, now).await?;
            return Ok(None);
        }
        Plan::Claim(writes) => writes,
    };
    let own = match platform.database.batch(writes).await {
        // Someone else has just done it.
        Err(DatabaseError::Stale) => return Ok(None),
        Ok(_) if endpoint.is_disabled => return Ok(None),
        Ok(changes) if changes.iter().all(|count| *count == 0) => {
            // It was woken too early: a queue waits for twelve hours at most. Or it was changed just
            // now.
            if let Some(at) = store::next_due(platform, &endpoint.id).await? {
                ask_again(platform, &endpoint.id, at.max(now + AGAIN_MS), now).await?;
            }
            return Ok(None);
        }
        Ok(_) => claim_store::claimed(platform, &endpoint.id, claim, lapses_at).await,
        Err(error) => Err(error),
    };
    if own.is_err() {
        // Nobody knows what was claimed, so nothing of it is sent, and it is not to count as lost.
        let back = claim_store::give_back_unseen(&endpoint.id, claim, lapses_at, now);
        if let Err(error) = record::commit(platform, &[back]).await {
            telemetry::warn(platform, "webhook_claim_lost", error);
        }
    }
    own.map(Some)
}

enum Plan {
    /// Whoever made it may not have it now. The sweep wakes it when they may again.
    Leave,
    /// It is disabled.
    Hold,
    /// It is left alone until then, it hangs, or its rate is used up.
    Wait(i64),
    /// These claim what it may get.
    Claim(Vec<Statement>),
}

/// `wanted` deliveries are due, or may be.
fn plan(endpoint: &Endpoint, wanted: usize, claim: &str, now: i64) -> Plan {
    if endpoint.is_disabled {
        return Plan::Hold;
    }
    if !endpoint.stands {
        return Plan::Leave;
    }
    let alone_until = endpoint.paused_until.max(endpoint.hung_until);
    if alone_until > now {
        return Plan::Wait(alone_until);
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
        let admission = pace::admit(rate, endpoint.next_slot_us, now, most);
        if admission.admitted == 0 && admission.next_slot_us == endpoint.next_slot_us {
            return Plan::Wait(admission.retry_at_ms);
        }
        most = admission.admitted;
        let (was, next) = (endpoint.next_slot_us, admission.next_slot_us);
        writes.push(store::take_slots(&endpoint.id, was, next));
        writes.push(Statement::must_change());
    }
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    writes.push(claim_store::claim_due(
        endpoint,
        claim,
        now + CLAIM_MS,
        now,
        most,
    ));
    Plan::Claim(writes)
}

/// After the attempts: whoever has something due is woken again.
pub async fn go_on(platform: &Platform, endpoints: &[&WebhookId]) -> Result<(), DatabaseError> {
    let now = platform.clock.now_ms();
    for id in endpoints {
        if let Some(at) = store::next_due(platform, id).await? {
            ask_again(platform, id, at.max(now), now).await?;
        }
    }
    Ok(())
}

async fn ask_again(
    platform: &Platform,
    id: &WebhookId,
    at: i64,
    now: i64,
) -> Result<(), DatabaseError> {
    let changes = platform
        .database
        .batch(vec![store::arm(id, at, now)])
        .await?;
    if changes.first().is_some_and(|armed| *armed > 0) {
        record::wake(platform, id, at, now);
    }
    Ok(())
}
