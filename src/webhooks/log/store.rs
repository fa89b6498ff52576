//! The SQL of the log. Deliveries are reset only while no attempt of them is leased, and only the
//! caller's own.

use kit::time::rfc3339;
use serde_json::{Value, json};

use crate::auth::permissions::{Permit, WriteWebhooks};
use crate::http::pagination::Page;
use crate::ids::{DeliveryId, EventId, UserId, WebhookId};
use crate::platform::{DatabaseError, Platform, Row, Statement, Text, params};
use crate::webhooks::standing::{self, may_be_sent};

use super::model::Delivery;

const COLUMNS: &str = "SELECT d.id, d.webhook_id, d.event_id, e.type, d.state, d.reason, \
     d.attempts, d.next_attempt_at, d.claim IS NOT NULL, w.disabled_at IS NOT NULL, w.is_proven, \
     w.url";
const TABLES: &str = " FROM webhook_deliveries d JOIN webhook_events e ON e.id = d.event_id \
     JOIN webhooks w ON w.id = d.webhook_id ";

/// A page of an endpoint's deliveries, latest event first; `state`: only those.
pub async fn list(
    platform: &Platform,
    webhook: &WebhookId,
    state: Option<&str>,
    page: &Page,
) -> Result<Vec<Delivery>, DatabaseError> {
    // Each condition has an index; pending deliveries are few.
    let narrowed = match state {
        None => "d.event_id < ?2 AND ?3 IS NULL ORDER BY d.event_id",
        Some("pending") => {
            "+d.event_id < ?2 AND d.state = 'pending' AND ?3 IS NOT NULL ORDER BY +d.event_id"
        }
        Some(_) => "d.event_id < ?2 AND d.state = ?3 AND d.state <> 'pending' ORDER BY d.event_id",
    };
    let which = ["WHERE d.webhook_id = ?1 AND ", narrowed, " DESC LIMIT ?4"].concat();
    let statement = Statement::new(
        [COLUMNS, TABLES, &which].concat(),
        params![webhook, page.before(), state, page.limit + 1],
    );
    platform.all(statement, read).await
}

/// A delivery to one of this account's endpoints, and its payload.
pub async fn find(
    platform: &Platform,
    user: &UserId,
    id: &DeliveryId,
) -> Result<Option<(Delivery, Text)>, DatabaseError> {
    let which = "WHERE d.id = ?1 AND w.user_id = ?2";
    let sql = [COLUMNS, ", e.payload", TABLES, which].concat();
    let statement = Statement::new(sql, params![id, user]);
    let mut rows = platform.database.query(statement).await?;
    let Some(row) = rows.first_mut() else {
        return Ok(None);
    };
    Ok(Some((read(row)?, row.take_text(12)?)))
}

fn read(row: &Row) -> Result<Delivery, DatabaseError> {
    let ids = (
        DeliveryId::parse(row.text(0)?),
        WebhookId::parse(row.text(1)?),
        EventId::parse(row.text(2)?),
    );
    let (Some(id), Some(webhook), Some(event)) = ids else {
        let cause = "a delivery's ids do not read";
        return Err(DatabaseError::Other(cause.to_owned()));
    };
    Ok(Delivery {
        id,
        webhook,
        event,
        kind: row.text(3)?.to_owned(),
        state: row.text(4)?.to_owned(),
        reason: row.optional_text(5)?.map(str::to_owned),
        attempts: row.integer(6)?,
        next_attempt_at: row.integer(7)?,
        is_leased: row.integer(8)? == 1,
        is_endpoint_disabled: row.integer(9)? == 1,
        is_endpoint_proven: row.integer(10)? == 1,
        url: row.text(11)?.to_owned(),
    })
}

/// All attempts of a delivery, the first one first.
pub async fn attempts(platform: &Platform, id: &DeliveryId) -> Result<Value, DatabaseError> {
    let statement = Statement::new(
        "SELECT number, at, duration_ms, status, error, response FROM webhook_attempts \
         WHERE delivery_id = ?1 ORDER BY number",
        params![id],
    );
    let attempt = |row: &Row| {
        Ok(json!({
            "number": row.integer(0)?,
            "at": rfc3339(row.integer(1)?),
            "duration_ms": row.integer(2)?,
            "status": row.optional_integer(3)?,
            "error": row.optional_text(4)?,
            "response": row.text(5)?,
        }))
    };
    Ok(platform.all(statement, attempt).await?.into())
}

/// Its parameters are the user, `?2`, the time, `?3`, and the roles of `standing`, `?4`.
const AGAIN: &str = concat!(
    "UPDATE webhook_deliveries SET state = 'pending', reason = NULL, step = 0, \
     claims = 0, claim = NULL, next_attempt_at = ?3 WHERE EXISTS (SELECT 1 FROM webhooks w \
     LEFT JOIN webhook_events e ON e.id = event_id WHERE w.id = webhook_id AND w.user_id = ?2 AND ",
    may_be_sent!("?4", "?3"),
    ") AND "
);

/// Sends a delivery again, from the start of the schedule; stale while it is leased or may not be sent.
pub fn retry(permit: &Permit<'_, WriteWebhooks>, id: &DeliveryId, now: i64) -> Vec<Statement> {
    let which = "id = ?1 AND (claim IS NULL OR next_attempt_at <= ?3)";
    Statement::checked(
        [AGAIN, which].concat(),
        params![id, permit.user_id(), now, standing::roles()],
    )
}

/// Dead deliveries that can be sent again.
const DEAD: &str = "webhook_id = ?1 AND state = 'dead' \
     AND reason NOT IN ('event_removed', 'not_allowed', 'replaced') AND event_id >= ?";

/// How many of an endpoint's deliveries were given up whose event was at or after `since`.
pub async fn count_dead(
    platform: &Platform,
    webhook: &WebhookId,
    since: i64,
) -> Result<i64, DatabaseError> {
    let statement = Statement::new(
        ["SELECT count(*) FROM webhook_deliveries WHERE ", DEAD, "2"].concat(),
        params![webhook, EventId::floor(since)],
    );
    let rows = platform.database.query(statement).await?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// Sends dead deliveries again; stale when there are not `count` of them.
pub fn recover(
    permit: &Permit<'_, WriteWebhooks>,
    webhook: &WebhookId,
    since: i64,
    count: i64,
    now: i64,
) -> Vec<Statement> {
    let (user, floor) = (permit.user_id(), EventId::floor(since));
    let update = Statement::new(
        [AGAIN, DEAD, "5"].concat(),
        params![webhook, user, now, standing::roles(), floor],
    );
    vec![update, Statement::must_change_exactly(count)]
}
