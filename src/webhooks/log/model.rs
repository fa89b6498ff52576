//! Deliveries as their owner sees them. The time of a next attempt is shown only when there will be one.

use kit::time::{parse_rfc3339, rfc3339};
use serde_json::{Value, json};

use crate::auth::model::{OPTIONAL_TIME, TIME};
use crate::http::schema::{Schema, Text};
use crate::http::{body, object};
use crate::ids::{DeliveryId, EventId, WebhookId};
use crate::webhooks::endpoints::schemas::{
    COUNT, ERROR, EVENT_ID, EVENT_TYPE, ID as WEBHOOK_ID, RESPONSE, STATUS,
};

/// The id of a delivery.
pub const ID: Schema = Text::formatted(35, 35, "typeid");
/// Where a delivery stands.
pub const STATE: Schema = Schema::Choice(&["pending", "held", "delivered", "dead"]);

macro_rules! delivery {
    ($name:literal $($more:tt)*) => {
        object! { $name:
            required id: ID, "TypeID with the prefix delivery.";
            required webhook_id: WEBHOOK_ID, "Where to.";
            required event_id: EVENT_ID, "What: sent as webhook-id.";
            required event_type: EVENT_TYPE, "The event's type.";
            required state: STATE,
                "held: its webhook is disabled or unproved. dead: given up; reason says why.";
            required reason: Schema::Nullable(&Schema::Choice(&["exhausted", "gone", "lost", "not_allowed", "replaced"])),
                "exhausted: the last attempt failed, too. gone: the answer was 410. lost: its attempts ended without a word. not_allowed: the API key that the webhook is of may not read it. replaced: a ping that another one or a test came after.";
            required attempts_made: COUNT, "Attempts so far.";
            required next_attempt_at: OPTIONAL_TIME,
                "When it is tried again at the earliest; null: it is not, or an attempt is being made.";
            required created_at: TIME, "When the event happened.";
            $($more)*
        }
    };
}

/// A delivery in a list.
pub const DELIVERY: Schema = delivery! { "WebhookDelivery" };

const ATTEMPT: Schema = object! {
    required number: COUNT, "From 1.";
    required at: TIME, "When it began.";
    required duration_ms: COUNT, "Milliseconds until it was over.";
    required status: STATUS, "The status code; null: nothing came back.";
    required error: ERROR, "What went wrong; null: nothing.";
    required response: RESPONSE, "The first 4 kB of the answer.";
};
const ATTEMPTS: Schema = Schema::list(&ATTEMPT, 0, usize::MAX);

/// A delivery with all there is to know.
pub const WHOLE: Schema = delivery! { "WebhookDeliveryDetails"
    required payload: Schema::raw("{}"), "The body that is sent, byte for byte.";
    required attempts: ATTEMPTS, "The first one first.";
};

const SINCE: Schema = Schema::Text(Text {
    min: 20,
    max: 30,
    format: "date-time",
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z$",
    matches: |text| parse_rfc3339(text).is_some(),
});

body! {
    /// Body of POST /webhooks/{id}/recover.
    pub(crate) struct Recovery = "WebhookRecovery", r#"{"since":"2026-11-22T00:00:00Z"}"# {
        required since: String = SINCE,
            "Events from then on: RFC 3339 in UTC, at most as far back as the log goes (90 days unless the instance has another time).";
    }
}
/// What a recovery has done.
pub const RECOVERED: Schema = object! { "WebhookRecovered":
    required recovered: COUNT, "Deliveries that were given up and are sent again.";
};

#[derive(Debug)]
pub struct Delivery {
    pub id: DeliveryId,
    pub webhook: WebhookId,
    pub event: EventId,
    pub kind: String,
    /// `pending`, `held`, `delivered` or `dead`.
    pub state: String,
    pub reason: Option<String>,
    /// Attempts in the log.
    pub attempts: i64,
    /// When it is due, or while it is leased when the lease expires, in milliseconds since 1970.
    pub next_attempt_at: i64,
    pub is_leased: bool,
    pub is_endpoint_disabled: bool,
    /// Whether its endpoint's URL has answered a ping.
    pub is_endpoint_proven: bool,
    pub url: String,
}

impl Delivery {
    /// Whether an attempt is being made at `now`.
    pub const fn is_in_progress(&self, now: i64) -> bool {
        self.is_leased && self.next_attempt_at > now
    }

    pub fn document(&self) -> Value {
        let is_waiting = self.state == "pending" && !self.is_leased;
        json!({
            "id": self.id.as_str(),
            "webhook_id": self.webhook.as_str(),
            "event_id": self.event.as_str(),
            "event_type": self.kind,
            "state": self.state,
            "reason": self.reason,
            "attempts_made": self.attempts,
            "next_attempt_at": is_waiting.then(|| rfc3339(self.next_attempt_at)),
            "created_at": rfc3339(self.event.time_ms()),
        })
    }
}
