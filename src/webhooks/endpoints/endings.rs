//! Disables endpoints whose API key or team has ended, with a reason that their owner sees.

use db::purge::PurgeQuery;

use crate::auth::standing::{expired_keys, key_exists};
use crate::ids::ApiKeyId;
use crate::membership::store::team_exists;
use crate::platform::{Statement, params};

/// Disables the endpoints of a key that is revoked, and holds their deliveries.
pub fn end_with_key(key: &ApiKeyId, now: i64) -> [Statement; 2] {
    [
        "UPDATE webhooks SET disabled_at = coalesce(disabled_at, ?2), \
         disabled_reason = 'key_revoked', updated_at = ?2, version = version + 1 \
         WHERE api_key_id = ?1",
        "UPDATE webhook_deliveries SET state = 'held' WHERE state = 'pending' \
         AND (claim IS NULL OR next_attempt_at <= ?2) \
         AND webhook_id IN (SELECT id FROM webhooks WHERE api_key_id = ?1)",
    ]
    .map(|sql| Statement::new(sql, params![key, now]))
}

/// Endpoints whose key has expired. They get nothing from then on; this tells their owner.
pub fn of_ended_keys(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "UPDATE webhooks SET disabled_at = coalesce(disabled_at, ?1), updated_at = ?1, \
                 disabled_reason = 'key_expired', version = version + 1",
        key: "id",
        among: concat!(
            "FROM webhooks WHERE api_key_id IN ",
            expired_keys!("?1"),
            " AND coalesce(disabled_reason, '') <> 'key_expired'"
        ),
        params: vec![now.into()],
    }
}

/// Endpoints whose key is gone, however it went.
pub fn of_missing_keys(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "UPDATE webhooks SET disabled_at = coalesce(disabled_at, ?1), updated_at = ?1, \
                 disabled_reason = 'key_revoked', version = version + 1",
        key: "id",
        among: concat!(
            "FROM webhooks w WHERE w.api_key_id IS NOT NULL AND coalesce(w.disabled_reason, '') \
             NOT IN ('key_expired', 'key_revoked') AND NOT ",
            key_exists!("w.api_key_id")
        ),
        params: vec![now.into()],
    }
}

/// Endpoints of teams that are gone and that nothing waits for any more: they are told of the end first.
pub fn of_deleted_teams(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "UPDATE webhooks SET disabled_at = ?1, disabled_reason = 'team_deleted', \
                 updated_at = ?1, version = version + 1",
        key: "id",
        among: concat!(
            "FROM webhooks w WHERE w.team_id IS NOT NULL AND w.disabled_at IS NULL AND NOT ",
            team_exists!("w.team_id"),
            " AND NOT EXISTS (SELECT 1 FROM webhook_events e WHERE e.fanned_out_at IS NULL \
             AND e.team_id = w.team_id) AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d \
             WHERE d.webhook_id = w.id AND d.state = 'pending')"
        ),
        params: vec![now.into()],
    }
}
