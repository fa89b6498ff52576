//! The log of deliveries: its content, and redelivery of failures. Payloads are shown byte for byte, and
//! concurrent requests for a redelivery send it once. `webhook_delivery` has sending.

use testing::prelude::*;
use testing::webhooks::{URL, delivery, make_proved, patch, path};

const DELIVERIES: &str = "/api/v1/webhooks/deliveries";

fn scene() -> (TestApp, Player, Value, String) {
    let (app, player) = TestApp::with_player("owner");
    let webhook = make_proved(&app, &player, &json!({}));
    let id = text(&webhook["id"]);
    (app, player, webhook, id)
}

#[test]
fn deliveries_are_listed_by_state_and_page() {
    let (app, player, webhook, id) = scene();
    let other = text(&make_proved(&app, &player, &json!({ "url": format!("{URL}/other") }))["id"]);
    let mut made = Vec::new();
    for state in ["dead", "delivered", "pending", "held", "dead"] {
        made.push(delivery(&app, &id, state, 0));
        app.wait_ms(1);
    }
    delivery(&app, &other, "dead", 0);
    made.reverse();
    let list = |query: &str| {
        let target = format!("{}/deliveries{query}", path(&webhook));
        app.get_as(&player, &target).ok()
    };
    let ids = |page: &Value| texts_of(array(&page["data"]), "id");
    assert_eq!(ids(&list("")), made);
    let dead = [made[0].clone(), made[4].clone()];
    assert_eq!(ids(&list("?state=dead")), dead);
    assert_eq!(ids(&list("?state=held")), [made[1].clone()]);
    let page = list("?limit=2");
    assert_eq!(ids(&page), made[..2]);
    let cursor = text(&page["next_cursor"]);
    assert_eq!(ids(&list(&format!("?limit=2&cursor={cursor}"))), made[2..4]);
    let first = &list("")["data"][0];
    assert_eq!(first["webhook_id"], id);
    assert_eq!(first["event_type"], "build.created");
    assert_has!(first, { "reason": "exhausted", "next_attempt_at": null });
    let pending = &list("?state=pending")["data"][0];
    assert_eq!(pending["next_attempt_at"], "2026-11-22T00:00:05.002Z");
    let target = format!("{}/deliveries?state=lost", path(&webhook));
    app.get_as(&player, &target).expect(422);
}

#[test]
fn a_delivery_shows_its_attempts_and_the_very_bytes_that_are_sent() {
    let (app, player, _, id) = scene();
    let made = delivery(&app, &id, "dead", 0);
    let target = format!("{DELIVERIES}/{made}");
    let answer = app.get_as(&player, &target).expect(200);
    let body = answer.text();
    let payload =
        r#""payload":{"type":"build.created","data":{"z":1,"a":2.50,"n":12345678901234567890}},"#;
    assert!(body.contains(payload), "{body}");
    let attempt = json!({ "number": 1, "at": "2026-11-22T00:00:00.000Z", "duration_ms": 82,
        "status": 500, "error": "http_status", "response": "Oops" });
    assert_has!(answer.json(), { "id": made, "attempts_made": 1, "attempts": [attempt] });
    let stranger = app.player("stranger");
    let retry = app.act_as(&stranger, &format!("{target}/retry"));
    for answer in [app.get_as(&stranger, &target), retry] {
        answer.expect_problem(404, "not_found");
    }
}

