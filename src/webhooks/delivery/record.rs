//! What has come of attempts, on its way into the database: one batch for many of them.
//! Promises that a delivery, its log and what it says of its endpoint change together, and that
//! writing it again changes nothing. Leaves what follows from an attempt to `outcome`.

use serde_json::json;

use crate::ids::{DeliveryId, WebhookId};
use crate::platform::{DatabaseError, Lane, Message, Platform, Statement};
use crate::runtime::State;
use crate::telemetry::{self, Trace, rfc3339};
use crate::webhooks::outbox::{Event, WEBHOOK_DISABLED};

use super::endpoint::Endpoint;
use super::outcome::{self, Attempt, BREAKER_FAILURES, BREAKER_MS, DISABLE_AFTER_MS, Next};
use super::store::{self, Failing, Line};

/// Written so often before it is left to the sweep.
const TRIES: usize = 3;
/// What a result takes at most as JSON, beside the answer.
const DONE_BYTES: usize = 300;
/// The longest delay of a message, in milliseconds: twelve hours.
const MAX_DELAY_MS: i64 = crate::platform::MAX_DELAY_SECONDS as i64 * 1000;

/// What came of one delivery that was claimed.
pub struct Done {
    /// Its endpoint's place in the list.
    pub endpoint: usize,
    /// The delivery.
    pub id: DeliveryId,
    /// Its place in the schedule until now.
    pub step: i64,
    /// The attempt, or why none is made any more.
    pub attempt: Result<Attempt, &'static str>,
}

impl Done {
    /// What it takes at most as JSON.
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

/// Writes it, in portions that the database takes, and asks for whatever is to be woken later.
pub async fn write(state: &State, endpoints: &[Endpoint], claim: &str, mut done: Vec<Done>) {
    while !done.is_empty() {
        let mut bytes = 0;
        let fitting = done.iter().take_while(|each| {
            bytes += each.bytes();
            bytes <= store::MAX_BOUND_BYTES
        });
        let count = fitting.count().max(1);
        let rest = done.split_off(count);
        write_portion(state, endpoints, claim, &done).await;
        done = rest;
    }
}

async fn write_portion(state: &State, endpoints: &[Endpoint], claim: &str, done: &[Done]) {
    let platform = &state.platform;
    let now = platform.clock.now_ms();
    let lines: Vec<Line<'_>> = done.iter().map(|each| line(state, each, now)).collect();
    let told: Vec<Told<'_>> = endpoints
        .iter()
        .enumerate()
        .map(|(place, endpoint)| Told::of(place, endpoint, done, &lines, now))
        .collect();
    let mut record = Record {
        writes: Vec::new(),
        wakes: Vec::new(),
        events: Vec::new(),
    };
    let well: Vec<&Endpoint> = told
        .iter()
        .filter(|told| told.is_well)
        .map(|told| told.endpoint)
        .collect();
    if !well.is_empty() {
        let answered: Vec<_> = well
            .iter()
            .map(|each| (&each.id, each.url.as_str()))
            .collect();
        record.writes.push(store::well(&answered));
    }
    if well.iter().any(|endpoint| !endpoint.is_proven) {
        let unproved = well.iter().filter(|endpoint| !endpoint.is_proven);
        let ids = unproved.map(|endpoint| &endpoint.id);
        record.writes.push(store::release(ids));
    }
    // Before the claims end: see `store::failing`.
    let failing = told.iter().filter_map(|told| told.failing(claim, now));
    record.writes.extend(failing);
    record.writes.extend(store::record(&lines, claim));
    for told in &told {
        record.add_endpoint(platform, told, now);
    }
    record.write(platform, now).await;
}

/// What a portion of results says of one endpoint.
struct Told<'a> {
    endpoint: &'a Endpoint,
    /// The deliveries that were attempted.
    deliveries: Vec<&'a DeliveryId>,
    /// Whether one has arrived.
    is_well: bool,
    /// Failures of its own that no success has followed.
    count: i64,
    /// Until when it asks to be left alone, whatever else it answered.
    slow_down_until: i64,
    /// Whether it says that nobody will ever listen there again, whatever else it answered.
    is_gone: bool,
    /// When one is due again.
    retry_at: Option<i64>,
}

