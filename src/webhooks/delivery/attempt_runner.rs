//! Makes the attempts of one invocation.
//! The target and the standing of the endpoint's creator are checked before each attempt. No attempt
//! starts at an endpoint that backs off, or so late that it could outlive its lease; leases without an
//! attempt are released. `result_writer` stores results, `endpoint_session` has each endpoint's state.

use std::cell::{Cell, RefCell};

use kit::hex;

use crate::events::resolver::{self, Unresolved};
use crate::platform::{LocalFuture, Platform};
use crate::runtime::State;
use crate::webhooks::check_target;
use crate::webhooks::endpoint_throttle;
use crate::webhooks::sending;

use super::dispatcher::{self, Job, Progress};
use super::endpoint::Endpoint;
use super::endpoint_session::EndpointSession;
use super::lease_store::{self, LeasedDelivery, Unattempted};
use super::outcome::Attempt;
use super::result_writer::{self, DeliveryResult, WakingBatch};
use super::store;

pub const LEASE_MS: i64 = 60_000;
/// The longest time from the start of an attempt to its stored result, in milliseconds.
const ATTEMPT_MS: i64 = 25_000;

/// How long a slow endpoint gets nothing more, unless it answers earlier, in milliseconds.
const SLOW_PAUSE_MS: i64 = 5_000;

pub fn new_lease_token(platform: &Platform) -> String {
    hex::encode(&platform.random_bytes::<16>())
}

/// Why this URL must not be called now. Names may resolve to other addresses than before.
pub async fn refusal(state: &State, url: &str) -> Option<&'static str> {
    let Ok(target) = check_target(&state.config, url) else {
        return Some("target_refused");
    };
    let (resolver, name) = (state.config.webhooks.resolver.as_deref()?, target.name()?);
    match resolver::check(&state.platform, resolver, name).await {
        Ok(()) => None,
        Err(Unresolved::Refused) => Some("target_refused"),
        Err(Unresolved::NoAddress) => Some("name_not_found"),
        Err(Unresolved::Unavailable) => Some("resolver_unavailable"),
    }
}

/// State that the attempts of an invocation share.
#[derive(Default)]
struct Shared {
    /// Jobs that were started and not sent.
    unattempted: RefCell<Vec<Unattempted>>,
    slow: RefCell<Vec<usize>>,
    /// Whether anything was awaited since the lease: what was read then may have changed.
    has_waited: Cell<bool>,
}

/// Attempts the deliveries that `lease` holds since `leased_at`, each with the index of its endpoint.
/// `all_begun` is called when no job waits any more: the running ones end within the time that an
/// attempt may take. Gives the indices of slow endpoints.
pub async fn run(
    state: &State,
    endpoints: &[Endpoint],
    leased: Vec<(usize, LeasedDelivery)>,
    lease: &str,
    leased_at: i64,
    all_begun: impl FnOnce(),
) -> Vec<usize> {
    let platform = &state.platform;
    let sessions: Vec<EndpointSession<'_>> = endpoints.iter().map(EndpointSession::new).collect();
    let shared = Shared::default();
    let mut given_up = Vec::new();
    let mut jobs = Vec::new();
    for (endpoint, leased) in leased {
        if let Some(reason) = leased.given_up {
            given_up.push(DeliveryResult {
                endpoint,
                id: leased.id,
                step: leased.step,
                attempt: Err(reason),
            });
            continue;
        }
        let begin_by = match endpoints[endpoint].rate_limit {
            Some(_) => leased_at + endpoint_throttle::MAX_LATE_MS,
            None => leased_at + LEASE_MS - ATTEMPT_MS,
        };
        let id = leased.id.clone();
        let (session, shared) = (&sessions[endpoint], &shared);
        jobs.push(Job {
            endpoint,
            id,
            begin_by,
            begin: Box::new(move || {
                Box::pin(attempt(state, session, shared, endpoint, begin_by, leased))
                    as LocalFuture<'_, Option<DeliveryResult>>
            }),
        });
    }
    if !given_up.is_empty() {
        shared.has_waited.set(true);
        result_writer::write(state, endpoints, lease, given_up).await;
    }
    let write = |progress| {
        let progress = write_down(state, endpoints, &sessions, lease, &shared, progress);
        Box::pin(progress) as LocalFuture<'_, ()>
    };
    let allowed = |endpoint: usize| sessions[endpoint].allowed(state);
    dispatcher::run(jobs, platform.clock.as_ref(), allowed, write, all_begun).await;
    shared.slow.into_inner()
}

