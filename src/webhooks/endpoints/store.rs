//! The SQL of endpoints and their secrets. The limits of endpoints for an account, of one endpoint for a
//! URL and of secrets for an endpoint hold under concurrent requests too, and a write contains the role
//! in the team that it relies on.

use zeroize::Zeroizing;

use crate::auth::permissions::{AimWebhooks, ManageAccount, Permit, SecureAccount, WriteWebhooks};
use crate::auth::standing::account_stands;
use crate::config::MasterKeys;
use crate::events::signing::EndpointSecret;
use crate::http::pagination::Page;
use crate::ids::{ApiKeyId, TeamId, UserId, WebhookId, WebhookSecretId};
use crate::membership::store::still_is;
use crate::platform::{DatabaseError, Platform, Row, Statement, params};
use crate::seal::{self, SealError};
use crate::webhooks::delivery::store::{hold, resume_held};
use crate::webhooks::standing::{self, key_reads, key_stands, maker_stands};
use crate::webhooks::{HEADERS_LABEL, SECRET_LABEL, open_headers, open_secret};

use super::model::{Health, MAX_SECRETS, MAX_WEBHOOKS, Webhook, WebhookInput};

/// For each team, the number of enabled endpoints of the user `?1`.
pub(crate) const COUNT_ENABLED: &str = "SELECT 'webhooks', team_id, count(*) FROM webhooks \
     WHERE user_id = ?1 AND disabled_at IS NULL GROUP BY team_id";

/// SQL that counts what goes with the user `?2` when they leave the team `?1`.
pub(crate) const COUNT_OF_MEMBER: &str = "SELECT count(*) FROM webhooks WHERE team_id = ?1 \
     AND user_id = ?2 AND disabled_at IS NULL";

#[derive(Clone, Copy)]
pub(crate) struct Sealer<'a> {
    pub master: &'a MasterKeys,
    /// For nonces.
    pub platform: &'a Platform,
}

impl Sealer<'_> {
    fn headers(self, webhook: &Webhook) -> Result<Option<Vec<u8>>, SealError> {
        if webhook.input.headers.is_empty() {
            return Ok(None);
        }
        let text = serde_json::to_vec(&webhook.input.headers).map_err(|_| SealError)?;
        let label = [HEADERS_LABEL, webhook.id.as_str()].concat();
        let sealed = seal::seal(self.master, &label, &Zeroizing::new(text), self.platform)?;
        Ok(Some(sealed))
    }

    fn secret(self, id: &WebhookSecretId, secret: &EndpointSecret) -> Result<Vec<u8>, SealError> {
        let label = [SECRET_LABEL, id.as_str()].concat();
        seal::seal(self.master, &label, secret.expose(), self.platform)
    }
}

/// Inserts an endpoint with its first secret; stale at the limit, for a known URL, or without the role.
pub(crate) fn insert(
    permit: &Permit<'_, AimWebhooks>,
    webhook: &Webhook,
    secret: &EndpointSecret,
    sealer: Sealer<'_>,
) -> Result<Vec<Statement>, SealError> {
    let insert = Statement::new(
        concat!(
            "INSERT INTO webhooks (id, user_id, url, description, event_types, rate_limit, \
             sealed_headers, version, created_at, updated_at, disabled_at, disabled_reason, \
             team_id, api_key_id) \
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?13, ?15 WHERE ",
            account_stands!("?2"),
            " AND (SELECT count(*) FROM webhooks WHERE user_id = ?2) < ?12 \
             AND NOT EXISTS (SELECT 1 FROM webhooks WHERE user_id = ?2 AND url = ?3) \
             AND (?13 IS NULL OR ",
            still_is!("?13", "?2", "?14"),
            ")"
        ),
        params![
            &webhook.id,
            permit.user_id(),
            &webhook.input.url,
            &webhook.input.description,
            event_types(&webhook.input),
            webhook.input.rate_limit,
            sealer.headers(webhook)?,
            webhook.version,
            webhook.created_at,
            webhook.disabled_at,
            webhook.disabled_reason.as_deref(),
            MAX_WEBHOOKS,
            webhook.input.team.as_ref(),
            standing::roles(),
            webhook.api_key.as_ref(),
        ],
    );
    let id = WebhookSecretId::fresh(sealer.platform);
    let first = Statement::new(
        "INSERT INTO webhook_secrets (id, webhook_id, sealed_secret, created_at) \
         VALUES (?1, ?2, ?3, ?4)",
        params![
            &id,
            &webhook.id,
            sealer.secret(&id, secret)?,
            webhook.created_at
        ],
    );
    Ok(vec![insert, Statement::must_change(), first])
}

