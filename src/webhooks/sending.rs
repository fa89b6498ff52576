//! Builds the signed request for a payload (Standard Webhooks 1.0.0).
//! The body is the bytes that were signed, and custom headers replace none of ours.

use crate::platform::{HttpRequest, Text};

use crate::events::signing::{self, EndpointSecret};

/// Milliseconds that an exchange may take, body included.
const TIMEOUT_MS: u32 = 15_000;
const MAX_RESPONSE_BYTES: usize = 4_096;
const USER_AGENT: &str = concat!("wvw-builder-webhooks/", env!("CARGO_PKG_VERSION"));

/// The request that takes `payload` to `url` at `now_ms`, signed with each of `secrets`.
pub fn request(
    url: &str,
    secrets: &[EndpointSecret],
    custom_headers: &[(String, String)],
    event_id: &str,
    traceparent: &str,
    payload: Text,
    now_ms: i64,
) -> HttpRequest {
    let timestamp = now_ms.div_euclid(1000);
    let signature = signing::signature_header(secrets, event_id, timestamp, payload.as_str());
    let own = [
        ("content-type", "application/json".to_owned()),
        ("user-agent", USER_AGENT.to_owned()),
        ("webhook-id", event_id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signature),
        ("traceparent", traceparent.to_owned()),
    ];
    let own = own
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    HttpRequest {
        method: "POST",
        url: url.to_owned(),
        headers: custom_headers.iter().cloned().chain(own).collect(),
        body: Some(payload),
        timeout_ms: TIMEOUT_MS,
        max_body_bytes: MAX_RESPONSE_BYTES,
    }
}
