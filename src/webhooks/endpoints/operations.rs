//! The calls on endpoints: documentation and checks.

use crate::http::body::Body;
use crate::http::operation::{Answer, Condition, Replay, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::Field;
use crate::http::{fields, operations, problems};

use super::schemas::{
    CHANGE, ID, NEW_WEBHOOK, ROTATED, SHOWN_WEBHOOK, SecretRotation, TESTED, WEBHOOK, WebhookTest,
};

/// The group of all calls on webhooks.
pub const TAG: &str = "Webhooks";
/// The path of a call on an endpoint.
pub const PATH: &[Field] = fields! { required id: ID, "TypeID with the prefix webhook."; };

const EXAMPLE: &str = r#"{"id":"webhook_01kanp2xc0e8br5v0xmvhv7j2d","url":"https://bot.guild.gg/hooks","event_types":["build.created"],"description":"Discord bot","team_id":null,"api_key_id":null,"enabled":true,"disabled_at":null,"disabled_reason":null,"rate_limit":null,"headers":{"x-guild":"red"},"hidden_headers":["authorization"],"health":{"state":"healthy","failures":0,"failing_since":null,"paused_until":null},"created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}"#;
const ANSWER: Answer = Answer::ok(
    "The webhook, with its strong ETag. The tag changes with its health, too.",
    &WEBHOOK,
    EXAMPLE,
);

operations! { TAG;
    EVENT_TYPES = "list_event_types", "List the event types" {
        description: "Each with what it is about, a JSON Schema of its data and an example payload.",
        response: Answer::media("The catalogue.", "application/json"),
    }

    CREATE = "create_webhook", "Create a webhook" {
        description: "Events are sent as POST, signed as Standard Webhooks 1.0.0 has it (webhook-id, webhook-timestamp, webhook-signature), and again until a 2xx comes back: ten attempts in three days. The same webhook-id may come more than once: it is the same event. The URL is sent a ping at once, and nothing else until it has answered one with 2xx; what comes up meanwhile waits, up to 100 events. At most 50 webhooks, each with a URL of its own. One that an API key makes is told only what the key may read, and ends with the key.",
        request: RequestBody::json(
            &NEW_WEBHOOK,
            r#"{"url":"https://bot.guild.gg/hooks","event_types":["build.created"],"description":"Discord bot","headers":{"authorization":"Bearer of-the-bot"}}"#,
        ),
        response: Answer::created(
            "The webhook with its secret, shown this once; Location names it.",
            &SHOWN_WEBHOOK,
            r#"{"id":"webhook_01kanp2xc0e8br5v0xmvhv7j2d","url":"https://bot.guild.gg/hooks","event_types":["build.created"],"description":"Discord bot","team_id":null,"api_key_id":null,"enabled":true,"disabled_at":null,"disabled_reason":null,"rate_limit":null,"headers":{},"hidden_headers":["authorization"],"health":{"state":"unproved","failures":0,"failing_since":null,"paused_until":null},"created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z","secret":"whsec_RVhBTVBMRSBFWEFNUExFIEVYQU1QTEUgRVhBTVBMRSE="}"#,
        ),
        problems: problems![
            INSUFFICIENT_TEAM_ROLE, TOO_MANY_WEBHOOKS, WEBHOOK_URL_TAKEN, UNAVAILABLE,
        ],
        replay: Replay::Secret,
    }

    LIST = "list_webhooks", "List my webhooks" {
        query: &[LIMIT, CURSOR],
        response: Answer::page_of("Latest first.", &WEBHOOK, EXAMPLE),
    }

    GET = "get_webhook", "One webhook" {
        path: PATH,
        response: ANSWER,
        problems: problems![NOT_FOUND],
        condition: Condition::Read,
    }

    PATCH = "patch_webhook", "Update a webhook" {
        description: "JSON Merge Patch (RFC 7396). Headers that are left out stay, hidden ones too; null removes one. With another scheme, host or port in the URL the hidden ones that are not given anew go, and the URL has to answer a ping again. Disabled, what is under way for it waits; enabled again, it is sent. An API key can change what it has made; what a login has made becomes the key's with the change, and has to be no more than the key may read.",
        path: PATH,
        request: RequestBody::patch(
            &CHANGE,
            r#"{"enabled":false,"headers":{"authorization":null}}"#,
        ),
        response: ANSWER,
        problems: problems![
            INSUFFICIENT_TEAM_ROLE, MADE_BY_ANOTHER_KEY, NOT_FOUND, WEBHOOK_URL_TAKEN, UNAVAILABLE,
        ],
        condition: Condition::Write,
    }

    DELETE = "delete_webhook", "Delete a webhook" {
        description: "With its deliveries and their log. Nothing that waits for it is sent any more.",
        path: PATH,
        problems: problems![NOT_FOUND],
        condition: Condition::Write,
    }

    ROTATE_SECRET = "rotate_webhook_secret", "Rotate the secret of a webhook" {
        description: "While they overlap, every attempt is signed with all of them, the newest first. At most five sign at a time.",
        path: PATH,
        request: SecretRotation::TAKEN,
        response: Answer::ok(
            "The new secret, shown this once.",
            &ROTATED,
            r#"{"secret":"whsec_RVhBTVBMRSBFWEFNUExFIEVYQU1QTEUgRVhBTVBMRSE=","previous_expires_at":"2026-11-23T18:00:00.000Z"}"#,
        ),
        problems: problems![
            INSUFFICIENT_TEAM_ROLE, MADE_BY_ANOTHER_KEY, NOT_FOUND, TOO_MANY_SECRETS,
        ],
        replay: Replay::Secret,
    }

    TEST_SEND = "test_webhook", "Send a test event now" {
        description: "Signed and sent as an event would be, also to a disabled webhook, and not tried again. A URL that has not answered a ping yet is sent nothing but a ping, and has with a 2xx. Counts on the webhook's rate_limit. 10 a minute.",
        path: PATH,
        request: WebhookTest::TAKEN,
        response: Answer::ok(
            "What came of it, whatever that was.",
            &TESTED,
            r#"{"event_id":"event_01kanp2xc0e8br5v0xmvhv7j2d","status":204,"duration_ms":82,"error":null,"response":""}"#,
        ),
        problems: problems![
            INSUFFICIENT_TEAM_ROLE, NOT_FOUND, WEBHOOK_UNPROVED, WEBHOOK_RATE_EXCEEDED,
        ],
    }
}
