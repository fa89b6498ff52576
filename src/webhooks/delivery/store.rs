//! The SQL of deliveries and of how their endpoints do.
//! Promises that what is written of a delivery twice counts once, and no bound text that D1 refuses.
//! Leaves claims to `claim_store`, what to write to `fan_out`, `drain` and `record`.

use serde_json::{Value as Json, json};

use crate::ids::{DeliveryId, EventId, TeamId, UserId, WebhookId};
use crate::platform::{DatabaseError, Platform, Statement, Text, Value};
use crate::webhooks::outbox::Audience;
use crate::webhooks::standing::{self, account_stands, is_told};

use super::outcome::{BREAKER_FAILURES, BREAKER_MAX_MS, BREAKER_MS};

/// D1 refuses a bound text of more than 2,000,000 bytes: no text of ours comes near.
pub const MAX_BOUND_BYTES: usize = 500_000;
/// Rows of new deliveries that one bound text has: ids and numbers, fewer than 150 bytes each.
pub(super) const ROWS_AT_ONCE: usize = MAX_BOUND_BYTES / 150;
/// A message is late by less than this, or it was lost, in milliseconds.
const WAKE_OVERDUE_MS: i64 = 30_000;

/// An event that has not been fanned out.
pub struct Waiting {
    /// The event.
    pub id: EventId,
    /// Whose endpoints are told.
    pub audience: Audience,
    /// Its type.
    pub kind: String,
    /// The bytes to send.
    pub payload: Text,
    /// `traceparent`.
    pub traceparent: String,
}

/// The events among `ids` that have not been fanned out.
pub async fn waiting_events(
    platform: &Platform,
    ids: &[EventId],
) -> Result<Vec<Waiting>, DatabaseError> {
    let statement = Statement::new(
        "SELECT e.payload, e.id || ' ' || e.user_id || ' ' || e.type || ' ' || e.traceparent \
         || ' ' || coalesce(e.team_id, '') \
         FROM json_each(?1) j JOIN webhook_events e ON e.id = j.value \
         WHERE e.fanned_out_at IS NULL",
        vec![list(ids.iter().map(EventId::as_str)).into()],
    );
    let rows = platform.database.query(statement).await?;
    rows.into_iter()
        .map(|mut row| {
            let payload = row.take_text(0)?;
            let mut parts = row.text(1)?.split(' ');
            let mut next = || parts.next().unwrap_or_default();
            let (id, user) = (EventId::parse(next()), UserId::parse(next()));
            let (kind, traceparent) = (next().to_owned(), next().to_owned());
            let team = TeamId::parse(next());
            let Some(id) = id else {
                return Err(broken("an event"));
            };
            Ok(Waiting {
                id,
                audience: Audience { user, team },
                kind,
                payload,
                traceparent,
            })
        })
        .collect()
}

/// A delivery to be written.
pub struct NewDelivery<'a> {
    /// The delivery.
    pub id: &'a DeliveryId,
    /// Where to.
    pub webhook: &'a WebhookId,
    /// What.
    pub event: &'a EventId,
    /// Whether it is claimed with it.
    pub is_claimed: bool,
    /// When the claim lapses, or else when the first attempt may be made.
    pub next_attempt_at: i64,
    /// The endpoint's version, as it was read.
    pub version: i64,
}

/// What writes the deliveries of some events.
pub struct FanOut {
    /// The statements.
    pub writes: Vec<Statement>,
    /// So many of the first ones claim: together as many rows as were to be claimed, when all of those
    /// are ours.
    pub claims: usize,
}

/// Events that wait for an endpoint's first ping to be answered; what comes up beyond is not for it.
const MAX_UNPROVED: usize = 100;

/// What a delivery is written from: `j` is a row of the list.
macro_rules! new_deliveries {
    ($claim:literal, $claims:literal, $at:literal, $more:expr) => {
        concat!(
            "INSERT INTO webhook_deliveries \
             (id, webhook_id, event_id, state, claim, claims, next_attempt_at) \
             SELECT j.value ->> 0, w.id, e.id, iif(w.is_proven, 'pending', 'held'), ",
            $claim,
            ", ",
            $claims,
            ", ",
            $at,
            " FROM json_each(?1) j JOIN webhook_events e ON e.id = j.value ->> 2 \
             JOIN webhooks w ON w.id = j.value ->> 1 WHERE e.fanned_out_at IS NULL AND ",
            is_told!("?2", "?3"),
            $more,
            " ON CONFLICT (webhook_id, event_id) DO NOTHING"
        )
    };
}

