//! The log of deliveries: its content, and redelivery of failures. Payloads are shown byte for byte, and
//! concurrent requests for a redelivery send it once. `webhook_delivery` has sending.

use testing::prelude::*;
use testing::webhooks::{URL, delivery, make_proved, patch, path};

const DELIVERIES: &str = "/api/v1/webhooks/deliveries";

fn scene() -> (TestApp, Player, Value, String) {
    let app = TestApp::new();
    let player = app.player("owner");
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
    let ids = |page: &Value| -> Vec<String> {
        let data = array(&page["data"]);
        data.iter().map(|item| text(&item["id"])).collect()
    };
    assert_eq!(ids(&list("")), made);
    assert_eq!(
        ids(&list("?state=dead")),
        [made[0].clone(), made[4].clone()]
    );
    assert_eq!(ids(&list("?state=held")), [made[1].clone()]);
    let page = list("?limit=2");
    assert_eq!(ids(&page), made[..2]);
    let cursor = text(&page["next_cursor"]);
    assert_eq!(ids(&list(&format!("?limit=2&cursor={cursor}"))), made[2..4]);
    let first = &list("")["data"][0];
    assert_eq!(first["webhook_id"], id);
    assert_eq!(first["event_type"], "build.created");
    assert_has!(first, { "reason": "exhausted", "next_attempt_at": null });
    assert_eq!(
        list("?state=pending")["data"][0]["next_attempt_at"],
        "2026-11-22T00:00:05.002Z"
    );
    let target = format!("{}/deliveries?state=lost", path(&webhook));
    app.get_as(&player, &target)
        .expect_problem(422, "invalid_input");
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
    let shown = answer.json();
    assert_has!(shown, {
        "id": made, "attempts_made": 1,
        "attempts": [{ "number": 1, "at": "2026-11-22T00:00:00.000Z", "duration_ms": 82, "status": 500, "error": "http_status", "response": "Oops", }],
    });
    let stranger = app.player("stranger");
    for method in ["GET", "POST"] {
        let target = if method == "GET" {
            target.clone()
        } else {
            format!("{target}/retry")
        };
        let call = app.call(method, &target).by(&stranger);
        call.send().expect_problem(404, "not_found");
    }
}

#[test]
fn a_retry_begins_anew_unless_someone_is_at_it() {
    let (app, player, webhook, id) = scene();
    let now = app.test_now();
    let retry = |delivery: &str| app.act_as(&player, &format!("{DELIVERIES}/{delivery}/retry"));
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
            "SELECT count(*) FROM webhook_deliveries WHERE id = '{made}' AND state = 'pending' \
             AND reason IS NULL AND step = 0 AND claim IS NULL AND next_attempt_at = {now}"
        );
        assert_eq!(app.count(&row), 1, "{state}");
        let woken = app.test.queue.take_all();
        assert_eq!(woken.len(), 1);
        assert_eq!(woken[0].body, id);
    }
    // Leased between our look and our write.
    let made = delivery(&app, &id, "pending", 0);
    let raced = Raced {
        database: app.test.database.clone(),
        before: "UPDATE webhook_deliveries",
        sql: std::rc::Rc::default(),
    };
    *raced.sql.borrow_mut() = Some(format!(
        "UPDATE webhook_deliveries SET claim = 'x', next_attempt_at = {} WHERE id = '{made}'",
        now + 60_000
    ));
    let racing = app.isolate_on(platform_on(&app.test, 3, Box::new(raced)));
    let answer = racing.act_as(&player, &format!("{DELIVERIES}/{made}/retry"));
    answer.expect_problem(409, "delivery_in_progress");

    let dead = delivery(&app, &id, "dead", 0);
    patch(&app, &player, &webhook, &json!({ "enabled": false }))
        .send()
        .expect(200);
    retry(&dead).expect_problem(409, "webhook_disabled");
    app.post_as(
        &player,
        &format!("{}/recover", path(&webhook)),
        &json!({ "since": "2026-11-21T00:00:00Z" }),
    )
    .expect_problem(409, "webhook_disabled");
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
    let answer = recover(&app, "2026-11-23T00:00:00Z").expect(202);
    assert_eq!(answer.json(), json!({ "recovered": 2 }));
    assert_eq!(app.test.queue.take_all().len(), 1);
    assert_eq!(
        recover(&app, "2026-11-23T00:00:00Z").expect(202).json()["recovered"],
        0
    );
    assert_eq!(app.test.queue.take_all(), []);

    let slow = app.slow_isolate(9);
    let body = json!({ "since": "2026-11-22T00:00:00Z" });
    let requests: Vec<_> = (0..2)
        .map(|_| slow.post(&target, &body).token(&token).request())
        .collect();
    let answers = all_together(requests.iter().map(|request| slow.app.handle(request)));
    app.skip_log();
    let mut counts: Vec<i64> = answers
        .iter()
        .map(|answer| {
            let body: Value = serde_json::from_slice(&answer.body_bytes()).expect("JSON");
            body["recovered"].as_i64().expect("a number")
        })
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [0, 3]);
    let dead = "SELECT count(*) FROM webhook_deliveries WHERE state = 'dead'";
    assert_eq!(app.count(dead), 1, "another endpoint's");

    for since in [
        "2026-11-23T00:00:00.001Z",
        "2026-08-24T23:59:59.999Z",
        "1970-01-01T00:00:00Z",
    ] {
        let answer = recover(&app, since).expect_problem(422, "invalid_input");
        assert_eq!(
            answer.mistakes(),
            [("/since".to_owned(), "out_of_range".to_owned())],
            "{since}"
        );
    }
    recover(&app, "2026-08-25T00:00:00Z").expect(202);
    recover(&app, "yesterday").expect_problem(422, "invalid_input");
    let other = format!("{WEBHOOKS}/{id}/recover");
    let stranger = app.player("stranger");
    app.post_as(&stranger, &other, &body)
        .expect_problem(404, "not_found");
}

#[test]
fn a_recovery_goes_back_as_far_as_the_log() {
    let app = TestApp::with(|name| match name {
        "WEBHOOK_RETENTION_DAYS" => Some("7".to_owned()),
        _ => config_value(name),
    });
    let player = app.player("owner");
    let webhook = make_proved(&app, &player, &json!({}));
    let target = format!("{}/recover", path(&webhook));
    for (since, status) in [("2026-11-15T00:00:00Z", 202), ("2026-11-14T23:59:59Z", 422)] {
        let answer = app
            .post_as(&player, &target, &json!({ "since": since }))
            .expect(status);
        if status == 422 {
            let detail = &answer.json()["errors"][0]["detail"];
            assert_eq!(detail, "Must be in the past, and at most 7 days back.");
        }
    }
}