/// Writes results, releases the leases of jobs not started here, and marks slow endpoints.
async fn write_down(
    state: &State,
    endpoints: &[Endpoint],
    sessions: &[EndpointSession<'_>],
    lease: &str,
    shared: &Shared,
    progress: Progress<'_, Option<DeliveryResult>>,
) {
    let platform = &state.platform;
    let now = platform.clock.now_ms();
    mark_slow(platform, &progress.slow, endpoints).await;
    shared.slow.borrow_mut().extend(progress.slow);
    let done = progress.done.into_iter().flatten().collect();
    result_writer::write(state, endpoints, lease, done).await;
    let mut unattempted = shared.unattempted.take();
    unattempted.extend(progress.unattempted.into_iter().map(|job| Unattempted {
        endpoint: job.endpoint,
        id: job.id,
        due: sessions[job.endpoint].backing_off_until().unwrap_or(now),
    }));
    release_and_wake(platform, endpoints, &unattempted, lease).await;
}

/// Marks endpoints as slow, and wakes them when that is over.
async fn mark_slow(platform: &Platform, slow: &[usize], endpoints: &[Endpoint]) {
    if slow.is_empty() {
        return;
    }
    let now = platform.clock.now_ms();
    let until = now + SLOW_PAUSE_MS;
    let ids = || slow.iter().map(|place| &endpoints[*place].id);
    let mut batch = WakingBatch::default();
    ids().for_each(|id| batch.wake_at(id, until, now));
    batch.writes.push(store::mark_slow(ids(), until));
    if let Err(error) = batch.commit(platform, now).await {
        platform.warn("webhook_slow_not_stored", error);
    }
}

/// Releases leases without an attempt, and wakes their endpoints for the next consumer.
pub async fn release_and_wake(
    platform: &Platform,
    endpoints: &[Endpoint],
    unattempted: &[Unattempted],
    lease: &str,
) {
    if unattempted.is_empty() {
        return;
    }
    let now = platform.clock.now_ms();
    let mut dues: Vec<Option<i64>> = vec![None; endpoints.len()];
    for each in unattempted {
        let first = dues[each.endpoint].map_or(each.due, |due| due.min(each.due));
        dues[each.endpoint] = Some(first);
    }
    let mut batch = WakingBatch::new(lease_store::release_leases(unattempted, lease));
    for (endpoint, due) in endpoints.iter().zip(dues) {
        if let Some(due) = due {
            batch.wake_at(&endpoint.id, due, now);
        }
    }
    // A lease that cannot be released expires.
    batch.commit(platform, now).await.ok();
}

/// Makes the attempt; `None` when its endpoint backs off by now, or it has become late.
async fn attempt(
    state: &State,
    session: &EndpointSession<'_>,
    shared: &Shared,
    endpoint: usize,
    begin_by: i64,
    leased: LeasedDelivery,
) -> Option<DeliveryResult> {
    let platform = &state.platform;
    let (refusal, has_waited) = session.refusal(state).await;
    if has_waited || shared.has_waited.get() {
        shared.has_waited.set(true);
        session.recheck_standing(state).await;
    }
    let at = platform.clock.now_ms();
    let until = session.backing_off_until();
    if until.is_some() || at > begin_by {
        shared.unattempted.borrow_mut().push(Unattempted {
            endpoint,
            id: leased.id,
            due: until.unwrap_or(at),
        });
        return None;
    }
    let attempt = match (session.opened(state), refusal) {
        (None, _) => Attempt::refused("secret_unreadable", at),
        (_, Some(refusal)) => Attempt::refused(refusal, at),
        (Some(opened), None) => {
            let request = sending::request(
                session.url(),
                &opened.secrets,
                &opened.headers,
                leased.event.as_str(),
                &leased.traceparent,
                leased.payload,
                at,
            );
            let exchange = platform.http.send(request).await;
            shared.has_waited.set(true);
            Attempt::of(exchange, at, platform.clock.now_ms())
        }
    };
    session.record(&attempt, platform.clock.now_ms());
    Some(DeliveryResult {
        endpoint,
        id: leased.id,
        step: leased.step,
        attempt: Ok(attempt),
    })
}