/// Updates an endpoint, and holds or resumes its deliveries; stale when it has changed, the new URL is
/// known, or the role is lost. Health is counted meanwhile: only another URL or enabling it resets it.
pub(crate) fn update(
    permit: &Permit<'_, AimWebhooks>,
    before: &Webhook,
    after: &Webhook,
    sealer: Sealer<'_>,
) -> Result<Vec<Statement>, SealError> {
    let update = Statement::new(
        concat!(
            "UPDATE webhooks SET url = ?4, description = ?5, event_types = ?6, rate_limit = ?7, \
             team_id = ?14, api_key_id = ?16, sealed_headers = ?8, version = version + 1, \
             updated_at = ?9, disabled_at = ?10, disabled_reason = ?11, \
             is_proven = iif(?12, ?13, is_proven), failures = iif(?12, 0, failures), \
             failing_since = iif(?12, NULL, failing_since), \
             paused_until = iif(?12, 0, paused_until), hung_until = iif(?12, 0, hung_until) \
             WHERE id = ?1 AND user_id = ?2 AND version = ?3 AND (url = ?4 OR NOT EXISTS \
             (SELECT 1 FROM webhooks o WHERE o.user_id = ?2 AND o.url = ?4)) \
             AND (?14 IS NULL OR ",
            still_is!("?14", "?2", "?15"),
            ")"
        ),
        params![
            &after.id,
            permit.user_id(),
            before.version,
            &after.input.url,
            &after.input.description,
            event_types(&after.input),
            after.input.rate_limit,
            sealer.headers(after)?,
            after.updated_at,
            after.disabled_at,
            after.disabled_reason.as_deref(),
            i64::from(before.health != after.health),
            i64::from(after.health.is_proven),
            after.input.team.as_ref(),
            standing::roles(),
            after.api_key.as_ref(),
        ],
    );
    let mut writes = vec![update, Statement::must_change()];
    if before.api_key != after.api_key {
        writes.push(give_up_unreadable(&after.id, after.updated_at));
    }
    let (was_on, is_on) = (before.disabled_at.is_none(), after.disabled_at.is_none());
    if was_on && !is_on || before.health.is_proven && !after.health.is_proven {
        writes.push(hold(&after.id, after.updated_at));
    } else if is_on && !was_on {
        writes.push(resume_held([&after.id].into_iter()));
    }
    Ok(writes)
}

/// Gives up the waiting deliveries that the endpoint's key may not read.
fn give_up_unreadable(id: &WebhookId, now: i64) -> Statement {
    Statement::new(
        concat!(
            "UPDATE webhook_deliveries SET state = 'dead', reason = 'not_allowed', claim = NULL \
             WHERE webhook_id = ?1 AND state <> 'delivered' AND NOT EXISTS (\
             SELECT 1 FROM webhooks w LEFT JOIN webhook_events e ON e.id = event_id \
             WHERE w.id = ?1 AND ",
            key_stands!("?2", key_reads!()),
            ")"
        ),
        params![id, now],
    )
}

/// Whether another endpoint of this account than `except` has this URL.
pub(crate) async fn has_url(
    platform: &Platform,
    user: &UserId,
    url: &str,
    except: &WebhookId,
) -> Result<bool, DatabaseError> {
    let statement = Statement::new(
        "SELECT 1 FROM webhooks WHERE user_id = ?1 AND url = ?2 AND id <> ?3 LIMIT 1",
        params![user, url, except],
    );
    Ok(!platform.database.query(statement).await?.is_empty())
}

fn event_types(input: &WebhookInput) -> String {
    serde_json::Value::from(input.event_types.clone()).to_string()
}

/// Deletes an endpoint with its secrets, deliveries and log; stale when it has changed since it was read.
pub(crate) fn delete(permit: &Permit<'_, WriteWebhooks>, webhook: &Webhook) -> Vec<Statement> {
    Statement::checked(
        "DELETE FROM webhooks WHERE id = ?1 AND user_id = ?2 AND version = ?3",
        params![&webhook.id, permit.user_id(), webhook.version],
    )
}

