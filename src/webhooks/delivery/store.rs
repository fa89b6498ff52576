//! The SQL of deliveries and of their endpoints' health.
//! A result that is written twice counts once, and no bound text exceeds D1's limit. `lease_store` has
//! the SQL of leases.

use serde_json::{Value as Json, json};

use crate::events::outbox::Audience;
use crate::ids::{DeliveryId, EventId, TeamId, UserId, WebhookId};
use crate::platform::{DatabaseError, Platform, Statement, Text, Value, params};
use crate::webhooks::standing::{self, account_stands, is_told};

use super::endpoint::Endpoint;
use super::outcome::{BREAKER_FAILURES, BREAKER_MAX_MS, BREAKER_MS};

/// The longest bound text of ours, in bytes. D1 refuses more than 2,000,000.
pub const MAX_BOUND_BYTES: usize = 500_000;
/// Rows of new deliveries in one bound text: ids and numbers, fewer than 150 bytes each.
pub(super) const ROWS_AT_ONCE: usize = MAX_BOUND_BYTES / 150;
/// A message later than this is taken for lost, in milliseconds.
const WAKE_OVERDUE_MS: i64 = 30_000;

pub struct Waiting {
    pub id: EventId,
    pub audience: Audience,
    pub kind: String,
    pub payload: Text,
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
        params![list(ids)],
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
    pub id: DeliveryId,
    pub event: &'a Waiting,
    pub endpoint: &'a Endpoint,
    /// The index of its endpoint.
    pub place: usize,
    /// Whether it is leased in the same statement.
    pub is_leased: bool,
    /// When the lease expires, or else when the first attempt may be made.
    pub next_attempt_at: i64,
}

/// The statements that write the deliveries of some events.
pub struct FanOut {
    pub writes: Vec<Statement>,
    /// How many of the first ones lease. They change a row for each delivery that is ours.
    pub leasing: usize,
}

/// Deliveries held for an endpoint that has not answered its first ping; it gets no further ones.
const MAX_UNPROVED: usize = 100;

