//! The outbox: writes events in the batch of the change that they report.
//! A payload is serialized once, and events without a subscribed endpoint are not written. `delivery`
//! sends them.

use kit::time::rfc3339;

use http::trace::Trace;
use kit::ids::{EventId, TeamId, UserId};
use platform::{Lane, Message, Platform, Statement, Value};

use super::EventType;

/// A payload is smaller than this many bytes (Standard Webhooks: under 20 kB).
pub const MAX_PAYLOAD_BYTES: usize = 20_000;

/// The type whose events are for all endpoints of a user, whosever things those are told of.
pub const WEBHOOK_DISABLED: &str = "webhook.disabled";

/// Whose a thing is: who is told of what happens to it.
#[derive(Debug, Clone)]
pub struct Audience {
    /// The endpoints that this user has for their own things are told.
    pub user: Option<UserId>,
    /// So are those that were made for this team.
    pub team: Option<TeamId>,
}

impl From<&UserId> for Audience {
    fn from(user: &UserId) -> Self {
        Self {
            user: Some(user.clone()),
            team: None,
        }
    }
}

/// Something that has happened.
#[derive(Clone)]
pub struct Event {
    /// Sent as `webhook-id`.
    pub id: EventId,
    /// Whose things have changed, and whose endpoints are told.
    pub audience: Audience,
    /// Its type.
    pub kind: &'static EventType,
    /// The bytes that are sent and signed.
    pub payload: String,
    /// `traceparent` (W3C Trace Context) of what caused it.
    pub traceparent: String,
}

impl Event {
    /// An event about `subject`, an id. `data` is JSON, and stays the bytes it is. Where they are
    /// too many, receivers get the id, to read the rest by.
    pub fn new(
        platform: &Platform,
        trace: &Trace,
        audience: Audience,
        kind: &'static EventType,
        subject: &str,
        data: &str,
    ) -> Self {
        let at = rfc3339(platform.clock.now_ms());
        let mut payload = payload(kind.name, &at, data);
        if payload.len() >= MAX_PAYLOAD_BYTES {
            let id_only = format!("{{\"id\":\"{subject}\",\"is_truncated\":true}}");
            payload = self::payload(kind.name, &at, &id_only);
        }
        Self {
            id: EventId::fresh(platform),
            audience,
            kind,
            payload,
            traceparent: trace.child(platform),
        }
    }

    /// Writes it, if there is an endpoint to tell.
    pub fn insert(&self) -> Statement {
        let Audience { user, team } = &self.audience;
        Statement::new(
            "INSERT INTO webhook_events (id, user_id, team_id, type, payload, traceparent, scope) \
             SELECT ?1, ?2, ?6, ?3, ?4, ?5, ?7 WHERE (EXISTS (SELECT 1 FROM webhooks \
             WHERE user_id = ?2 AND (team_id IS NULL OR ?3 = 'webhook.disabled') \
             AND disabled_at IS NULL) \
             OR EXISTS (SELECT 1 FROM webhooks WHERE team_id = ?6 AND disabled_at IS NULL))",
            vec![
                self.id.as_str().into(),
                // The column takes no NULL; no id is empty.
                user.as_ref().map_or("", UserId::as_str).into(),
                self.kind.name.into(),
                self.payload.as_str().into(),
                self.traceparent.as_str().into(),
                team.as_ref()
                    .map_or(Value::Null, |team| team.as_str().into()),
                self.kind.scope_word().into(),
            ],
        )
    }

    /// Writes it for one endpoint, whose delivery is written beside it.
    pub fn insert_told(&self, now: i64) -> Statement {
        let user = self.audience.user.as_ref();
        Statement::new(
            "INSERT INTO webhook_events \
             (id, user_id, type, payload, traceparent, scope, fanned_out_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            vec![
                self.id.as_str().into(),
                user.map_or("", UserId::as_str).into(),
                self.kind.name.into(),
                self.payload.as_str().into(),
                self.traceparent.as_str().into(),
                self.kind.scope_word().into(),
                now.into(),
            ],
        )
    }

    /// Writes it, if the statement before it has changed something and the user has an endpoint to
    /// tell.
    pub fn insert_if_changed(&self) -> Statement {
        let mut statement = self.insert();
        statement.sql.to_mut().push_str(" AND changes() > 0");
        statement
    }

    /// Wakes the delivery, once it is written.
    pub fn wake(&self, platform: &Platform) {
        let message = Message {
            body: self.id.to_string(),
            delay_seconds: 0,
        };
        platform.queue.send(Lane::First, vec![message]);
    }
}

/// The text of a payload.
pub fn payload(kind: &str, at: &str, data: &str) -> String {
    [
        "{\"type\":\"",
        kind,
        "\",\"timestamp\":\"",
        at,
        "\",\"data\":",
        data,
        "}",
    ]
    .concat()
}
