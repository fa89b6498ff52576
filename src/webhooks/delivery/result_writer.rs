//! Writes the results of attempts, many in one batch.
//! A delivery, its log and its endpoint's state change together, and writing a result again changes
//! nothing. `outcome` decides what follows from an attempt.

use kit::time::rfc3339;
use serde_json::json;

use crate::events::outbox::Event;
use crate::http::trace::Trace;
use crate::ids::{DeliveryId, WebhookId};
use crate::platform::{DatabaseError, Lane, Message, Platform, Statement};
use crate::runtime::State;
use crate::webhooks::events::DISABLED;

use super::endpoint::Endpoint;
use super::outcome::{self, Attempt, BREAKER_FAILURES, BREAKER_MS, DISABLE_AFTER_MS, Next};
use super::store::{self, EndpointFailures, ResultRow};

/// How often a write is tried before it is left to the reconciler.
const TRIES: usize = 3;
/// The size of a result as JSON without the response, in bytes, at most.
const DONE_BYTES: usize = 300;
/// The longest delay of a message, in milliseconds: twelve hours.
const MAX_DELAY_MS: i64 = crate::platform::MAX_DELAY_SECONDS as i64 * 1000;

pub struct DeliveryResult {
    pub endpoint: usize,
    pub id: DeliveryId,
    /// Its step in the schedule until now.
    pub step: i64,
    /// The attempt, or why none is made.
    pub attempt: Result<Attempt, &'static str>,
}

impl DeliveryResult {
    /// Its size as JSON, at most.
    fn bytes(&self) -> usize {
        let response = self
            .attempt
            .as_ref()
            .map_or("", |attempt| &attempt.response);
        let escaped = response.bytes().map(|byte| match byte {
            0..0x20 => 6,
            b'"' | b'\\' => 2,
            _ => 1,
        });
        DONE_BYTES + escaped.sum::<usize>()
    }
}

/// Writes results in batches that D1 takes, and schedules the wake-ups that follow.
pub async fn write(
    state: &State,
    endpoints: &[Endpoint],
    lease: &str,
    mut done: Vec<DeliveryResult>,
) {
    while !done.is_empty() {
        let mut bytes = 0;
        let fitting = done.iter().take_while(|each| {
            bytes += each.bytes();
            bytes <= store::MAX_BOUND_BYTES
        });
        let count = fitting.count().max(1);
        let rest = done.split_off(count);
        write_chunk(state, endpoints, lease, &done).await;
        done = rest;
    }
}

async fn write_chunk(state: &State, endpoints: &[Endpoint], lease: &str, done: &[DeliveryResult]) {
    let platform = &state.platform;
    let now = platform.clock.now_ms();
    let rows: Vec<ResultRow<'_>> = done
        .iter()
        .map(|each| result_row(state, each, now))
        .collect();
    let results: Vec<EndpointResults<'_>> = endpoints
        .iter()
        .enumerate()
        .map(|(place, endpoint)| EndpointResults::of(place, endpoint, done, &rows, now))
        .collect();
    let mut record = ResultBatch::default();
    let successful: Vec<&Endpoint> = results
        .iter()
        .filter(|results| results.has_success)
        .map(|results| results.endpoint)
        .collect();
    if !successful.is_empty() {
        let answered: Vec<_> = successful
            .iter()
            .map(|each| (&each.id, each.url.as_str()))
            .collect();
        record.batch.writes.push(store::record_success(&answered));
    }
    if successful.iter().any(|endpoint| !endpoint.is_proven) {
        let unproved = successful.iter().filter(|endpoint| !endpoint.is_proven);
        let ids = unproved.map(|endpoint| &endpoint.id);
        record.batch.writes.push(store::resume_held(ids));
    }
    // Before the leases end: see `store::record_failures`.
    let failing = results
        .iter()
        .filter_map(|results| results.failing(lease, now));
    record.batch.writes.extend(failing);
    record
        .batch
        .writes
        .extend(store::write_results(&rows, lease));
    for results in &results {
        record.add_endpoint(platform, results, now);
    }
    record.write(platform, now).await;
}