/// Inserts deliveries from a JSON list, whose rows are `j`.
macro_rules! new_deliveries {
    ($lease:literal, $leases:literal, $at:literal, $more:expr) => {
        concat!(
            "INSERT INTO webhook_deliveries \
             (id, webhook_id, event_id, state, claim, claims, next_attempt_at) \
             SELECT j.value ->> 0, w.id, e.id, iif(w.is_proven, 'pending', 'held'), ",
            $lease,
            ", ",
            $leases,
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

/// For endpoints that are unchanged and may be sent something now.
const LEASED: &str = new_deliveries!(
    "?4",
    "1",
    "j.value ->> 4",
    concat!(
        " AND w.is_proven = 1 AND w.version = j.value ->> 5 AND ",
        account_stands!()
    )
);
/// For all others. Existing deliveries stay as they are.
const UNLEASED: &str = new_deliveries!(
    "NULL",
    "0",
    "iif(j.value ->> 3, ?3, j.value ->> 4)",
    " AND (w.is_proven = 1 OR (SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries h \
     WHERE h.webhook_id = w.id AND h.state = 'held' AND h.state <> 'pending' LIMIT ?4)) < ?4)"
);

/// Writes the deliveries of `events`, unless another invocation has.
pub fn fan_out(
    events: &[&EventId],
    deliveries: &[NewDelivery<'_>],
    lease: &str,
    now: i64,
) -> FanOut {
    let roles = standing::roles();
    let insert = |rows: &[&NewDelivery<'_>], sql: &'static str, last: Value| {
        let rows: Vec<Json> = rows
            .iter()
            .map(|new| {
                json!([
                    new.id.as_str(),
                    new.endpoint.id.as_str(),
                    new.event.id.as_str(),
                    i64::from(new.is_leased),
                    new.next_attempt_at,
                    new.endpoint.version,
                ])
            })
            .collect();
        let rows = Json::from(rows).to_string();
        Statement::new(sql, params![rows, &roles, now, last])
    };
    let leased: Vec<_> = deliveries.iter().filter(|new| new.is_leased).collect();
    let mut writes: Vec<Statement> = leased
        .chunks(ROWS_AT_ONCE)
        .map(|rows| insert(rows, LEASED, lease.into()))
        .collect();
    let leasing = writes.len();
    let all: Vec<_> = deliveries.iter().collect();
    let most = i64::try_from(MAX_UNPROVED).unwrap_or(i64::MAX);
    let rest = all.chunks(ROWS_AT_ONCE);
    writes.extend(rest.map(|rows| insert(rows, UNLEASED, most.into())));
    writes.push(Statement::new(
        "UPDATE webhook_events SET fanned_out_at = ?2 \
         WHERE id IN (SELECT value FROM json_each(?1)) AND fanned_out_at IS NULL",
        params![list(events), now],
    ));
    FanOut { writes, leasing }
}

/// Advances the state of an endpoint's rate; to be followed by [`Statement::must_change`].
pub fn take_slots(id: &WebhookId, was: i64, next_slot_us: i64) -> Statement {
    Statement::new(
        "UPDATE webhooks SET next_slot_us = ?3 WHERE id = ?1 AND next_slot_us = ?2",
        params![id, was, next_slot_us],
    )
}

/// Lets all but one probe wait until `until`. To be followed by [`Statement::must_change`].
pub fn probe(id: &WebhookId, was: i64, until: i64) -> Statement {
    Statement::new(
        "UPDATE webhooks SET paused_until = ?3 WHERE id = ?1 AND paused_until = ?2",
        params![id, was, until],
    )
}

pub struct ResultRow<'a> {
    pub id: &'a DeliveryId,
    /// `pending`, `delivered` or `dead`.
    pub state: &'static str,
    pub reason: Option<&'static str>,
    pub step: i64,
    pub next_attempt_at: i64,
    /// The attempt, to be logged; `None` when none was made.
    pub attempt: Option<&'a super::outcome::Attempt>,
}

/// Writes results of deliveries that this lease still holds; a success ends a delivery whoever holds it.
pub fn write_results(rows: &[ResultRow<'_>], lease: &str) -> Vec<Statement> {
    let attempts: Vec<Json> = rows
        .iter()
        .filter_map(|row| {
            let attempt = row.attempt?;
            Some(json!([
                row.id.as_str(),
                attempt.at,
                attempt.duration_ms,
                attempt.status,
                attempt.error,
                attempt.response,
            ]))
        })
        .collect();
    let changes: Vec<Json> = rows
        .iter()
        .map(|row| {
            json!([
                row.id.as_str(),
                row.state,
                row.reason,
                row.step,
                row.next_attempt_at,
                i64::from(row.attempt.is_some()),
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
            params![Json::from(attempts).to_string(), lease],
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
            params![Json::from(changes).to_string(), lease],
        ),
    ]
}

/// Proves endpoints that still have these URLs, resets their failures and ends the pauses for them.
pub fn record_success(answered: &[(&WebhookId, &str)]) -> Statement {
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
        params![Json::from(answered).to_string()],
    )
}

/// Marks endpoints as slow: they get nothing more before `until` or their next success.
pub fn mark_slow<'a>(ids: impl Iterator<Item = &'a WebhookId>, until: i64) -> Statement {
    Statement::new(
        "UPDATE webhooks SET hung_until = ?2 WHERE id IN (SELECT value FROM json_each(?1))",
        params![list(ids), until],
    )
}

/// The failures of an endpoint in a batch of results.
pub struct EndpointFailures<'a> {
    pub id: &'a WebhookId,
    pub deliveries: &'a [&'a DeliveryId],
    /// Failures that no success has followed.
    pub count: i64,
    /// Until when it asks us to back off.
    pub slow_down_until: i64,
}

/// Records failures while the lease still holds one of the deliveries: to be run before
/// [`write_results`], so that a repeated write counts once. The fifth failure in a row opens the
/// breaker; of many at once only as many count as that takes.
pub fn record_failures(failing: &EndpointFailures<'_>, lease: &str, now: i64) -> Statement {
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
        params![
            &failing.id,
            failing.count,
            now,
            failing.slow_down_until,
            list(failing.deliveries),
            lease,
        ],
    )
}

/// Disables an endpoint and holds its pending deliveries. `since`: only if it has only failed since.
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
            params![id, now, reason, since],
        ),
        hold(id, now),
    ]
}