/// For endpoints that are as they were read, and may be sent something now.
const CLAIMED: &str = new_deliveries!(
    "?4",
    "1",
    "j.value ->> 4",
    concat!(
        " AND w.is_proven = 1 AND w.version = j.value ->> 5 AND ",
        account_stands!()
    )
);
/// For all others. Deliveries that are there already stay as they are.
const UNCLAIMED: &str = new_deliveries!(
    "NULL",
    "0",
    "iif(j.value ->> 3, ?3, j.value ->> 4)",
    " AND (w.is_proven = 1 OR (SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries h \
     WHERE h.webhook_id = w.id AND h.state = 'held' AND h.state <> 'pending' LIMIT ?4)) < ?4)"
);

/// Writes the deliveries of `events`, unless someone else has.
pub fn fan_out(
    events: &[EventId],
    deliveries: &[NewDelivery<'_>],
    claim: &str,
    now: i64,
) -> FanOut {
    let roles = standing::roles();
    let insert = |rows: &[&NewDelivery<'_>], sql: &'static str, last: Value| {
        let rows: Vec<Json> = rows
            .iter()
            .map(|new| {
                json!([
                    new.id.as_str(),
                    new.webhook.as_str(),
                    new.event.as_str(),
                    i64::from(new.is_claimed),
                    new.next_attempt_at,
                    new.version,
                ])
            })
            .collect();
        let rows = Json::from(rows).to_string();
        let params = vec![rows.into(), roles.as_str().into(), now.into(), last];
        Statement::new(sql, params)
    };
    let claimed: Vec<_> = deliveries.iter().filter(|new| new.is_claimed).collect();
    let mut writes: Vec<Statement> = claimed
        .chunks(ROWS_AT_ONCE)
        .map(|rows| insert(rows, CLAIMED, claim.into()))
        .collect();
    let claims = writes.len();
    let all: Vec<_> = deliveries.iter().collect();
    let most = i64::try_from(MAX_UNPROVED).unwrap_or(i64::MAX);
    let rest = all.chunks(ROWS_AT_ONCE);
    writes.extend(rest.map(|rows| insert(rows, UNCLAIMED, most.into())));
    writes.push(Statement::new(
        "UPDATE webhook_events SET fanned_out_at = ?2 \
         WHERE id IN (SELECT value FROM json_each(?1)) AND fanned_out_at IS NULL",
        vec![list(events.iter().map(EventId::as_str)).into(), now.into()],
    ));
    FanOut { writes, claims }
}

/// Moves the slots of a rate from where they were read; to be followed by
/// [`Statement::must_change`].
pub fn take_slots(id: &WebhookId, was: i64, next_slot_us: i64) -> Statement {
    Statement::new(
        "UPDATE webhooks SET next_slot_us = ?3 WHERE id = ?1 AND next_slot_us = ?2",
        vec![id.as_str().into(), was.into(), next_slot_us.into()],
    )
}

/// Lets one go first where many have failed: everyone else waits until `until`. To be followed by
/// [`Statement::must_change`].
pub fn probe(id: &WebhookId, was: i64, until: i64) -> Statement {
    Statement::new(
        "UPDATE webhooks SET paused_until = ?3 WHERE id = ?1 AND paused_until = ?2",
        vec![id.as_str().into(), was.into(), until.into()],
    )
}

/// A line of a record: what came of one attempt.
pub struct Line<'a> {
    /// The delivery.
    pub id: &'a DeliveryId,
    /// `pending`, `delivered` or `dead`.
    pub state: &'static str,
    /// Why it is dead.
    pub reason: Option<&'static str>,
    /// Its new place in the schedule.
    pub step: i64,
    /// When it is due again.
    pub next_attempt_at: i64,
    /// The attempt, to be logged; `None` when none was made.
    pub attempt: Option<&'a super::outcome::Attempt>,
}

/// Writes what came of attempts. What this claim does not hold any more stays as it is, but for a
/// success: that ends a delivery whoever has it now.
pub fn record(lines: &[Line<'_>], claim: &str) -> Vec<Statement> {
    let attempts: Vec<Json> = lines
        .iter()
        .filter_map(|line| {
            let attempt = line.attempt?;
            Some(json!([
                line.id.as_str(),
                attempt.at,
                attempt.duration_ms,
                attempt.status,
                attempt.error,
                attempt.response,
            ]))
        })
        .collect();
    let changes: Vec<Json> = lines
        .iter()
        .map(|line| {
            json!([
                line.id.as_str(),
                line.state,
                line.reason,
                line.step,
                line.next_attempt_at,
                i64::from(line.attempt.is_some()),
            ])
        })
        .collect();
    vec![
        Statement::new(
            "INSERT INTO webhook_attempts \
             (delivery_id, number, at, duration_ms, status, error, response) \
             SELECT d.id, d.attempts + 1, j.value ->> 1, j.value ->> 2, j.value ->> 3, \
             j.value ->> 4, j.value ->> 5 FROM json_each(?1) j \
             JOIN webhook_deliveries d ON d.id = j.value ->> 0 WHERE d.claim = ?2",
            vec![Json::from(attempts).to_string().into(), claim.into()],
        ),
        Statement::new(
            "UPDATE webhook_deliveries AS d SET state = j.value ->> 1, \
             reason = iif(d.claim IS ?2, j.value ->> 2, NULL), \
             step = iif(d.claim IS ?2, j.value ->> 3, d.step), \
             attempts = d.attempts + iif(d.claim IS ?2, j.value ->> 5, 0), \
             claims = iif(d.claim IS ?2, 0, d.claims), \
             next_attempt_at = iif(d.claim IS ?2, j.value ->> 4, d.next_attempt_at), \
             claim = iif(d.claim IS ?2, NULL, d.claim) \
             FROM json_each(?1) j WHERE d.id = j.value ->> 0 AND (d.claim = ?2 \
             OR (j.value ->> 1 = 'delivered' AND d.state IN ('pending', 'held')))",
            vec![Json::from(changes).to_string().into(), claim.into()],
        ),
    ]
}

/// Notes that these endpoints have answered well at these URLs: whose URL it still is has proved
/// itself. What a receiver has asked for stands: a pause ends early only when it was for failures.
pub fn well(answered: &[(&WebhookId, &str)]) -> Statement {
    let answered: Vec<Json> = answered
        .iter()
        .map(|(id, url)| json!([id.as_str(), url]))
        .collect();
    Statement::new(
        format!(
            "UPDATE webhooks AS w SET is_proven = iif(w.url = j.value ->> 1, 1, w.is_proven), \
             failures = 0, failing_since = NULL, hung_until = 0, \
             paused_until = iif(w.failures < {BREAKER_FAILURES}, w.paused_until, 0) \
             FROM json_each(?1) j WHERE w.id = j.value ->> 0 AND (w.is_proven = 0 \
             OR w.failures > 0 OR w.failing_since IS NOT NULL OR w.hung_until > 0)"
        ),
        vec![Json::from(answered).to_string().into()],
    )
}

/// Notes that these endpoints let us wait: they go to the slow lane, and get nothing more before
/// `until` or their answer, whichever is first.
pub fn hang<'a>(ids: impl Iterator<Item = &'a WebhookId>, until: i64) -> Statement {
    Statement::new(
        "UPDATE webhooks SET hung_until = ?2 WHERE id IN (SELECT value FROM json_each(?1))",
        vec![list(ids.map(WebhookId::as_str)).into(), until.into()],
    )
}

/// What an endpoint has answered, beside success.
pub struct Failing<'a> {
    /// The endpoint.
    pub id: &'a WebhookId,
    /// The deliveries.
    pub deliveries: &'a [&'a DeliveryId],
    /// Failures that no success has followed.
    pub count: i64,
    /// Until when it asks to be left alone.
    pub slow_down_until: i64,
}

