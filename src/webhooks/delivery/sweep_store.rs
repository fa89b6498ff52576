//! The SQL of the sweep: what was overlooked, and what is old.
//! Promises bounded portions, each along an index.
//! Leaves when to run it to `sweep`.

use crate::ids::{DeliveryId, EventId};
use crate::platform::{DatabaseError, Platform, Statement};

use super::store::list;

/// Rows that one run of a cleaning step removes.
const REMOVED_AT_ONCE: i64 = 500;

/// Events that wait since `before`, in milliseconds since 1970.
pub async fn overlooked_events(
    platform: &Platform,
    before: i64,
) -> Result<Vec<String>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id FROM webhook_events WHERE fanned_out_at IS NULL AND id < ?1 \
         ORDER BY id LIMIT 1000",
        vec![EventId::floor(before).into()],
    );
    texts(platform, statement).await
}

/// Endpoints that have something due since `before`.
pub async fn overlooked_endpoints(
    platform: &Platform,
    before: i64,
) -> Result<Vec<String>, DatabaseError> {
    // From endpoint to endpoint along the index of what is due, however much each has.
    let statement = Statement::new(
        "WITH RECURSIVE w (id) AS (SELECT min(webhook_id) FROM webhook_deliveries \
         WHERE state = 'pending' UNION ALL SELECT (SELECT min(webhook_id) FROM webhook_deliveries \
         WHERE state = 'pending' AND webhook_id > w.id) FROM w WHERE w.id IS NOT NULL) \
         SELECT w.id FROM w JOIN webhooks e ON e.id = w.id WHERE e.paused_until <= ?1 \
         AND (SELECT min(next_attempt_at) FROM webhook_deliveries \
         WHERE state = 'pending' AND webhook_id = w.id) <= ?1 LIMIT 1000",
        vec![before.into()],
    );
    texts(platform, statement).await
}

async fn texts(platform: &Platform, statement: Statement) -> Result<Vec<String>, DatabaseError> {
    let rows = platform.database.query(statement).await?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// Removes deliveries of events from before `before`, some at a time; their attempts go with them.
pub fn remove_old_deliveries(before: i64) -> Statement {
    Statement::new(
        "DELETE FROM webhook_deliveries WHERE id IN \
         (SELECT id FROM webhook_deliveries WHERE id < ?1 LIMIT ?2)",
        vec![DeliveryId::floor(before).into(), REMOVED_AT_ONCE.into()],
    )
}

/// Removes events from before `before`, some at a time, once none of their deliveries is left: a
/// delivery's id has the time of its event.
pub fn remove_old_events(before: i64) -> Statement {
    Statement::new(
        "DELETE FROM webhook_events WHERE id IN \
         (SELECT id FROM webhook_events WHERE id < ?1 LIMIT ?3) \
         AND NOT EXISTS (SELECT 1 FROM webhook_deliveries WHERE id < ?2)",
        vec![
            EventId::floor(before).into(),
            DeliveryId::floor(before).into(),
            REMOVED_AT_ONCE.into(),
        ],
    )
}

/// Removes the record of dead letters from before `before`, in milliseconds since 1970.
pub fn remove_old_letters(before: i64) -> Statement {
    Statement::new(
        "DELETE FROM webhook_dead_letters WHERE id IN \
         (SELECT id FROM webhook_dead_letters WHERE at < ?1 LIMIT ?2)",
        vec![before.into(), REMOVED_AT_ONCE.into()],
    )
}

/// Records what the dead-letter queue has brought.
pub fn insert_letters(bodies: &[String], now: i64) -> Statement {
    Statement::new(
        "INSERT INTO webhook_dead_letters (at, body) SELECT ?2, value FROM json_each(?1)",
        vec![list(bodies.iter().map(String::as_str)).into(), now.into()],
    )
}