/// Disables the endpoints of a user for a team and holds their pending deliveries as [`hold`] does.
pub fn leave_team(team: &TeamId, user: &UserId, now: i64) -> [Statement; 2] {
    [
        "UPDATE webhooks SET disabled_at = ?3, disabled_reason = 'left_team', updated_at = ?3, \
         version = version + 1 WHERE team_id = ?1 AND user_id = ?2 AND disabled_at IS NULL",
        "UPDATE webhook_deliveries SET state = 'held' WHERE state = 'pending' \
         AND (claim IS NULL OR next_attempt_at <= ?3) AND webhook_id IN (SELECT id FROM webhooks \
         WHERE team_id = ?1 AND user_id = ?2 AND disabled_at IS NOT NULL)",
    ]
    .map(|sql| Statement::new(sql, params![team, user, now]))
}

/// Disables all endpoints of the caller and holds their pending deliveries as [`hold`] does.
pub(crate) fn disable_all(permit: &Permit<'_, SecureAccount>, now: i64) -> [Statement; 2] {
    [
        "UPDATE webhooks SET disabled_at = ?2, disabled_reason = 'owner', updated_at = ?2, \
         version = version + 1 WHERE user_id = ?1 AND disabled_at IS NULL",
        "UPDATE webhook_deliveries SET state = 'held' WHERE state = 'pending' \
         AND (claim IS NULL OR next_attempt_at <= ?2) AND webhook_id IN (SELECT id FROM webhooks \
         WHERE user_id = ?1)",
    ]
    .map(|sql| Statement::new(sql, params![permit.user_id(), now]))
}

/// Deletes all endpoints of the caller, and their events; those that a team still gets lose the id.
pub(crate) fn delete_all(permit: &Permit<'_, ManageAccount>) -> [Statement; 3] {
    [
        "DELETE FROM webhooks WHERE user_id = ?1",
        "DELETE FROM webhook_events WHERE user_id = ?1 AND (team_id IS NULL \
         OR NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.team_id = webhook_events.team_id))",
        "UPDATE webhook_events SET user_id = '' WHERE user_id = ?1",
    ]
    .map(|sql| Statement::new(sql, params![permit.user_id()]))
}

/// Assigns an endpoint of the caller to this key; stale when it has changed since it was read.
pub(crate) fn take_on(
    permit: &Permit<'_, AimWebhooks>,
    webhook: &Webhook,
    key: &ApiKeyId,
    now: i64,
) -> Vec<Statement> {
    let update = Statement::new(
        "UPDATE webhooks SET api_key_id = ?4, version = version + 1, updated_at = ?5 \
         WHERE id = ?1 AND user_id = ?2 AND version = ?3",
        params![&webhook.id, permit.user_id(), webhook.version, key, now],
    );
    vec![
        update,
        Statement::must_change(),
        give_up_unreadable(&webhook.id, now),
    ]
}

/// Adds a secret; earlier ones sign until `expires_at` at most. Stale at the limit, or without the role.
pub(crate) fn rotate(
    permit: &Permit<'_, AimWebhooks>,
    webhook: &Webhook,
    secret: &EndpointSecret,
    expires_at: i64,
    now: i64,
    sealer: Sealer<'_>,
) -> Result<Vec<Statement>, SealError> {
    let webhook = &webhook.id;
    let id = WebhookSecretId::fresh(sealer.platform);
    Ok(vec![
        Statement::new(
            "UPDATE webhook_secrets SET expires_at = min(coalesce(expires_at, ?2), ?2) \
             WHERE webhook_id = ?1",
            params![webhook, expires_at],
        ),
        Statement::new(
            "DELETE FROM webhook_secrets WHERE webhook_id = ?1 AND expires_at <= ?2",
            params![webhook, now],
        ),
        Statement::new(
            concat!(
                "INSERT INTO webhook_secrets (id, webhook_id, sealed_secret, created_at) \
                 SELECT ?1, w.id, ?4, ?5 FROM webhooks w WHERE w.id = ?2 AND w.user_id = ?3 \
                 AND (SELECT count(*) FROM webhook_secrets WHERE webhook_id = ?2) < ?6 \
                 AND (w.team_id IS NULL OR ",
                still_is!("w.team_id", "w.user_id", "?7"),
                ")"
            ),
            params![
                &id,
                webhook,
                permit.user_id(),
                sealer.secret(&id, secret)?,
                now,
                MAX_SECRETS,
                standing::roles(),
            ],
        ),
        Statement::must_change(),
    ])
}

