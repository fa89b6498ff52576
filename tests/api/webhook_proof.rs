//! What is sent to a URL before it has confirmed, and how many endpoints may name it. Only a ping is sent
//! before one is answered with 2xx. `webhooks` has which URLs are refused.

use testing::prelude::*;
use testing::webhooks::{URL, ask, get, make, patch, path};

/// An application whose receivers answer so.
fn answering(status: u16) -> (TestApp, Player) {
    let (app, player) = TestApp::with_player("owner");
    app.receivers_answer(status);
    (app, player)
}

/// The types of what was sent, in its order.
fn kinds(sent: &[HttpRequest]) -> Vec<String> {
    let kind = |request| text(&event_of(request)["type"]);
    sent.iter().map(kind).collect()
}

fn state(app: &TestApp, player: &Player, webhook: &Value) -> String {
    text(&get(app, player, webhook).ok()["health"]["state"])
}

#[test]
fn a_new_url_is_sent_a_ping_at_once_and_what_waits_once_that_is_answered() {
    let (app, player) = answering(500);
    let webhook = make(&app, &player, &json!({}));
    app.build(&player, &json!({}));
    assert_eq!(kinds(&app.deliver()), ["ping"]);
    assert_eq!(state(&app, &player, &webhook), "unproved");
    // By the schedule, and nothing else beside it.
    app.build(&player, &json!({}));
    assert_eq!(kinds(&app.deliver()), [""; 0]);
    assert_eq!(kinds(&app.deliver_after(6)), ["ping"]);
    let held = format!("{}/deliveries?state=held", path(&webhook));
    let held = app.pages(&player, &held).concat();
    assert_eq!(held.len(), 2);
    let retry = format!("{WEBHOOKS}/deliveries/{}/retry", text(&held[0]["id"]));
    let answer = app.act_as(&player, &retry);
    answer.expect_problem(409, "webhook_unproved");
    app.receivers_answer(204);
    let sent = kinds(&app.deliver_after(400));
    assert_eq!(sent, ["ping", "build.created", "build.created"]);
    assert_eq!(state(&app, &player, &webhook), "healthy");
    app.build(&player, &json!({}));
    assert_eq!(kinds(&app.deliver()), ["build.created"]);
}

#[test]
fn neither_a_redirect_nor_anything_but_2xx_proves_a_url() {
    for status in [101, 302, 308, 400, 401, 404, 410, 429, 503] {
        let (app, player) = answering(status);
        make(&app, &player, &json!({}));
        app.build(&player, &json!({}));
        for _ in 0..20 {
            let sent = kinds(&app.deliver_after(86_400));
            assert!(sent.iter().all(|kind| kind == "ping"), "{status}: {sent:?}");
        }
        assert_eq!(app.rows("webhooks WHERE is_proven = 1"), 0, "{status}");
    }
}

#[test]
fn a_hundred_events_wait_for_the_proof_and_no_more() {
    let (app, player) = answering(500);
    make(&app, &player, &json!({}));
    for _ in 0..103 {
        app.build(&player, &json!({}));
        app.deliver();
    }
    assert_eq!(app.rows("webhook_deliveries WHERE state = 'held'"), 100);
}

#[test]
fn a_test_proves_a_url_and_is_nothing_but_a_ping_before() {
    let (app, player) = answering(204);
    let webhook = make(&app, &player, &json!({}));
    app.test.queue.take_all();
    app.build(&player, &json!({}));
    let test = |body: Value| app.post_as(&player, &format!("{}/test", path(&webhook)), &body);
    let other = json!({ "event_type": "build.created" });
    test(other.clone()).expect_problem(409, "webhook_unproved");
    app.deliver();
    app.test.web.take_requests();
    let answer = test(json!({})).ok();
    assert_eq!(answer["status"], 204);
    assert_eq!(state(&app, &player, &webhook), "healthy");
    // The ping of its making is not sent any more.
    assert_eq!(kinds(&app.deliver()), ["build.created"]);
    test(other).expect(200);
}

#[test]
fn another_origin_has_to_prove_itself_and_another_path_has_not() {
    let (app, player) = answering(204);
    let webhook = make(&app, &player, &json!({}));
    assert_eq!(kinds(&app.deliver()), ["ping"]);
    let move_to = |url: &str| {
        let change = patch(&app, &player, &webhook, &json!({ "url": url }));
        change.send().ok()
    };
    let moved = move_to("https://bot.guild.gg/another?x=1");
    assert_eq!(moved["health"]["state"], "healthy");
    assert_eq!(kinds(&app.deliver()), [""; 0]);
    app.receivers_answer(500);
    let others = "https://bot.guild.gg:8443/another https://victim.gg/another";
    for url in others.split(' ') {
        assert_eq!(move_to(url)["health"]["state"], "unproved", "{url}");
        app.build(&player, &json!({}));
        let sent = app.deliver();
        assert_eq!(kinds(&sent), ["ping"], "{url}");
        assert_eq!(sent[0].url, url);
    }
}