/// What the results of a batch mean for one endpoint.
struct EndpointResults<'a> {
    endpoint: &'a Endpoint,
    deliveries: Vec<&'a DeliveryId>,
    has_success: bool,
    /// Its failures that no success has followed.
    count: i64,
    /// Until when it asks us to back off, whatever else it answered.
    slow_down_until: i64,
    /// Whether it has answered 410 Gone, whatever else it answered.
    is_gone: bool,
    retry_at: Option<i64>,
}

impl<'a> EndpointResults<'a> {
    fn of(
        place: usize,
        endpoint: &'a Endpoint,
        done: &'a [DeliveryResult],
        rows: &[ResultRow<'_>],
        now: i64,
    ) -> Self {
        let own = || done.iter().filter(|each| each.endpoint == place);
        let made = |each: &'a DeliveryResult| Some((&each.id, each.attempt.as_ref().ok()?));
        let (deliveries, attempts): (Vec<_>, Vec<&Attempt>) = own().filter_map(made).unzip();
        let after = attempts.iter().rposition(|attempt| attempt.is_success());
        let failed = || {
            let rest = attempts[after.map_or(0, |place| place + 1)..].iter();
            rest.filter(|attempt| !attempt.is_ours())
        };
        let asked = attempts
            .iter()
            .filter_map(|attempt| outcome::slow_down_until(attempt, now));
        let retries = done.iter().zip(rows).filter_map(|(each, row)| {
            (each.endpoint == place && row.state == "pending").then_some(row.next_attempt_at)
        });
        Self {
            endpoint,
            deliveries,
            has_success: after.is_some(),
            count: i64::try_from(failed().count()).unwrap_or(i64::MAX),
            slow_down_until: asked.max().unwrap_or(0),
            is_gone: attempts.iter().any(|attempt| attempt.is_gone()),
            retry_at: retries.min(),
        }
    }

    fn failing(&self, lease: &str, now: i64) -> Option<Statement> {
        let failing = EndpointFailures {
            id: &self.endpoint.id,
            deliveries: &self.deliveries,
            count: self.count,
            slow_down_until: self.slow_down_until,
        };
        let is_told = self.count > 0 || self.slow_down_until > 0;
        is_told.then(|| store::record_failures(&failing, lease, now))
    }
}

fn result_row<'a>(state: &State, done: &'a DeliveryResult, now: i64) -> ResultRow<'a> {
    let mut row = ResultRow {
        id: &done.id,
        state: "dead",
        reason: None,
        step: done.step,
        next_attempt_at: now,
        attempt: done.attempt.as_ref().ok(),
    };
    let attempt = match &done.attempt {
        Ok(attempt) => attempt,
        Err(reason) => {
            row.reason = Some(reason);
            return row;
        }
    };
    let random = u32::from_le_bytes(state.platform.random_bytes());
    let schedule = &state.config.webhooks.schedule;
    match outcome::next(attempt, done.step, schedule, random, now) {
        Next::Delivered => row.state = "delivered",
        Next::Dead(reason) => row.reason = Some(reason),
        Next::Retry(at) => {
            row.state = "pending";
            row.step += 1;
            row.next_attempt_at = at;
        }
    }
    row
}

/// A batch, and the events to be fanned out when the write at this index has changed a row.
#[derive(Default)]
struct ResultBatch {
    batch: WakingBatch,
    events: Vec<(usize, Event)>,
}

impl ResultBatch {
    /// Adds what follows for an endpoint.
    fn add_endpoint(&mut self, platform: &Platform, results: &EndpointResults<'_>, now: i64) {
        let endpoint = results.endpoint;
        let limit = now - DISABLE_AFTER_MS;
        let is_dead = results.count > 0 && endpoint.failing_since.is_some_and(|at| at <= limit);
        if results.is_gone {
            self.disable(platform, endpoint, "gone", None, now);
        } else if is_dead {
            self.disable(platform, endpoint, "failing", Some(limit), now);
        }
        let Some(retry_at) = results.retry_at else {
            return;
        };
        let before = if results.has_success {
            0
        } else {
            endpoint.failures
        };
        let is_paused = results.count > 0 && before + results.count >= BREAKER_FAILURES;
        let paused_until = if is_paused { now + BREAKER_MS } else { 0 };
        let at = retry_at.max(results.slow_down_until).max(paused_until);
        self.batch.wake_at(&endpoint.id, at, now);
    }