/// Notes failures, while the claim still holds one of the deliveries: to be run before [`record`], so
/// that what is written twice counts once. From the fifth failure in a row on, the endpoint is left
/// alone for a while; of many at once only so many count, so that a moment's trouble is not taken for
/// a long one.
pub fn failing(failing: &Failing<'_>, claim: &str, now: i64) -> Statement {
    Statement::new(
        format!(
            "UPDATE webhooks SET failures = failures + iif(failures + ?2 <= {BREAKER_FAILURES}, \
             ?2, max(1, {BREAKER_FAILURES} - failures)), \
             failing_since = iif(?2 > 0, coalesce(failing_since, ?3), failing_since), \
             paused_until = max(paused_until, ?4, iif(failures + ?2 < {BREAKER_FAILURES}, 0, \
             ?3 + min({BREAKER_MAX_MS}, \
             {BREAKER_MS} << min(7, max(0, failures + 1 - {BREAKER_FAILURES}))))) WHERE id = ?1 \
             AND EXISTS (SELECT 1 FROM json_each(?5) j JOIN webhook_deliveries d \
             ON d.id = j.value WHERE d.claim = ?6)"
        ),
        vec![
            failing.id.as_str().into(),
            failing.count.into(),
            now.into(),
            failing.slow_down_until.into(),
            list(failing.deliveries.iter().map(|id| id.as_str())).into(),
            claim.into(),
        ],
    )
}

