//! Secrets of an endpoint: rotation, test deliveries, and storage. No response shows a secret again,
//! and a test delivery is the same request as an event. `webhooks` has endpoints, `webhook_delivery`
//! delivery of events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use testing::prelude::*;
use testing::webhooks::{URL, answer_of, ask, get, header, make, make_proved, patch, path};
use wvw_builder::auth::keys::reseal;
use wvw_builder::events::signing::{EndpointSecret, verify};
use wvw_builder::platform::HttpFailure;
use wvw_builder::sealed_columns::SEALED;

use crate::webhook_names::{MIXED, PUBLIC, RESOLVER, addresses};

/// Sends a test delivery.
fn test(app: &TestApp, player: &Player, webhook: &Value) -> Answer {
    app.post_as(player, &format!("{}/test", path(webhook)), &json!({}))
}

#[test]
fn a_rotation_lets_the_old_secrets_sign_for_as_long_as_they_overlap() {
    let (app, player) = TestApp::with_player("rotating");
    let webhook = make(&app, &player, &json!({}));
    let rotate = |body: &Value| {
        app.wait_ms(1);
        let path = format!("{}/rotate-secret", path(&webhook));
        app.post_as(&player, &path, body)
    };
    app.receivers_answer(204);
    let signing = |secrets: &[String]| {
        test(&app, &player, &webhook).expect(200);
        let request = app.test.web.take_requests().remove(0);
        let parts = header(&request, "webhook-signature").split(' ').count();
        let verified: Vec<bool> = secrets.iter().map(|it| is_signed(&request, it)).collect();
        (parts, verified)
    };
    let mut secrets = vec![text(&webhook["secret"])];
    for seconds in [86_400, 60] {
        let answer = rotate(&json!({ "overlap_seconds": seconds })).ok();
        secrets.push(text(&answer["secret"]));
    }
    assert_eq!(signing(&secrets), (3, vec![true, true, true]));
    app.wait_ms(60_000);
    assert_eq!(signing(&secrets), (1, vec![false, false, true]));
    for _ in 0..4 {
        rotate(&json!({})).expect(200);
    }
    rotate(&json!({})).expect_problem(409, "too_many_secrets");
    assert_eq!(app.rows("webhook_secrets"), 5);
    // A secret that has become known: nothing but the new one from now on.
    let answer = rotate(&json!({ "overlap_seconds": 0 })).ok();
    secrets.push(text(&answer["secret"]));
    assert_eq!(signing(&secrets), (1, vec![false, false, false, true]));
    for seconds in [-1, 604_801] {
        let answer = rotate(&json!({ "overlap_seconds": seconds }));
        answer.expect_problem(422, "invalid_input");
    }
    assert_eq!(app.logged("webhook.secret_rotated"), 7);
    // Nothing shows one of them again.
    for target in [WEBHOOKS, &path(&webhook), "/api/v1/users/me/export"] {
        let body = app.get_as(&player, target).expect(200).text();
        for secret in secrets.iter().map(|secret| &secret[6..]).chain(["whsec_"]) {
            assert!(!body.contains(secret), "{target}");
        }
    }
}

fn is_signed(request: &HttpRequest, secret: &str) -> bool {
    let secret = EndpointSecret::parse(secret).expect("a secret");
    let [id, timestamp, signature] =
        ["id", "timestamp", "signature"].map(|name| header(request, &format!("webhook-{name}")));
    let timestamp = timestamp.parse().expect("seconds");
    let body = request.body.as_ref().expect("a body").as_str();
    verify(&secret, id, timestamp, body, signature)
}

#[test]
fn a_test_sends_an_example_and_tells_what_came_of_it() {
    let (app, player) = TestApp::with_player("tester");
    let body = json!({ "enabled": false, "headers": { "authorization": "Bearer of-the-bot" } });
    let webhook = make_proved(&app, &player, &body);
    let test = |body: &Value| app.post_as(&player, &format!("{}/test", path(&webhook)), body);
    let clock = app.test.clock.clone();
    app.test.web.answer_with(move |_| {
        clock.advance_ms(82);
        Ok(answer_of(500, vec![b'x'; 5_000]))
    });
    let answer = test(&json!({ "event_type": "build.created" })).ok();
    assert_has!(answer, { "status": 500, "error": "http_status", "duration_ms": 82 });
    assert_eq!(text(&answer["response"]).len(), 4_096);
    let request = app.test.web.take_requests().remove(0);
    assert_eq!((request.method, request.url.as_str()), ("POST", URL));
    assert_eq!(header(&request, "webhook-id"), answer["event_id"]);
    assert_eq!(header(&request, "authorization"), "Bearer of-the-bot");
    assert!(is_signed(&request, &text(&webhook["secret"])));
    let payload = event_of(&request);
    assert_eq!(payload["type"], "build.created");
    assert!(payload["data"]["chat_code"].is_string(), "{payload}");

    let web = &app.test.web;
    web.answer_with(|_| MemoryWeb::fails(HttpFailure::Timeout));
    let answer = test(&json!({})).ok();
    assert_has!(answer, { "status": null, "error": "timeout" });
    for kind in ["*", "build.made", ""] {
        test(&json!({ "event_type": kind })).expect_problem(422, "invalid_input");
    }
    // Neither logged nor counted as a failure.
    assert_eq!(app.rows("webhook_deliveries"), 0);
    assert_eq!(get(&app, &player, &webhook).json()["health"]["failures"], 0);
    // An address that was public when it was taken.
    app.execute("UPDATE webhooks SET url = 'https://127.0.0.1/'");
    app.test.web.take_requests();
    assert_eq!(test(&json!({})).ok()["error"], "target_refused");
    assert_eq!(app.test.web.requests().len(), 0);
}

