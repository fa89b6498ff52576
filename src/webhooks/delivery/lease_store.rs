//! The SQL of leases (columns `claim`, `claims`, and `next_attempt_at` for the expiry).
//! A delivery is leased by one invocation at a time (compare-and-set), and a release changes no other
//! lease. `fan_out` and `retry_consumer` decide when to lease.

use serde_json::{Value as Json, json};

use crate::ids::{DeliveryId, EventId, WebhookId};
use crate::platform::{DatabaseError, Platform, Row, Statement, Text, params};

use crate::webhooks::standing::{self, may_be_sent};

use super::endpoint::Endpoint;
use super::outcome::MAX_LOST_LEASES;
use super::store::{ROWS_AT_ONCE, broken, list};

/// Why a delivery is dead whose event has been purged: there is nothing to send.
const EVENT_REMOVED: &str = "event_removed";

/// The deliveries among `ids` that this lease holds.
pub async fn held_by(
    platform: &Platform,
    ids: &[&DeliveryId],
    lease: &str,
) -> Result<Vec<DeliveryId>, DatabaseError> {
    let id = |row: &Row| DeliveryId::parse(row.text(0)?).ok_or_else(|| broken("a delivery"));
    let mut held = Vec::new();
    for ids in ids.chunks(ROWS_AT_ONCE) {
        let statement = Statement::new(
            "SELECT d.id FROM json_each(?1) j JOIN webhook_deliveries d ON d.id = j.value \
             WHERE d.claim = ?2",
            params![list(ids), lease],
        );
        for row in platform.database.query(statement).await? {
            held.push(id(&row)?);
        }
    }
    Ok(held)
}

/// Leases what an endpoint has due and may be sent, the longest due first; nothing when the endpoint
/// has changed since it was read.
pub fn lease_due(
    endpoint: &Endpoint,
    lease: &str,
    expires_at: i64,
    now: i64,
    most: i64,
) -> Statement {
    Statement::new(
        concat!(
            "UPDATE webhook_deliveries SET claim = ?2, claims = claims + 1, next_attempt_at = ?3 \
             WHERE id IN (SELECT d.id FROM webhook_deliveries d \
             JOIN webhooks w ON w.id = d.webhook_id LEFT JOIN webhook_events e ON e.id = d.event_id \
             WHERE d.webhook_id = ?1 AND d.state = 'pending' AND d.next_attempt_at <= ?4 \
             AND w.version = ?6 AND ",
            may_be_sent!("?7", "?4"),
            " ORDER BY d.next_attempt_at LIMIT ?5)"
        ),
        params![
            &endpoint.id,
            lease,
            expires_at,
            now,
            most,
            endpoint.version,
            standing::roles(),
        ],
    )
}

pub struct LeasedDelivery {
    pub id: DeliveryId,
    /// Its event: sent as `webhook-id`.
    pub event: EventId,
    pub payload: Text,
    pub traceparent: String,
    /// Failures so far: the step in the schedule.
    pub step: i64,
    /// Why it is given up without an attempt.
    pub given_up: Option<&'static str>,
}

/// The deliveries of an endpoint that this lease holds.
pub async fn leased(
    platform: &Platform,
    id: &WebhookId,
    lease: &str,
    expires_at: i64,
) -> Result<Vec<LeasedDelivery>, DatabaseError> {
    let statement = Statement::new(
        "SELECT d.id, d.event_id, coalesce(e.payload, ''), coalesce(e.traceparent, ''), d.step, \
         CASE WHEN e.id IS NULL THEN 2 WHEN d.claims > ?4 THEN 1 ELSE 0 END \
         FROM webhook_deliveries d LEFT JOIN webhook_events e ON e.id = d.event_id \
         WHERE d.webhook_id = ?1 AND d.state = 'pending' AND d.next_attempt_at = ?3 \
         AND d.claim = ?2",
        params![id, lease, expires_at, MAX_LOST_LEASES],
    );
    let rows = platform.database.query(statement).await?;
    rows.into_iter()
        .map(|mut row| {
            let payload = row.take_text(2)?;
            let ids = (
                DeliveryId::parse(row.text(0)?),
                EventId::parse(row.text(1)?),
            );
            let (Some(id), Some(event)) = ids else {
                return Err(broken("a delivery"));
            };
            Ok(LeasedDelivery {
                id,
                event,
                payload,
                traceparent: row.text(3)?.to_owned(),
                step: row.integer(4)?,
                given_up: match row.integer(5)? {
                    0 => None,
                    1 => Some("lost"),
                    _ => Some(EVENT_REMOVED),
                },
            })
        })
        .collect()
}

pub struct Unattempted {
    pub endpoint: usize,
    pub id: DeliveryId,
    pub due: i64,
}

/// Releases these, as if they had never been leased.
pub fn release_leases(unattempted: &[Unattempted], lease: &str) -> Vec<Statement> {
    let chunk = |unattempted: &[Unattempted]| {
        let rows: Vec<Json> = unattempted
            .iter()
            .map(|each| json!([each.id.as_str(), each.due]))
            .collect();
        Statement::new(
            "UPDATE webhook_deliveries AS d SET claim = NULL, claims = max(0, d.claims - 1), \
             next_attempt_at = j.value ->> 1 FROM json_each(?1) j \
             WHERE d.id = j.value ->> 0 AND d.state = 'pending' AND d.claim = ?2",
            params![Json::from(rows).to_string(), lease],
        )
    };
    unattempted.chunks(ROWS_AT_ONCE).map(chunk).collect()
}

/// Releases all that a lease holds of an endpoint. Only valid while none of it was attempted.
pub fn release_unread(id: &WebhookId, lease: &str, expires_at: i64, now: i64) -> Statement {
    Statement::new(
        "UPDATE webhook_deliveries SET claim = NULL, claims = max(0, claims - 1), \
         next_attempt_at = ?4 WHERE webhook_id = ?1 AND state = 'pending' \
         AND next_attempt_at = ?3 AND claim = ?2",
        params![id, lease, expires_at, now],
    )
}