#[test]
fn an_answer_of_the_url_before_proves_nothing_of_the_one_after() {
    let (app, player) = answering(204);
    let webhook = make(&app, &player, &json!({}));
    let database = app.test.database.clone();
    let id = text(&webhook["id"]);
    // Moved while its ping is on its way.
    app.test.web.answer_with(move |_| {
        database.execute(&format!(
            "UPDATE webhooks SET url = 'https://victim.gg/', version = version + 1 \
             WHERE id = '{id}' AND url LIKE '%bot%'"
        ));
        MemoryWeb::status(204)
    });
    app.deliver();
    assert_eq!(state(&app, &player, &webhook), "unproved");
}

#[test]
fn disabled_from_the_beginning_it_is_pinged_once_it_is_enabled() {
    let (app, player) = answering(204);
    let webhook = make(&app, &player, &json!({ "enabled": false }));
    assert_eq!(kinds(&app.deliver()), [""; 0]);
    let on = patch(&app, &player, &webhook, &json!({ "enabled": true }));
    on.send().expect(200);
    assert_eq!(kinds(&app.deliver()), ["ping"]);
    assert_eq!(state(&app, &player, &webhook), "healthy");
}

#[test]
fn pings_are_limited_by_who_causes_them_and_by_where_they_go() {
    for (variable, hosts) in [("LIMIT_WEBHOOK_PING", true), ("LIMIT_WEBHOOK_HOST", false)] {
        let app = TestApp::configured(&[(variable, "3/3600")]);
        app.receivers_answer(500);
        let players = app.players(["one", "two"]);
        let url = |number: usize| {
            let host = if hosts { number } else { 0 };
            json!({ "url": format!("https://h{host}.guild.gg/{number}") })
        };
        for number in 0..3 {
            let player = &players[if hosts { 0 } else { number % 2 }];
            make(&app, player, &url(number));
        }
        let refused = ask(&app, &players[0], &url(3)).send();
        refused.expect_problem(429, "quota_exceeded");
        // Made disabled, it causes none.
        let mut disabled = url(3);
        disabled["enabled"] = json!(false);
        let made = make(&app, &players[0], &disabled);
        let on = patch(&app, &players[0], &made, &json!({ "enabled": true }));
        on.send().expect_problem(429, "quota_exceeded");
    }
}

#[test]
fn one_post_is_told_to_one_url_once() {
    let (app, player) = answering(204);
    let webhook = make(&app, &player, &json!({}));
    app.deliver();
    let team = app.team(&[(&player, "leader")]);
    for body in [
        json!({ "url": URL }),
        json!({ "url": "https://BOT.guild.gg:443/hooks" }),
        json!({ "url": "HTTPS://bot.guild.gg./hooks" }),
        json!({ "team_id": team }),
    ] {
        let again = ask(&app, &player, &body).send();
        again.expect_problem(409, "webhook_url_taken");
    }
    let other = json!({ "url": "https://bot.guild.gg/other" });
    let other = make(&app, &player, &other);
    let change = patch(&app, &player, &other, &json!({ "url": URL }));
    change.send().expect_problem(409, "webhook_url_taken");
    // Whoever else has it, has it; and what it is stays free to be said again.
    make(&app, &app.player("another"), &json!({}));
    let same = json!({ "url": URL, "description": "x" });
    patch(&app, &player, &webhook, &same).send().ok();
    app.deliver();
    app.delete_as(&player, &path(&other)).expect(204);
    app.build(&player, &json!({}));
    assert_eq!(kinds(&app.deliver()), ["build.created"]);
}

#[test]
fn one_url_once_also_of_many_at_once() {
    let (app, player) = answering(204);
    let slow = app.slow_isolate(9);
    let calls = [(); 5].map(|()| ask(&slow, &player, &json!({})));
    assert_eq!(statuses(&slow.at_once(&calls)), [201, 409, 409, 409, 409]);
    let others =
        [0, 1, 2].map(|number| make(&app, &player, &json!({ "url": format!("{URL}/{number}") })));
    let to = json!({ "url": "https://bot.guild.gg/one" });
    let change = |webhook| patch(&slow, &player, webhook, &to);
    let calls = others.each_ref().map(change);
    assert_eq!(statuses(&slow.at_once(&calls)), [200, 409, 409]);
}

#[test]
fn those_that_had_the_same_url_before_can_still_be_changed() {
    let (app, player) = answering(204);
    let one = make(&app, &player, &json!({}));
    let other = make(&app, &player, &json!({ "url": "https://bot.guild.gg/2" }));
    app.execute(format!("UPDATE webhooks SET url = '{URL}'"));
    for webhook in [&one, &other] {
        let change = patch(&app, &player, webhook, &json!({ "description": "Twice" }));
        change.send().expect(200);
    }
}