#[test]
fn tests_are_limited_by_account_and_by_the_endpoints_own_rate() {
    let app = TestApp::configured(&[("LIMIT_WEBHOOK_TEST", "10/60")]);
    app.receivers_answer(204);
    let [player, other] = app.players(["hasty", "patient"]);
    let test = |player: &Player, webhook: &Value| test(&app, player, webhook);
    let slow = make(&app, &other, &json!({ "rate_limit": 1 }));
    test(&other, &slow).expect(200);
    let refused = test(&other, &slow).expect_problem(429, "webhook_rate_exceeded");
    let wait = refused.header("retry-after").expect("seconds");
    let wait: i64 = wait.parse().expect("seconds");
    assert!((60..=65).contains(&wait), "{wait}");
    app.wait_ms(wait * 1_000);
    test(&other, &slow).expect(200);

    let webhook = make(&app, &player, &json!({}));
    let sent = (0..100).take_while(|_| test(&player, &webhook).status == 200);
    assert_eq!(sent.count(), 10);
    test(&player, &webhook).expect_problem(429, "quota_exceeded");
    assert_eq!(app.test.web.requests().len(), 12);
}

#[test]
fn what_is_sealed_moves_to_a_new_master_key() {
    let (app, player) = TestApp::with_player("sealed");
    let body = json!({ "headers": { "authorization": "Bearer of-the-bot" } });
    let webhook = make(&app, &player, &body);
    let plain = "webhooks WHERE instr(sealed_headers, CAST('of-the-bot' AS BLOB)) > 0";
    assert_eq!(app.rows(plain), 0);
    let old = config_value("MASTER_KEY");
    let new = STANDARD.encode((60..92).collect::<Vec<u8>>());
    let during = |name: &str| match name {
        "MASTER_KEY" => Some(new.clone()),
        "MASTER_KEY_PREVIOUS" => old.clone(),
        other => config_value(other),
    };
    let master = Config::load(during).expect("good").master_keys;
    let step = pollster::block_on(reseal::step(SEALED, &master, &app.test.platform(8)));
    assert_eq!(step.expect("resealed").left, 0);
    let later = app.isolate_configured(9, &[("MASTER_KEY", &new)]);
    later.receivers_answer(204);
    test(&later, &player, &webhook).expect(200);
    let request = later.test.web.take_requests().remove(0);
    assert!(is_signed(&request, &text(&webhook["secret"])));
    assert_eq!(header(&request, "authorization"), "Bearer of-the-bot");
}

#[test]
fn where_a_resolver_is_configured_a_name_must_lead_to_public_addresses_alone() {
    let app = TestApp::configured(&[("DNS_RESOLVER_URL", RESOLVER)]);
    let player = app.player("resolved");
    let web = &app.test.web;
    let answering =
        |found: &'static str| web.answer_with(move |request| Ok(addresses(request, found)));
    answering(PUBLIC);
    let webhook = make(&app, &player, &json!({}));
    let change = json!({ "url": "https://other.guild.gg/" });
    let calls = || {
        let made = ask(&app, &player, &json!({}));
        [made, patch(&app, &player, &webhook, &change)]
    };
    for (found, mistake) in [(MIXED, "/url private_address"), ("", "/url name_not_found")] {
        answering(found);
        for call in calls() {
            call.send().expect_mistakes(mistake);
        }
    }
    web.answer_with(|_| MemoryWeb::fails(HttpFailure::Timeout));
    for call in calls() {
        call.send().expect_problem(503, "unavailable");
    }
    assert_eq!(get(&app, &player, &webhook).json()["url"], URL);
    assert_eq!(app.rows("webhooks"), 1);
}
