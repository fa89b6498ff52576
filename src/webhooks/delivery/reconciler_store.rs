//! The SQL of the reconciler. Every query is bounded and follows an index.

use db::purge::PurgeQuery;

use crate::ids::{DeliveryId, EventId};
use crate::platform::{DatabaseError, Platform, Statement, params};

use crate::webhooks::standing::{self, maker_stands};

use super::store::list;

/// Events from before `before`, in milliseconds since 1970, that have not been fanned out.
pub async fn overlooked_events(
    platform: &Platform,
    before: i64,
) -> Result<Vec<String>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id FROM webhook_events WHERE fanned_out_at IS NULL AND id < ?1 \
         ORDER BY id LIMIT 1000",
        params![EventId::floor(before)],
    );
    texts(platform, statement).await
}

/// Endpoints that have something due since `before`.
pub async fn overlooked_endpoints(
    platform: &Platform,
    before: i64,
) -> Result<Vec<String>, DatabaseError> {
    // A loose index scan: one step for each endpoint, however many deliveries it has due.
    let statement = Statement::new(
        concat!(
            "WITH RECURSIVE due (id) AS (SELECT min(webhook_id) FROM webhook_deliveries \
         WHERE state = 'pending' UNION ALL SELECT (SELECT min(webhook_id) FROM webhook_deliveries \
         WHERE state = 'pending' AND webhook_id > due.id) FROM due WHERE due.id IS NOT NULL) \
         SELECT w.id FROM due JOIN webhooks w ON w.id = due.id WHERE w.paused_until <= ?1 \
         AND (SELECT min(next_attempt_at) FROM webhook_deliveries \
         WHERE state = 'pending' AND webhook_id = w.id) <= ?1 AND (w.disabled_at IS NOT NULL OR ",
            maker_stands!("?2", "?1"),
            ") LIMIT 1000"
        ),
        params![before, standing::roles()],
    );
    texts(platform, statement).await
}

async fn texts(platform: &Platform, statement: Statement) -> Result<Vec<String>, DatabaseError> {
    platform
        .all(statement, |row| Ok(row.text(0)?.to_owned()))
        .await
}

/// Deliveries of events from before `before`, in milliseconds since 1970; those that are still on
/// their way only from before `given_up`. Their attempts go with them.
pub fn old_deliveries(before: i64, given_up: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM webhook_deliveries",
        key: "id",
        among: "FROM webhook_deliveries WHERE id < ?1 AND (state <> 'pending' OR id < ?2)",
        params: params![DeliveryId::floor(before), DeliveryId::floor(given_up)],
    }
}

/// Events from before `before` of which no delivery is left.
pub fn old_events(before: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM webhook_events",
        key: "id",
        // A delivery's id has the time of its event, in its first ten digits: those of the same
        // millisecond are few, and beside each other.
        among: "FROM webhook_events e WHERE id < ?1 AND fanned_out_at IS NOT NULL \
                AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d \
                WHERE d.id > 'delivery_' || substr(e.id, 7, 10) \
                AND d.id < 'delivery_' || substr(e.id, 7, 10) || '~' AND d.event_id = e.id)",
        params: params![EventId::floor(before)],
    }
}

/// Dead letters from before `before`, in milliseconds since 1970.
pub fn old_dead_letters(before: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM webhook_dead_letters",
        key: "id",
        among: "FROM webhook_dead_letters WHERE at < ?1",
        params: params![before],
    }
}

/// Stores messages of the dead-letter queue.
pub fn insert_dead_letters(bodies: &[String], now: i64) -> Statement {
    Statement::new(
        "INSERT INTO webhook_dead_letters (at, body) SELECT ?2, value FROM json_each(?1)",
        params![list(bodies), now],
    )
}