impl<'a> Told<'a> {
    fn of(
        place: usize,
        endpoint: &'a Endpoint,
        done: &'a [Done],
        lines: &[Line<'_>],
        now: i64,
    ) -> Self {
        let own = || done.iter().filter(|each| each.endpoint == place);
        let made = |each: &'a Done| Some((&each.id, each.attempt.as_ref().ok()?));
        let (deliveries, attempts): (Vec<_>, Vec<&Attempt>) = own().filter_map(made).unzip();
        let after = attempts.iter().rposition(|attempt| attempt.is_success());
        let failed = || {
            let rest = attempts[after.map_or(0, |place| place + 1)..].iter();
            rest.filter(|attempt| !attempt.is_ours())
        };
        let asked = attempts
            .iter()
            .filter_map(|attempt| outcome::slow_down_until(attempt, now));
        let retries = done.iter().zip(lines).filter_map(|(each, line)| {
            (each.endpoint == place && line.state == "pending").then_some(line.next_attempt_at)
        });
        Self {
            endpoint,
            deliveries,
            is_well: after.is_some(),
            count: i64::try_from(failed().count()).unwrap_or(i64::MAX),
            slow_down_until: asked.max().unwrap_or(0),
            is_gone: attempts.iter().any(|attempt| attempt.is_gone()),
            retry_at: retries.min(),
        }
    }

    fn failing(&self, claim: &str, now: i64) -> Option<Statement> {
        let failing = Failing {
            id: &self.endpoint.id,
            deliveries: &self.deliveries,
            count: self.count,
            slow_down_until: self.slow_down_until,
        };
        let is_told = self.count > 0 || self.slow_down_until > 0;
        is_told.then(|| store::failing(&failing, claim, now))
    }
}

fn line<'a>(state: &State, done: &'a Done, now: i64) -> Line<'a> {
    let mut line = Line {
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
            line.reason = Some(reason);
            return line;
        }
    };
    let random = u32::from_le_bytes(state.platform.random_bytes());
    let schedule = &state.config.webhooks.schedule;
    match outcome::next(attempt, done.step, schedule, random, now) {
        Next::Delivered => line.state = "delivered",
        Next::Dead(reason) => line.reason = Some(reason),
        Next::Retry(at) => {
            line.state = "pending";
            line.step += 1;
            line.next_attempt_at = at;
        }
    }
    line
}

/// A batch, and what follows when parts of it have changed something: by the statement's place.
struct Record {
    writes: Vec<Statement>,
    wakes: Vec<(usize, (WebhookId, i64))>,
    events: Vec<(usize, Event)>,
}

impl Record {
    /// What follows for an endpoint.
    fn add_endpoint(&mut self, platform: &Platform, told: &Told<'_>, now: i64) {
        let endpoint = told.endpoint;
        let limit = now - DISABLE_AFTER_MS;
        let is_dead = told.count > 0 && endpoint.failing_since.is_some_and(|at| at <= limit);
        if told.is_gone {
            self.disable(platform, endpoint, "gone", None, now);
        } else if is_dead {
            self.disable(platform, endpoint, "failing", Some(limit), now);
        }
        let Some(retry_at) = told.retry_at else {
            return;
        };
        let before = if told.is_well { 0 } else { endpoint.failures };
        let is_paused = told.count > 0 && before + told.count >= BREAKER_FAILURES;
        let paused_until = if is_paused { now + BREAKER_MS } else { 0 };
        let at = retry_at.max(told.slow_down_until).max(paused_until);
        self.wakes
            .push((self.writes.len(), (endpoint.id.clone(), at)));
        self.writes.push(store::arm(&endpoint.id, at, now));
    }

    /// Disables an endpoint and tells the owner's others.
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
            WEBHOOK_DISABLED,
            endpoint.id.as_str(),
            &data.to_string(),
        );
        let [disable, hold] = store::disable(&endpoint.id, reason, since, now);
        self.writes.push(disable);
        self.events.push((self.writes.len(), event.clone()));
        // Only when the statement before it has changed something.
        self.writes.push(event.insert_if_changed());
        self.writes.push(hold);
    }

    async fn write(self, platform: &Platform, now: i64) {
        match commit(platform, &self.writes).await {
            Ok(changes) => {
                let has_changed = |place: usize| changes.get(place).is_some_and(|count| *count > 0);
                for (place, (id, at)) in &self.wakes {
                    if has_changed(*place) {
                        wake(platform, id, *at, now);
                    }
                }
                for (place, event) in &self.events {
                    if has_changed(*place) {
                        event.wake(platform);
                    }
                }
            }
            // Their claims lapse, and the sweep finds them: some are sent twice.
            Err(error) => telemetry::warn(platform, "webhook_record_lost", error),
        }
    }
}

/// Runs writes that may run twice, again while the database is out of reach.
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

/// Wakes an endpoint at `at`, or as late as a queue can; whoever is woken too early looks again.
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
