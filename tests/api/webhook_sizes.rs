//! Deliveries by the hundred, and responses of maximal size, against the limits of D1. Nobody's results
//! are lost to the size of somebody else's. `platform::native` implements D1's limits.

use testing::prelude::*;
use testing::webhooks::answer_of;

use crate::webhook_delivery::Scene;

/// What JSON writes with six bytes.
const CONTROL: u8 = 1;

#[test]
fn the_database_of_the_tests_refuses_what_d1_refuses() {
    let platform = Scene::new().app.test.platform(3);
    let bind = |bytes: usize| {
        let statement = Statement::new("SELECT length(?1)", vec!["x".repeat(bytes).into()]);
        block_on(platform.database.query(statement)).map(|rows| rows[0].integer(0).unwrap())
    };
    assert_eq!(bind(2_000_000).unwrap(), 2_000_000);
    let refused = bind(2_000_001).unwrap_err().to_string();
    assert!(refused.contains("too big"), "{refused}");
}

#[test]
fn a_hundred_large_answers_are_written_and_nobodys_result_is_lost() {
    let scene = Scene::new();
    let endpoint = scene.endpoint("chatty");
    let other = scene.endpoint("other");
    // Known to answer well: the whole batch goes at once.
    scene.event();
    scene.app.deliver();
    let url = endpoint.url.clone();
    scene.app.test.web.answer_with(move |request| {
        let length = if request.url == url { 4_096 } else { 0 };
        Ok(answer_of(200, vec![CONTROL; length]))
    });
    scene.events(100);
    let sent = scene.app.deliver();
    let count = |url: &str| sent.iter().filter(|request| request.url == url).count();
    assert_eq!((count(&endpoint.url), count(&other.url)), (100, 100));
    let delivered = "webhook_deliveries WHERE state = 'delivered'";
    assert_eq!(scene.app.rows(delivered), 202);
    let kept = "webhook_attempts WHERE length(response) = 4096";
    assert_eq!(scene.app.rows(kept), 100);
    let largest = scene.app.test.database.recorded();
    let texts = largest.iter().flat_map(|statement| &statement.params);
    let bytes = texts.filter_map(|value| match value {
        wvw_builder::platform::Value::Text(text) => Some(text.as_str().len()),
        _ => None,
    });
    assert!(bytes.max().unwrap() <= 500_000);
}

#[test]
fn a_hundred_events_for_160_endpoints_are_fanned_out() {
    let scene = Scene::new();
    scene.endpoint("first");
    scene.app.execute(
        "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 168) \
         INSERT INTO webhooks (id, user_id, url, description, event_types, version, created_at, \
         updated_at) SELECT substr(w.id, 1, length(w.id) - 3) || printf('%03d', i), user_id, url, \
         '', event_types, 1, 1, 1 FROM n JOIN webhooks w",
    );
    assert_eq!(scene.app.rows("webhooks"), 160);
    scene.events(100);
    scene.fan_out();
    assert_eq!(scene.app.rows("webhook_deliveries"), 16_000);
    let waiting = "webhook_events WHERE fanned_out_at IS NULL";
    assert_eq!(scene.app.rows(waiting), 0);
}

#[test]
fn four_kilobytes_of_an_answer_stay_four_once_they_are_text() {
    let scene = Scene::new();
    scene.endpoint("binary");
    for (body, kept) in [
        // No text: each byte becomes a character of three.
        (vec![0xFF; 4_096], 4_095),
        (vec![0; 4_096], 4_095),
        // A character that does not fit whole is left out.
        ([&[b'x'; 4_095][..], "é".as_bytes()].concat(), 4_095),
        (vec![b'x'; 5_000], 4_096),
    ] {
        let web = &scene.app.test.web;
        web.answer_with(move |_| Ok(answer_of(200, body.clone())));
        scene.event();
        assert_eq!(scene.app.deliver().len(), 1);
        let sql = "SELECT length(CAST(response AS BLOB)) FROM webhook_attempts \
             ORDER BY delivery_id DESC LIMIT 1";
        assert_eq!(scene.app.count(sql), kept);
        scene.app.wait_ms(1);
    }
    assert_eq!(json!(scene.states().len()), 4);
}