/// Disables an endpoint, and holds what it has waiting. `since`: only when it did nothing but fail
/// since then.
pub fn disable(
    id: &WebhookId,
    reason: &'static str,
    since: Option<i64>,
    now: i64,
) -> [Statement; 2] {
    [
        Statement::new(
            format!(
                "UPDATE webhooks SET disabled_at = ?2, disabled_reason = ?3, updated_at = ?2, \
                 version = version + 1 WHERE id = ?1 AND disabled_at IS NULL AND (?4 IS NULL \
                 OR (failing_since <= ?4 AND failures >= {BREAKER_FAILURES}))"
            ),
            vec![id.as_str().into(), now.into(), reason.into(), since.into()],
        ),
        hold(id, now),
    ]
}

/// Holds what an endpoint has waiting that is not being attempted: all of a disabled one, all but a
/// ping of one that is unproved, and nothing of any other.
pub fn hold(id: &WebhookId, now: i64) -> Statement {
    Statement::new(
        "UPDATE webhook_deliveries AS d SET state = 'held' WHERE d.webhook_id = ?1 \
         AND d.state = 'pending' AND (d.claim IS NULL OR d.next_attempt_at <= ?2) \
         AND EXISTS (SELECT 1 FROM webhooks w WHERE w.id = ?1 AND (w.disabled_at IS NOT NULL \
         OR w.is_proven = 0 AND NOT EXISTS (SELECT 1 FROM webhook_events e \
         WHERE e.id = d.event_id AND e.type = 'ping')))",
        vec![id.as_str().into(), now.into()],
    )
}

/// Sets free what was held for these endpoints, of those that are enabled and proved.
pub fn release<'a>(ids: impl Iterator<Item = &'a WebhookId>) -> Statement {
    Statement::new(
        "UPDATE webhook_deliveries SET state = 'pending' WHERE state = 'held' \
         AND state <> 'pending' AND webhook_id IN (SELECT w.id FROM json_each(?1) j \
         JOIN webhooks w ON w.id = j.value WHERE w.disabled_at IS NULL AND w.is_proven = 1)",
        vec![list(ids.map(WebhookId::as_str)).into()],
    )
}

/// How many deliveries an endpoint has due, counted up to `most`.
pub async fn count_due(
    platform: &Platform,
    id: &WebhookId,
    now: i64,
    most: usize,
) -> Result<usize, DatabaseError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let statement = Statement::new(
        "SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries WHERE webhook_id = ?1 \
         AND state = 'pending' AND next_attempt_at <= ?2 LIMIT ?3)",
        vec![id.as_str().into(), now.into(), most.into()],
    );
    let rows = platform.database.query(statement).await?;
    let count = rows.first().map_or(Ok(0), |row| row.integer(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Notes that an endpoint is to be woken at `at`, in milliseconds since 1970. Changes a row when
/// that is news: then the message is to be sent. One that is long overdue was lost.
pub fn arm(id: &WebhookId, at: i64, now: i64) -> Statement {
    Statement::new(
        "UPDATE webhooks SET wake_at = ?2 \
         WHERE id = ?1 AND (wake_at = 0 OR wake_at > ?2 OR wake_at < ?3)",
        vec![
            id.as_str().into(),
            at.into(),
            (now - WAKE_OVERDUE_MS).into(),
        ],
    )
}

/// Notes that these endpoints have been woken.
pub fn woken(ids: &[WebhookId]) -> Statement {
    Statement::new(
        "UPDATE webhooks SET wake_at = 0 WHERE id IN (SELECT value FROM json_each(?1)) \
         AND wake_at > 0",
        vec![list(ids.iter().map(WebhookId::as_str)).into()],
    )
}

/// When an endpoint has something due next, in milliseconds since 1970.
pub async fn next_due(platform: &Platform, id: &WebhookId) -> Result<Option<i64>, DatabaseError> {
    let statement = Statement::new(
        "SELECT min(next_attempt_at) FROM webhook_deliveries \
         WHERE webhook_id = ?1 AND state = 'pending'",
        vec![id.as_str().into()],
    );
    let rows = platform.database.query(statement).await?;
    rows.first().map_or(Ok(None), |row| row.optional_integer(0))
}

pub(super) fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<Json>().to_string()
}

pub(super) fn broken(what: &str) -> DatabaseError {
    DatabaseError::Other(format!("{what}'s row does not read"))
}
