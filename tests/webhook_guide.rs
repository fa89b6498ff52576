//! The Rust library of Standard Webhooks verifies what we sign, with the function that the guide shows, and
//! the guide has the numbers of the code. `tests/edge` has JavaScript and Python.

// The guide's `http` is the crate of that name; ours goes by it elsewhere.
extern crate http_types as http;

// From here on as the guide has it.
use std::error::Error;

use http::HeaderMap;
use standardwebhooks::Webhook;

/// Gives the event, if we have sent it just now. `body` is the request's, byte for byte.
fn receive(
    secret: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<serde_json::Value, Box<dyn Error>> {
    Webhook::new(secret)?.verify(body, headers)?;
    Ok(serde_json::from_slice(body)?)
}
// To here.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use serde_json::json;
use wvw_builder::config::schedule::{MAX_RETRY_AFTER_MS, RetrySchedule};
use wvw_builder::events::outbox::{MAX_PAYLOAD_BYTES, payload};
use wvw_builder::events::signing::{EndpointSecret, signature_header};
use wvw_builder::webhooks::custom_headers::MAX_HEADERS;
use wvw_builder::webhooks::delivery::outcome::{
    BREAKER_FAILURES, BREAKER_MAX_MS, BREAKER_MS, DISABLE_AFTER_MS, MAX_RESPONSE_BYTES,
};
use wvw_builder::webhooks::endpoints::model::OVERLAP_SECONDS;
use wvw_builder::webhooks::endpoints::schemas::MAX_OVERLAP_SECONDS;

const GUIDE: &str = include_str!("../docs/WEBHOOKS.md");
const OWN: &str = include_str!("webhook_guide.rs");
const ID: &str = "event_01kanp2xc0e8br5v0xmvhv7j2d";

#[test]
fn the_guide_shows_the_function_that_is_tested_here() {
    let own = OWN
        .split_once("as the guide has it.\n")
        .expect("its beginning")
        .1;
    let own = own.split_once("// To here.").expect("its end").0;
    let block = format!("```rust\n{own}```\n");
    assert!(GUIDE.contains(&block), "{own}");
}

#[test]
fn the_guide_has_the_numbers_of_the_code() {
    let (hour, day) = (3_600_000, 86_400_000);
    let said = GUIDE.split_whitespace().collect::<Vec<_>>().join(" ");
    let schedule = RetrySchedule::default();
    let waits: Vec<String> = (0..)
        .map_while(|step| schedule.delay_ms(step, u32::MAX / 2))
        .map(|ms| match (ms + 500) / 1000 {
            seconds @ 0..60 => format!("{seconds} s"),
            seconds @ 60..3600 => format!("{} min", seconds / 60),
            seconds => format!("{} h", seconds / 3600),
        })
        .collect();
    let (last, first) = waits.split_last().expect("a schedule");
    let (first_ms, last_ms) = (schedule.delay_ms(0, 0), schedule.delay_ms(0, u32::MAX));
    assert_eq!((first_ms, last_ms), (Some(4_500), Some(5_500)), "10 %");
    for text in [
        format!(
            "after {} and {last}, each 10 % more or less",
            first.join(", ")
        ),
        format!("up to {} hours, never shorter", MAX_RETRY_AFTER_MS / hour),
        format!("**After {BREAKER_FAILURES} failures in a row**"),
        format!("paused for {} seconds", BREAKER_MS / 1000),
        format!("**After {} days of nothing", DISABLE_AFTER_MS / day),
        format!("{} kB are read and kept", MAX_RESPONSE_BYTES / 1024),
        format!("less than {},000 bytes", MAX_PAYLOAD_BYTES / 1000),
        format!("{{\"overlap_seconds\": {OVERLAP_SECONDS}}}"),
    ] {
        assert!(said.contains(&text), "{text}");
    }
    assert_eq!((BREAKER_MAX_MS, OVERLAP_SECONDS), (hour, 86_400));
    assert_eq!((MAX_OVERLAP_SECONDS, MAX_HEADERS), (7 * 86_400, 10));
}

/// Seconds since 1970. The library knows no other clock.
fn now() -> i64 {
    #[allow(clippy::disallowed_methods)]
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.expect("after 1970").as_secs()).expect("small")
}

/// The three headers of an attempt at `timestamp`.
fn headers(secrets: &[EndpointSecret], timestamp: i64, body: &str) -> HeaderMap {
    let signature = signature_header(secrets, ID, timestamp, body);
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("webhook-id", ID),
        ("webhook-timestamp", &timestamp.to_string()),
        ("webhook-signature", &signature),
    ] {
        headers.insert(name, value.parse().expect("a header"));
    }
    headers
}

/// The bytes of a secret.
fn key() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 24..=64)
}

fn secret(key: &[u8]) -> EndpointSecret {
    EndpointSecret::from_bytes(key).expect("24 to 64 bytes")
}

/// Nothing, any text there is, and 100 kB of it.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just(String::new()),
        8 => any::<String>(),
        1 => any::<char>().prop_map(|each| each.to_string().repeat(100_000 / each.len_utf8())),
    ]
}

proptest! {
    #[test]
    fn it_takes_what_we_sign_and_nothing_that_was_changed(
        keys in proptest::collection::vec(key(), 1..=5),
        stranger in key(),
        text in text(),
    ) {
        let secrets: Vec<_> = keys.iter().map(|key| secret(key)).collect();
        let data = if text.is_empty() { json!({}) } else { json!({ "name": text }) };
        let body = payload("build.created", "2026-11-22T18:00:00.000Z", &data.to_string());
        let sent = headers(&secrets, now(), &body);
        for each in &secrets {
            let event = receive(&each.to_text(), &sent, body.as_bytes());
            prop_assert_eq!(&event.expect("it verifies")["data"], &data);
        }
        let known = secrets[0].to_text();
        let changed = body.replacen("created", "deleted", 1);
        let old = headers(&secrets, now() - 301, &body);
        prop_assert!(receive(&known, &sent, changed.as_bytes()).is_err());
        prop_assert!(receive(&known, &old, body.as_bytes()).is_err());
        prop_assert!(receive(&secret(&stranger).to_text(), &sent, body.as_bytes()).is_err());
        let timestamp = sent["webhook-timestamp"].to_str().expect("digits");
        let later = timestamp.parse::<i64>().expect("a number") + 1;
        for (name, value) in [
            ("webhook-id", "event_01kanp2xc0e8br5v0xmvhv7j2e".to_owned()),
            ("webhook-timestamp", later.to_string()),
        ] {
            let mut other = sent.clone();
            other.insert(name, value.parse().expect("a header"));
            prop_assert!(receive(&known, &other, body.as_bytes()).is_err(), "another {}", name);
        }
    }
}