const COLUMNS: &str = "SELECT id, url, description, event_types, rate_limit, sealed_headers, \
     version, created_at, updated_at, disabled_at, disabled_reason, is_proven, failures, \
     failing_since, paused_until, next_slot_us, team_id, hung_until > 0, api_key_id FROM webhooks ";

pub(crate) async fn find(
    sealer: Sealer<'_>,
    user: &UserId,
    id: &WebhookId,
) -> Result<Option<Webhook>, DatabaseError> {
    let statement = Statement::new(
        [COLUMNS, "WHERE id = ?1 AND user_id = ?2"].concat(),
        params![id, user],
    );
    let platform = sealer.platform;
    platform.first(statement, |row| read(row, sealer)).await
}

pub(crate) async fn list(
    sealer: Sealer<'_>,
    user: &UserId,
    page: &Page,
) -> Result<Vec<Webhook>, DatabaseError> {
    let which = "WHERE user_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
    let statement = Statement::new(
        [COLUMNS, which].concat(),
        params![user, page.before(), page.limit + 1],
    );
    let platform = sealer.platform;
    platform.all(statement, |row| read(row, sealer)).await
}

fn read(row: &Row, sealer: Sealer<'_>) -> Result<Webhook, DatabaseError> {
    let broken = |what: &str| DatabaseError::Other(format!("an endpoint's {what} does not read"));
    let id = WebhookId::parse(row.text(0)?).ok_or_else(|| broken("id"))?;
    let headers = open_headers(sealer.master, &id, row.optional_blob(5)?);
    let disabled_at = row.optional_integer(9)?;
    Ok(Webhook {
        id,
        api_key: row.optional_text(18)?.and_then(ApiKeyId::parse),
        input: WebhookInput {
            url: row.text(1)?.to_owned(),
            event_types: serde_json::from_str(row.text(3)?).map_err(|_| broken("event types"))?,
            description: row.text(2)?.to_owned(),
            team: row.optional_text(16)?.and_then(TeamId::parse),
            is_enabled: disabled_at.is_none(),
            rate_limit: row.optional_integer(4)?,
            headers: headers.ok_or_else(|| broken("sealed headers"))?,
        },
        version: row.integer(6)?,
        created_at: row.integer(7)?,
        updated_at: row.integer(8)?,
        disabled_at,
        disabled_reason: row.optional_text(10)?.map(str::to_owned),
        health: Health {
            is_proven: row.integer(11)? == 1,
            failures: row.integer(12)?,
            failing_since: row.optional_integer(13)?,
            paused_until: row.integer(14)?,
            hangs: row.integer(17)? == 1,
        },
        next_slot_us: row.integer(15)?,
    })
}

/// Whether the creator of an endpoint may still have it.
pub(crate) async fn stands(
    platform: &Platform,
    id: &WebhookId,
    now: i64,
) -> Result<bool, DatabaseError> {
    let statement = Statement::new(
        concat!(
            "SELECT 1 FROM webhooks w WHERE w.id = ?1 AND ",
            maker_stands!("?3", "?2")
        ),
        params![id, now, standing::roles()],
    );
    Ok(!platform.database.query(statement).await?.is_empty())
}

/// The secrets of an endpoint that sign at `now`, newest first.
pub(crate) async fn secrets(
    sealer: Sealer<'_>,
    id: &WebhookId,
    now: i64,
) -> Result<Vec<EndpointSecret>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id, sealed_secret FROM webhook_secrets WHERE webhook_id = ?1 \
         AND (expires_at IS NULL OR expires_at > ?2) ORDER BY id DESC",
        params![id, now],
    );
    sealer
        .platform
        .all(statement, |row| {
            let secret = open_secret(sealer.master, row.text(0)?, row.blob(1)?);
            secret.ok_or_else(|| DatabaseError::Other("a secret does not open".to_owned()))
        })
        .await
}
