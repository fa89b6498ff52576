//! What has come of attempts, on its way into the database: one batch for many of them.
//! Promises that a delivery, its log and what it says of its endpoint change together, and that
//! writing it again changes nothing. Leaves what follows from an attempt to `outcome`.

use serde_json::json;

use crate::context::State;
use crate::ids::{DeliveryId, WebhookId};
use crate::platform::{DatabaseError, Lane, Message, Platform, Statement};
use crate::telemetry::{self, Trace, rfc3339};
use crate::webhooks::outbox::Event;

use super::endpoint::Endpoint;
use super::outcome::{self, Attempt, BREAKER_FAILURES, BREAKER_MS, DISABLE_AFTER_MS, Next};
use super::store::{self, Failing, Line};

/// Written so often before it is left to the sweep.
const TRIES: usize = 3;
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
    /// The attempt; `None` when it was lost too often to be made again.
    pub attempt: Option<Attempt>,
}

/// Writes it, and asks for whatever is to be woken later.
pub async fn write(state: &State, endpoints: &[Endpoint], claim: &str, done: Vec<Done>) {
    let platform = &state.platform;
    let now = platform.clock.now_ms();
    let mut record = Record {
        writes: Vec::new(),
        wakes: Vec::new(),
        events: Vec::new(),
    };
    let mut retries: Vec<Option<i64>> = vec![None; endpoints.len()];
    let mut lines = Vec::with_capacity(done.len());
    for each in &done {
        let line = line(state, each, now);
        if line.state == "pending" {
            let first = retries[each.endpoint].map_or(line.next_attempt_at, |known: i64| {
                known.min(line.next_attempt_at)
            });
            retries[each.endpoint] = Some(first);
        }
        lines.push(line);
    }
    record.writes.extend(store::record(&lines, claim));
    let mut well = Vec::new();
    for (place, endpoint) in endpoints.iter().enumerate() {
        let own = done.iter().filter(|each| each.endpoint == place);
        let attempts: Vec<&Attempt> = own.filter_map(|each| each.attempt.as_ref()).collect();
        let after = attempts.iter().rposition(|attempt| attempt.is_success());
        if after.is_some() {
            well.push(&endpoint.id);
        }
        let failed = &attempts[after.map_or(0, |place| place + 1)..];
        let before = if after.is_some() {
            0
        } else {
            endpoint.failures
        };
        record.add_endpoint(platform, endpoint, failed, before, retries[place], now);
    }
    if !well.is_empty() {
        record.writes.insert(0, store::well(&well));
        for (place, _) in &mut record.wakes {
            *place += 1;
        }
        for (place, _) in &mut record.events {
            *place += 1;
        }
    }
    record.commit(platform, now).await;
}

fn line<'a>(state: &State, done: &'a Done, now: i64) -> Line<'a> {
    let mut line = Line {
        id: &done.id,
        state: "dead",
        reason: None,
        step: done.step,
        next_attempt_at: now,
        attempt: done.attempt.as_ref(),
    };
    let Some(attempt) = &done.attempt else {
        line.reason = Some("lost");
        return line;
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
    /// What `failed`, the attempts that no success has followed, say of an endpoint that had failed
    /// `before` times in a row; `retry_at` is when it has something due again.
    fn add_endpoint(
        &mut self,
        platform: &Platform,
        endpoint: &Endpoint,
        failed: &[&Attempt],
        before: i64,
        retry_at: Option<i64>,
        now: i64,
    ) {
        let mut paused_until = 0;
        if !failed.is_empty() {
            let asked = failed
                .iter()
                .filter_map(|attempt| outcome::slow_down_until(attempt, now));
            let slow_down_until = asked.max().unwrap_or(0);
            let count = i64::try_from(failed.len()).unwrap_or(i64::MAX);
            let is_slow = failed.iter().any(|each| each.error == Some("timeout"));
            self.writes.push(store::failing(
                &Failing {
                    id: &endpoint.id,
                    count,
                    is_slow,
                    slow_down_until,
                },
                now,
            ));
            paused_until = slow_down_until;
            if before + count >= BREAKER_FAILURES {
                paused_until = paused_until.max(now + BREAKER_MS);
            }
        }
        let is_gone = failed.iter().any(|attempt| attempt.is_gone());
        let limit = now - DISABLE_AFTER_MS;
        let is_dead = !failed.is_empty() && endpoint.failing_since.is_some_and(|at| at <= limit);
        if is_gone {
            self.disable(platform, endpoint, "gone", None, now);
        } else if is_dead {
            self.disable(platform, endpoint, "failing", Some(limit), now);
        }
        if let Some(at) = retry_at {
            let at = at.max(paused_until);
            self.wakes
                .push((self.writes.len(), (endpoint.id.clone(), at)));
            self.writes.push(store::arm(&endpoint.id, at, now));
        }
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
        let (id, kind) = (endpoint.id.as_str(), "webhook.disabled");
        let event = Event::new(
            platform,
            &trace,
            (&endpoint.user).into(),
            kind,
            id,
            &data.to_string(),
        );
        let [disable, hold] = store::disable(&endpoint.id, reason, since, now);
        self.writes.push(disable);
        self.events.push((self.writes.len(), event.clone()));
        // Only when the statement before it has changed something.
        self.writes.push(event.insert_if_changed());
        self.writes.push(hold);
    }

    async fn commit(self, platform: &Platform, now: i64) {
        let mut changes = Err(DatabaseError::Stale);
        for _ in 0..TRIES {
            changes = platform.database.batch(self.writes.clone()).await;
            if !matches!(changes, Err(DatabaseError::Unavailable(_))) {
                break;
            }
        }
        match changes {
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
