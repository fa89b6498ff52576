//! The calls on deliveries, as they are documented and checked.

use crate::http::body::Body;
use crate::http::operation::Answer;
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::Field;
use crate::http::{fields, operations, problems};
use crate::webhooks::endpoints::operations::{PATH as ENDPOINT_PATH, TAG};

use super::model::{DELIVERY, ID, RECOVERED, Recovery, STATE, WHOLE};

const PATH: &[Field] = fields! { required id: ID, "TypeID with the prefix delivery."; };
const EXAMPLE: &str = r#"{"id":"delivery_01kanp2xc0e8br5v0xmvhv7j2d","webhook_id":"webhook_01kanp2xc0e8br5v0xmvhv7j2d","event_id":"event_01kanp2xc0e8br5v0xmvhv7j2d","event_type":"build.deleted","state":"dead","reason":"exhausted","attempts_made":1,"next_attempt_at":null,"created_at":"2026-11-22T18:00:00.000Z"}"#;
const PENDING_EXAMPLE: &str = r#"{"id":"delivery_01kanp2xc0e8br5v0xmvhv7j2d","webhook_id":"webhook_01kanp2xc0e8br5v0xmvhv7j2d","event_id":"event_01kanp2xc0e8br5v0xmvhv7j2d","event_type":"build.deleted","state":"pending","reason":null,"attempts_made":1,"next_attempt_at":"2026-11-22T18:00:00.000Z","created_at":"2026-11-22T18:00:00.000Z"}"#;

operations! { TAG;
    LIST = "list_webhook_deliveries", "List the deliveries of a webhook" {
        path: ENDPOINT_PATH,
        query: fields! {
            ..LIMIT;
            ..CURSOR;
            optional state: STATE, "Only those in this state.";
        },
        response: Answer::page_of("Latest event first.", &DELIVERY, EXAMPLE),
        problems: problems![NOT_FOUND],
    }

    GET = "get_webhook_delivery", "One delivery with every attempt" {
        description: "An API key needs, beside webhooks:read, the scope that reading the same through the API takes: GET /webhooks/event-types has it with each type.",
        path: PATH,
        response: Answer::ok(
            "The delivery, what is sent, and how each attempt went.",
            &WHOLE,
            r#"{"payload":{"type":"build.deleted","timestamp":"2026-11-22T18:00:00.000Z","data":{"id":"build_01kanp2xc0e8br5v0xmvhv7j2d"}},"id":"delivery_01kanp2xc0e8br5v0xmvhv7j2d","webhook_id":"webhook_01kanp2xc0e8br5v0xmvhv7j2d","event_id":"event_01kanp2xc0e8br5v0xmvhv7j2d","event_type":"build.deleted","state":"dead","reason":"exhausted","attempts_made":1,"next_attempt_at":null,"created_at":"2026-11-22T18:00:00.000Z","attempts":[{"number":1,"at":"2026-11-22T18:00:00.100Z","duration_ms":82,"status":500,"error":"http_status","response":"Oops"}]}"#,
        ),
        problems: problems![NOT_FOUND],
    }

    RETRY = "retry_webhook_delivery", "Retry a delivery" {
        description: "Now, and if that fails from the beginning of the schedule. One that has arrived is sent once more.",
        path: PATH,
        response: Answer::accepted("The delivery; the attempt is about to be made.", &DELIVERY, PENDING_EXAMPLE),
        problems: problems![
            INSUFFICIENT_TEAM_ROLE, NOT_FOUND, DELIVERY_IN_PROGRESS, WEBHOOK_DISABLED,
            WEBHOOK_UNPROVED,
        ],
    }

    RECOVER = "recover_webhook", "Recover all failed deliveries since a time" {
        description: "Every delivery that was given up whose event was at or after since. Of two such calls at once, each delivery is counted and sent by one.",
        path: ENDPOINT_PATH,
        request: Recovery::TAKEN,
        response: Answer::accepted("How many.", &RECOVERED, r#"{"recovered":450}"#),
        problems: problems![
            INSUFFICIENT_TEAM_ROLE, NOT_FOUND, WEBHOOK_DISABLED, WEBHOOK_UNPROVED, UNAVAILABLE,
        ],
    }
}
