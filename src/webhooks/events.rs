//! What webhooks are told of webhooks, and the ping.

use crate::auth::model::{Scope, TIME};
use crate::events::event_types;
use crate::events::outbox::WEBHOOK_DISABLED;
use crate::http::object;
use crate::http::schema::{Schema, Text};

use super::endpoints::schemas::ID as WEBHOOK_ID;

const GONE: Schema = object! {
    required id: WEBHOOK_ID, "The webhook's id.";
    required url: Text::of(1, 2_000), "Where it was.";
    required reason: Schema::Choice(&["gone", "failing"]),
        "gone: it answered 410. failing: it did nothing but fail for 5 days.";
    required failing_since: TIME, "Since when it did nothing but fail.";
    required disabled_at: TIME, "When it was disabled.";
};
const NOTHING: Schema = Schema::raw(r#"{"type":"object","additionalProperties":false}"#);

event_types! { Some(Scope::WebhooksRead);
    DISABLED = WEBHOOK_DISABLED, r#"{"id":"webhook_01kanp2xc0e8br5v0xmvhv7j2d","url":"https://example.com/webhooks","reason":"failing","failing_since":"2026-11-17T18:00:00.000Z","disabled_at":"2026-11-22T18:00:00.000Z"}"#,
        "A webhook was disabled because of what it answered. Its owner's other webhooks are told.", Exact(GONE);
}
event_types! { None;
    PING = "ping", "{}",
        "Nothing has happened: the first thing that a URL is sent, to be answered with 2xx, and a test.", Exact(NOTHING);
}
