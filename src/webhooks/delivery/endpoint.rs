//! Endpoints as the delivery reads them, with sealed secrets: one statement for any number of them.
//! `endpoint_session` opens the secrets.

use std::collections::BTreeSet;

use kit::hex;

use crate::events::outbox::{Audience, WEBHOOK_DISABLED};
use crate::ids::{TeamId, UserId, WebhookId};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};
use crate::webhooks::standing::{self, maker_stands};

use super::store::{broken, list};

#[derive(Debug, Clone)]
pub struct Endpoint {
    pub id: WebhookId,
    pub user: UserId,
    /// The team whose events it gets; `None`: its owner's own events.
    pub team: Option<TeamId>,
    pub url: String,
    /// The event types it subscribes to; `*` for all.
    pub event_types: Vec<String>,
    pub rate_limit: Option<i64>,
    /// Custom headers, sealed.
    pub sealed_headers: Option<Vec<u8>>,
    /// Ids and sealed secrets, newest first.
    pub sealed_secrets: Vec<(String, Vec<u8>)>,
    /// Incremented by each change of its owner, and when it is disabled.
    pub version: i64,
    pub is_disabled: bool,
    /// Whether its creator could still have it when it was read.
    pub stands: bool,
    /// Whether its URL has answered a ping.
    pub is_proven: bool,
    /// Failed attempts in a row.
    pub failures: i64,
    /// Since when, in milliseconds since 1970.
    pub failing_since: Option<i64>,
    /// Until when it backs off, in milliseconds since 1970.
    pub paused_until: i64,
    /// Until when it gets nothing because it is slow, in milliseconds since 1970; 0 once it answers
    /// (column `hung_until`).
    pub slow_until: i64,
    /// The state of its rate: see `endpoint_throttle`.
    pub next_slot_us: i64,
}

impl Endpoint {
    /// Whether it is in the audience of an event of this type.
    pub fn is_for(&self, audience: &Audience, kind: &str) -> bool {
        match &self.team {
            // For all endpoints of the owner.
            _ if kind == WEBHOOK_DISABLED => audience.user.as_ref() == Some(&self.user),
            None => audience.user.as_ref() == Some(&self.user),
            team => *team == audience.team,
        }
    }

    /// Whether it subscribes to events of this type.
    pub fn listens_to(&self, kind: &str) -> bool {
        self.event_types
            .iter()
            .any(|wanted| wanted == "*" || wanted == kind)
    }

    /// Whether its first attempt may be made at once.
    pub const fn is_fast(&self, now: i64) -> bool {
        self.is_proven
            && self.stands
            && self.failures == 0
            && self.slow_until == 0
            && self.paused_until <= now
            && self.rate_limit.is_none()
    }
}

/// Parameters: the time, `?2`, and the roles of `standing`, `?3`.
const ENDPOINT: &str = concat!(
    "SELECT w.id, w.user_id, w.url, w.event_types, w.rate_limit, \
     w.sealed_headers, (SELECT group_concat(s.id || ' ' || hex(s.sealed_secret), ',') \
     FROM webhook_secrets s WHERE s.webhook_id = w.id \
     AND (s.expires_at IS NULL OR s.expires_at > ?2)), w.disabled_at IS NOT NULL, w.is_proven, \
     w.failures, w.failing_since, w.paused_until, w.next_slot_us, w.team_id, w.version, \
     w.hung_until, ",
    maker_stands!("?3", "?2"),
    " "
);

/// The enabled endpoints of these users for their own events, with `for_teams` also for teams, and
/// those of these teams.
pub async fn enabled_of(
    platform: &Platform,
    users: BTreeSet<&UserId>,
    for_teams: bool,
    teams: BTreeSet<&TeamId>,
    now: i64,
) -> Result<Vec<Endpoint>, DatabaseError> {
    let statement = Statement::new(
        [
            ENDPOINT,
            "FROM json_each(?1) j JOIN webhooks w ON w.user_id = j.value \
             WHERE (w.team_id IS NULL OR ?4) AND w.disabled_at IS NULL UNION ALL ",
            ENDPOINT,
            "FROM json_each(?5) j JOIN webhooks w ON w.team_id = j.value \
             WHERE w.disabled_at IS NULL \
             AND NOT (?4 AND w.user_id IN (SELECT value FROM json_each(?1)))",
        ]
        .concat(),
        params![
            list(users),
            now,
            standing::roles(),
            i64::from(for_teams),
            list(teams),
        ],
    );
    platform.all(statement, read_endpoint).await
}

/// The endpoints among `ids`.
pub async fn endpoints(
    platform: &Platform,
    ids: &[WebhookId],
    now: i64,
) -> Result<Vec<Endpoint>, DatabaseError> {
    let statement = Statement::new(
        [
            ENDPOINT,
            "FROM json_each(?1) j JOIN webhooks w ON w.id = j.value",
        ]
        .concat(),
        params![list(ids), now, standing::roles()],
    );
    platform.all(statement, read_endpoint).await
}

/// Whether an endpoint still has this version, is enabled, and its creator may still have it.
pub async fn stands(
    platform: &Platform,
    id: &WebhookId,
    version: i64,
) -> Result<bool, DatabaseError> {
    let statement = Statement::new(
        concat!(
            "SELECT 1 FROM webhooks w WHERE w.id = ?1 AND w.version = ?2 \
             AND w.disabled_at IS NULL AND ",
            maker_stands!("?4", "?3")
        ),
        params![id, version, platform.clock.now_ms(), standing::roles()],
    );
    Ok(!platform.database.query(statement).await?.is_empty())
}

fn read_endpoint(row: &Row) -> Result<Endpoint, DatabaseError> {
    let secrets = row.optional_text(6)?.unwrap_or_default().split(',');
    let mut sealed_secrets: Vec<_> = secrets
        .filter_map(|pair| pair.split_once(' '))
        .filter_map(|(id, digits)| Some((id.to_owned(), hex::decode(digits)?)))
        .collect();
    // Their ids sort by time.
    sealed_secrets.sort_unstable_by(|a, b| b.cmp(a));
    let (id, user) = (WebhookId::parse(row.text(0)?), UserId::parse(row.text(1)?));
    let (Some(id), Some(user)) = (id, user) else {
        return Err(broken("an endpoint"));
    };
    Ok(Endpoint {
        id,
        user,
        team: row.optional_text(13)?.and_then(TeamId::parse),
        url: row.text(2)?.to_owned(),
        event_types: serde_json::from_str(row.text(3)?).unwrap_or_default(),
        rate_limit: row.optional_integer(4)?,
        sealed_headers: row.optional_blob(5)?.map(<[u8]>::to_vec),
        sealed_secrets,
        is_disabled: row.integer(7)? == 1,
        is_proven: row.integer(8)? == 1,
        failures: row.integer(9)?,
        failing_since: row.optional_integer(10)?,
        paused_until: row.integer(11)?,
        next_slot_us: row.integer(12)?,
        version: row.integer(14)?,
        slow_until: row.integer(15)?,
        stands: row.integer(16)? == 1,
    })
}