#[test]
fn a_retry_begins_anew_unless_someone_is_at_it() {
    let (app, player, webhook, id) = scene();
    let now = app.test_now();
    let retry_path = |delivery: &str| format!("{DELIVERIES}/{delivery}/retry");
    let retry = |delivery: &str| app.act_as(&player, &retry_path(delivery));
    for (state, leased_until, status) in [
        ("dead", 0, 202),
        ("delivered", 0, 202),
        ("pending", 0, 202),
        ("pending", now, 202),
        ("pending", now + 1, 409),
    ] {
        let made = delivery(&app, &id, state, leased_until);
        let answer = retry(&made).expect(status);
        if status == 409 {
            answer.expect_problem(409, "delivery_in_progress");
            assert_eq!(app.test.queue.take_all(), []);
            continue;
        }
        assert_eq!(answer.json()["state"], "pending");
        assert_eq!(answer.json()["next_attempt_at"], "2026-11-22T00:00:00.000Z");
        let row = format!(
            "webhook_deliveries WHERE id = '{made}' AND state = 'pending' \
             AND reason IS NULL AND step = 0 AND claim IS NULL AND next_attempt_at = {now}"
        );
        assert_eq!(app.rows(&row), 1, "{state}");
        let woken = app.test.queue.take_all();
        assert_eq!(woken.len(), 1);
        assert_eq!(woken[0].body, id);
    }
    // Leased between our look and our write.
    let made = delivery(&app, &id, "pending", 0);
    let leased = format!(
        "UPDATE webhook_deliveries SET claim = 'x', next_attempt_at = {} WHERE id = '{made}'",
        now + 60_000
    );
    let path_of_retry = retry_path(&made);
    let call = ("POST", path_of_retry.as_str(), &Value::Null);
    let status = app.raced("UPDATE webhook_deliveries", leased, &player, call);
    assert_eq!(status, 409);

    let dead = delivery(&app, &id, "dead", 0);
    let off = json!({ "enabled": false });
    patch(&app, &player, &webhook, &off).send().ok();
    retry(&dead).expect_problem(409, "webhook_disabled");
    let recover = format!("{}/recover", path(&webhook));
    let since = json!({ "since": "2026-11-21T00:00:00Z" });
    let answer = app.post_as(&player, &recover, &since);
    answer.expect_problem(409, "webhook_disabled");
}

#[test]
fn a_recovery_takes_each_failed_delivery_once_also_twice_at_once() {
    let (app, player, webhook, id) = scene();
    let other = text(&make_proved(&app, &player, &json!({ "url": format!("{URL}/other") }))["id"]);
    for _ in 0..3 {
        delivery(&app, &id, "dead", 0);
    }
    app.wait_ms(DAY_MS);
    for state in ["dead", "dead", "delivered", "pending", "held"] {
        delivery(&app, &id, state, 0);
    }
    delivery(&app, &other, "dead", 0);
    let target = format!("{}/recover", path(&webhook));
    let token = app.new_token(&player);
    let recover = |app: &TestApp, since: &str| {
        let call = app.post(&target, &json!({ "since": since }));
        call.token(&token).send()
    };
    for (recovered, woken) in [(2, 1), (0, 0)] {
        let answer = recover(&app, "2026-11-23T00:00:00Z").expect(202);
        assert_eq!(answer.json(), json!({ "recovered": recovered }));
        assert_eq!(app.test.queue.take_all().len(), woken);
    }

    let slow = app.slow_isolate(9);
    let body = json!({ "since": "2026-11-22T00:00:00Z" });
    let calls = [(); 2].map(|()| slow.post(&target, &body).token(&token));
    let answers = slow.at_once(&calls);
    let recovered = |answer: &Answer| answer.json()["recovered"].to_string();
    let counts: BTreeSet<String> = answers.iter().map(recovered).collect();
    assert_eq!(counts.into_iter().collect::<String>(), "03");
    let dead = app.rows("webhook_deliveries WHERE state = 'dead'");
    assert_eq!(dead, 1, "another endpoint's");

    let never = "2026-11-23T00:00:00.001Z 2026-08-24T23:59:59.999Z 1970-01-01T00:00:00Z";
    for since in never.split(' ') {
        recover(&app, since).expect_mistakes("/since out_of_range");
    }
    recover(&app, "2026-08-25T00:00:00Z").expect(202);
    recover(&app, "yesterday").expect_problem(422, "invalid_input");
    let other = format!("{WEBHOOKS}/{id}/recover");
    let stranger = app.player("stranger");
    let answer = app.post_as(&stranger, &other, &body);
    answer.expect_problem(404, "not_found");
}

#[test]
fn a_recovery_goes_back_as_far_as_the_log() {
    let app = TestApp::configured(&[("WEBHOOK_RETENTION_DAYS", "7")]);
    let player = app.player("owner");
    let webhook = make_proved(&app, &player, &json!({}));
    let target = format!("{}/recover", path(&webhook));
    for (since, status) in [("2026-11-15T00:00:00Z", 202), ("2026-11-14T23:59:59Z", 422)] {
        let answer = app.post_as(&player, &target, &json!({ "since": since }));
        let answer = answer.expect(status);
        if status == 422 {
            let detail = &answer.json()["errors"][0]["detail"];
            assert_eq!(detail, "Must be in the past, and at most 7 days back.");
        }
    }
}