fn with_secrets(app: &TestApp, player: &Player) -> Value {
    let headers =
        json!({ "authorization": "Bearer of-the-bot", "x-api-key": "k", "x-guild": "red" });
    make(app, player, &json!({ "headers": headers }))
}

/// The `Authorization` that a request was sent with.
fn authorization(request: &HttpRequest) -> Option<&str> {
    let mut headers = request.headers.iter();
    headers.find_map(|(name, value)| (name == "authorization").then_some(value.as_str()))
}

#[test]
fn hidden_headers_go_with_the_origin_unless_they_are_given_anew() {
    let evil = "https://evil.gg/hooks";
    let (none, given) = (json!([]), json!(["authorization"]));
    let all = json!(["authorization", "x-api-key"]);
    let (new, old) = (Some("Bearer new"), Some("Bearer of-the-bot"));
    for (url, headers, hidden, sent) in [
        (evil, Value::Null, &none, None),
        ("https://bot.guild.gg:8443/hooks", Value::Null, &none, None),
        (evil, json!({ "x-other": "1" }), &none, None),
        (evil, json!({ "authorization": "Bearer new" }), &given, new),
        (evil, json!({ "Authorization": "Bearer new" }), &given, new),
        ("https://bot.guild.gg:443/another", Value::Null, &all, old),
    ] {
        let (app, player) = answering(204);
        let webhook = with_secrets(&app, &player);
        app.deliver();
        let body = match headers {
            Value::Null => json!({ "url": url }),
            headers => json!({ "url": url, "headers": headers }),
        };
        let changed = patch(&app, &player, &webhook, &body).send().ok();
        assert_eq!(&changed["hidden_headers"], hidden, "{body}");
        assert_eq!(changed["headers"]["x-guild"], "red", "{body}");
        // Whichever way something is sent there.
        app.build(&player, &json!({}));
        let mut all = app.deliver();
        app.test.web.take_requests();
        let test = format!("{}/test", path(&webhook));
        app.post_as(&player, &test, &json!({})).expect(200);
        all.extend(app.test.web.take_requests());
        assert!(all.len() >= 2, "{body}");
        for request in &all {
            assert_eq!(authorization(request), sent, "{body}");
        }
    }
}

#[test]
fn two_changes_at_once_do_not_bring_a_hidden_header_to_another_host() {
    let (app, player) = answering(204);
    let webhook = with_secrets(&app, &player);
    app.deliver();
    let slow = app.slow_isolate(9);
    let bodies = [
        json!({ "url": "https://evil.gg/" }),
        json!({ "headers": { "x-guild": "blue" } }),
    ];
    let change = |body| patch(&slow, &player, &webhook, body);
    slow.at_once(&bodies.each_ref().map(change));
    app.build(&player, &json!({}));
    for request in app.deliver() {
        let is_evil = request.url.contains("evil");
        assert!(!is_evil || authorization(&request).is_none());
    }
}

#[test]
fn a_change_from_an_older_look_undoes_no_other() {
    let (app, player) = answering(204);
    let webhook = make(&app, &player, &json!({}));
    let other = "UPDATE webhooks SET description = 'Theirs', version = version + 1".to_owned();
    let (path, body) = (path(&webhook), json!({ "rate_limit": 5 }));
    let call = ("PATCH", path.as_str(), &body);
    app.raced("UPDATE webhooks SET url", other, &player, call);
    let shown = app.get_as(&player, &path).expect(200);
    assert_eq!(shown.json()["description"], "Theirs");
}

#[test]
fn an_account_has_fifty_endpoints_and_no_more_also_at_once() {
    let (app, [player, other]) = TestApp::with_players(["many", "few"]);
    let numbered = |number: usize| json!({ "url": format!("{URL}/{number}") });
    for number in 0..48 {
        make(&app, &player, &numbered(number));
    }
    let slow = app.slow_isolate(9);
    let calls = [100, 101, 102, 103, 104].map(|number| ask(&slow, &player, &numbered(number)));
    assert_eq!(statuses(&slow.at_once(&calls)), [201, 201, 409, 409, 409]);
    let answer = ask(&app, &player, &json!({})).send();
    answer.expect_problem(409, "too_many_webhooks");
    make(&app, &other, &json!({}));
    let kept = ["webhooks", "webhook_secrets"].map(|table| app.rows(table));
    assert_eq!(kept, [51, 51]);
    let pages = app.pages(&player, &format!("{WEBHOOKS}?limit=20"));
    assert_eq!(pages.concat().len(), 50);
}