/// Holds what an endpoint has pending and not leased: if disabled all, if unproved all but pings.
pub fn hold(id: &WebhookId, now: i64) -> Statement {
    Statement::new(
        "UPDATE webhook_deliveries AS d SET state = 'held' WHERE d.webhook_id = ?1 \
         AND d.state = 'pending' AND (d.claim IS NULL OR d.next_attempt_at <= ?2) \
         AND EXISTS (SELECT 1 FROM webhooks w WHERE w.id = ?1 AND (w.disabled_at IS NOT NULL \
         OR w.is_proven = 0 AND NOT EXISTS (SELECT 1 FROM webhook_events e \
         WHERE e.id = d.event_id AND e.type = 'ping')))",
        params![id, now],
    )
}

/// Sets the held deliveries of these endpoints to pending, for those enabled and proved.
pub fn resume_held<'a>(ids: impl Iterator<Item = &'a WebhookId>) -> Statement {
    Statement::new(
        "UPDATE webhook_deliveries SET state = 'pending' WHERE state = 'held' \
         AND state <> 'pending' AND webhook_id IN (SELECT w.id FROM json_each(?1) j \
         JOIN webhooks w ON w.id = j.value WHERE w.disabled_at IS NULL AND w.is_proven = 1)",
        params![list(ids)],
    )
}

/// The number of deliveries an endpoint has due, counted up to `most`.
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
        params![id, now, most],
    );
    let rows = platform.database.query(statement).await?;
    let count = rows.first().map_or(Ok(0), |row| row.integer(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Schedules the wake-up of an endpoint at `at`. A changed row means that the message is to be sent:
/// none is scheduled that early, or it is long overdue and counts as lost.
pub fn schedule_wake(id: &WebhookId, at: i64, now: i64) -> Statement {
    Statement::new(
        "UPDATE webhooks SET wake_at = ?2 \
         WHERE id = ?1 AND (wake_at = 0 OR wake_at > ?2 OR wake_at < ?3)",
        params![id, at, now - WAKE_OVERDUE_MS],
    )
}

pub fn clear_wake(ids: &[WebhookId]) -> Statement {
    Statement::new(
        "UPDATE webhooks SET wake_at = 0 WHERE id IN (SELECT value FROM json_each(?1)) \
         AND wake_at > 0",
        params![list(ids)],
    )
}

/// When the next delivery of an endpoint is due, in milliseconds since 1970.
pub async fn next_due(platform: &Platform, id: &WebhookId) -> Result<Option<i64>, DatabaseError> {
    let statement = Statement::new(
        "SELECT min(next_attempt_at) FROM webhook_deliveries \
         WHERE webhook_id = ?1 AND state = 'pending'",
        params![id],
    );
    let rows = platform.database.query(statement).await?;
    rows.first().map_or(Ok(None), |row| row.optional_integer(0))
}

/// Ids or texts as a JSON list, to be bound.
pub(super) fn list(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let texts = texts.into_iter().map(|text| text.as_ref().to_owned());
    texts.collect::<Json>().to_string()
}

pub(super) fn broken(what: &str) -> DatabaseError {
    DatabaseError::Other(format!("{what}'s row does not read"))
}