    /// Disables an endpoint and tells the other endpoints of its owner.
    fn disable(
        &mut self,
        platform: &Platform,
        endpoint: &Endpoint,
        reason: &'static str,
        since: Option<i64>,
        now: i64,
    ) {
        let data = json!({
            "id": endpoint.id.as_str(),
            "url": endpoint.url,
            "reason": reason,
            "failing_since": rfc3339(endpoint.failing_since.unwrap_or(now)),
            "disabled_at": rfc3339(now),
        });
        let trace = Trace::from_header(None, platform);
        let event = Event::new(
            platform,
            &trace,
            (&endpoint.user).into(),
            &DISABLED,
            endpoint.id.as_str(),
            &data.to_string(),
        );
        let [disable, hold] = store::disable(&endpoint.id, reason, since, now);
        let writes = &mut self.batch.writes;
        writes.push(disable);
        self.events.push((writes.len(), event.clone()));
        // Only when the statement before it has changed something.
        writes.extend([event.insert_if_changed(), hold]);
    }

    async fn write(self, platform: &Platform, now: i64) {
        match self.batch.commit(platform, now).await {
            Ok(changes) => {
                let events = self.events.iter();
                for (_, event) in events.filter(|(place, _)| changes[*place] > 0) {
                    event.wake(platform);
                }
            }
            // Their leases expire and the reconciler finds them: some are sent twice.
            Err(error) => platform.warn("webhook_results_lost", error),
        }
    }
}

/// Commits idempotent writes, with retries while the database is unavailable.
pub async fn commit(platform: &Platform, writes: &[Statement]) -> Result<Vec<u64>, DatabaseError> {
    let mut changes = Err(DatabaseError::Stale);
    for _ in 0..TRIES {
        changes = platform.database.batch(writes.to_vec()).await;
        if !matches!(changes, Err(DatabaseError::Unavailable(_))) {
            break;
        }
    }
    changes
}

/// Writes, and the endpoints to be woken when the write at this index has changed a row.
#[derive(Default)]
pub struct WakingBatch {
    pub writes: Vec<Statement>,
    wakes: Vec<(usize, WebhookId, i64)>,
}

impl WakingBatch {
    /// Without wake-ups.
    pub fn new(writes: Vec<Statement>) -> Self {
        Self {
            writes,
            wakes: Vec::new(),
        }
    }

    /// Schedules the wake-up of an endpoint.
    pub fn wake_at(&mut self, id: &WebhookId, at: i64, now: i64) {
        self.wakes.push((self.writes.len(), id.clone(), at));
        self.writes.push(store::schedule_wake(id, at, now));
    }

    /// Commits as [`commit`] does, and wakes the endpoints.
    pub async fn commit(&self, platform: &Platform, now: i64) -> Result<Vec<u64>, DatabaseError> {
        let changes = commit(platform, &self.writes).await?;
        self.wake(platform, &changes, now);
        Ok(changes)
    }

    /// Wakes the endpoints, after these changes.
    pub fn wake(&self, platform: &Platform, changes: &[u64], now: i64) {
        for (place, id, at) in &self.wakes {
            if changes.get(*place).is_some_and(|count| *count > 0) {
                wake(platform, id, *at, now);
            }
        }
    }
}

/// Wakes an endpoint at `at`, or as late as a queue can delay; one woken too early is woken again.
pub fn wake(platform: &Platform, id: &WebhookId, at: i64, now: i64) {
    let delay_ms = (at - now).clamp(0, MAX_DELAY_MS);
    let message = Message {
        body: id.to_string(),
        // At most 43,200.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        delay_seconds: ((delay_ms + 999) / 1000) as u32,
    };
    platform.queue.send(Lane::Slow, vec![message]);
}
