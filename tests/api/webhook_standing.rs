//! Webhooks of owners who may no longer have them: removed from the team, disabled, or with an ended API
//! key. From that moment no event is written or sent, in whatever state the delivery was.
//! `shared_with_teams` and `team_permissions` have who may have webhooks.

use testing::prelude::*;
use testing::webhooks::{URL, get, make, make_proved, patch, path};
use wvw_builder::platform::Lane;

const SLOW_QUEUE: &str = "wvw-builder-webhooks-slow";

fn scene() -> (TestApp, Player) {
    let (app, player) = TestApp::with_player("owner");
    app.receivers_answer(204);
    (app, player)
}

fn bodies(sent: &[HttpRequest]) -> String {
    let body = |request: &HttpRequest| request.body.as_ref().expect("a body").as_str().to_owned();
    sent.iter().map(body).collect()
}

/// What is sent when a consumer takes what is due, and `sql` comes right before its batch with `before`.
fn sent_raced(app: &TestApp, lane: Lane, before: &'static str, sql: &str) -> usize {
    let queue = match lane {
        Lane::Slow => SLOW_QUEUE,
        _ => "wvw-builder-webhooks",
    };
    let due = app.test.queue.take_due(lane);
    app.racing(before, sql.to_owned()).consume(queue, &due);
    app.test.web.take_requests().len()
}

#[test]
fn an_officer_who_is_being_removed_brings_no_webhook_into_the_team() {
    for is_removed in [true, false] {
        let (app, officer) = scene();
        let leader = app.player("leader");
        let team = app.team(&[(&leader, "leader"), (&officer, "officer")]);
        let webhook = make_proved(&app, &officer, &json!({}));
        let sql = if is_removed {
            sql::leaves(&officer)
        } else {
            sql::role(&officer, "member")
        };
        let racing = app.racing("UPDATE webhooks SET url", sql.clone());
        let answer = patch(&racing, &officer, &webhook, &json!({ "team_id": team })).send();
        assert!([403, 422].contains(&answer.status), "{}", answer.status);
        app.execute(sql::joins(&officer, &team, "officer"));
        let body = json!({ "url": format!("{URL}/new"), "event_types": ["*"], "team_id": team });
        let call = ("POST", WEBHOOKS, &body);
        let status = app.raced("INSERT INTO webhooks ", sql, &officer, call);
        assert!([403, 422].contains(&status), "{status}");
        share(&app, &leader, &team);
        assert_eq!(app.deliver().len(), 0, "removed: {is_removed}");
    }
}

#[test]
fn no_write_of_a_former_officer_touches_a_webhook_of_the_team() {
    let (app, officer) = scene();
    let leader = app.player("leader");
    let (changes, adds) = ("UPDATE webhooks SET url", "INSERT INTO webhook_secrets");
    let since = json!({ "since": "2026-11-21T00:00:00Z" });
    for (method, rest, before, body) in [
        ("PATCH", "", changes, json!({ "enabled": true })),
        ("PATCH", "", changes, json!({ "description": "x" })),
        ("POST", "/rotate-secret", adds, json!({})),
        ("POST", "/recover", "UPDATE webhook_deliveries", since),
    ] {
        let team = app.team(&[(&leader, "leader"), (&officer, "officer")]);
        let url = format!("{URL}/{team}");
        let webhook = make_proved(&app, &officer, &json!({ "team_id": team, "url": url }));
        testing::webhooks::delivery(&app, &text(&webhook["id"]), "dead", 0);
        let target = format!("{}{rest}", path(&webhook));
        let call = (method, target.as_str(), &body);
        let status = app.raced(before, sql::leaves(&officer), &officer, call);
        assert!([403, 422].contains(&status), "{method} {rest}: {status}");
        // And once it is so.
        let status = app.as_player(&officer, method, &target, &body).status;
        let is_refused = [403, 422].contains(&status);
        assert!(is_refused || rest == "/recover", "{method} {rest}");
        let test = app.post_as(&officer, &format!("{}/test", path(&webhook)), &json!({}));
        test.expect_problem(403, "insufficient_team_role");
        assert_eq!(app.deliver().len(), 0, "{method} {rest}");
        for table in ["webhooks", "webhook_events"] {
            app.clear(table);
        }
    }
}

/// What ends what an endpoint stands on, behind the back of everything that would disable it.
const ENDINGS: [&str; 5] = [
    "UPDATE team_members SET role = 'member' WHERE role = 'officer'",
    "DELETE FROM team_members WHERE role = 'officer'",
    "UPDATE users SET disabled_at = 1 WHERE email LIKE 'owner%'",
    "DELETE FROM api_keys",
    "UPDATE api_keys SET expires_at = 1",
];

/// An officer's endpoint for a team, made by a key of theirs.
fn of_team_by_key() -> (TestApp, Player, Player, String) {
    let (app, officer) = scene();
    let leader = app.player("leader");
    let team = app.team(&[(&leader, "leader"), (&officer, "officer")]);
    let key = app.api_key(&officer, &["webhooks:write", "builds:read"]);
    let body = json!({ "url": URL, "event_types": ["*"], "team_id": team });
    let webhook = by_key(&app, &key, "POST", WEBHOOKS, &body).created();
    app.prove(&text(&webhook["id"]));
    (app, officer, leader, team)
}

fn share(app: &TestApp, leader: &Player, team: &str) {
    let body = json!({ "visibility": "team", "team_id": team, "notes": "secret plan" });
    app.build(leader, &body);
}

const FANS_OUT: &str = "INSERT INTO webhook_deliveries";
const LEASES: &str = "SET claim = ?2, claims";

#[test]
fn fan_out_asks_what_an_endpoint_stands_on() {
    for sql in ENDINGS {
        let (app, _, leader, team) = of_team_by_key();
        share(&app, &leader, &team);
        assert_eq!(app.deliver().len(), 1, "{sql}");
        share(&app, &leader, &team);
        app.execute(sql);
        assert_eq!(app.deliver().len(), 0, "{sql}");
        // Between the look at the endpoints and the write of the deliveries.
        let (app, _, leader, team) = of_team_by_key();
        share(&app, &leader, &team);
        let sent = sent_raced(&app, Lane::First, FANS_OUT, sql);
        assert_eq!(sent, 0, "{sql}, raced");
    }
}

#[test]
fn whoever_has_not_proved_its_url_is_sent_nothing_also_when_that_changes_before_the_write() {
    let unproved = "UPDATE webhooks SET is_proven = 0";
    // Of an event that is new.
    let (app, officer, leader, team) = of_team_by_key();
    share(&app, &leader, &team);
    assert_eq!(sent_raced(&app, Lane::First, FANS_OUT, unproved), 0);
    // Of an attempt that is due.
    app.execute("UPDATE webhooks SET is_proven = 1");
    app.receivers_answer(500);
    share(&app, &leader, &team);
    assert_eq!(app.deliver().len(), 1);
    app.wait_ms(6_000);
    assert_eq!(sent_raced(&app, Lane::Slow, LEASES, unproved), 0);
    // Of one that is sent again by hand.
    app.execute("UPDATE webhooks SET is_proven = 1");
    let webhooks = app.get_as(&officer, WEBHOOKS);
    let id = text(&webhooks.ok()["data"][0]["id"]);
    let dead = testing::webhooks::delivery(&app, &id, "dead", 0);
    let retry = format!("{WEBHOOKS}/deliveries/{dead}/retry");
    let call = ("POST", retry.as_str(), &Value::Null);
    let unproved = unproved.to_owned();
    let status = app.raced("UPDATE webhook_deliveries", unproved, &officer, call);
    assert_eq!(status, 409, "retry");
}

#[test]
fn each_attempt_asks_what_its_endpoint_stands_on() {
    for sql in ENDINGS {
        let (app, _, leader, team) = of_team_by_key();
        app.receivers_answer(500);
        share(&app, &leader, &team);
        assert_eq!(app.deliver().len(), 1, "{sql}");
        app.receivers_answer(204);
        app.wait_ms(6_000);
        // Between the look at the endpoint and the lease.
        assert_eq!(sent_raced(&app, Lane::Slow, LEASES, sql), 0, "{sql}");
        assert_eq!(app.deliver_after(600).len(), 0, "{sql}");
        app.reconcile();
        assert_eq!(app.deliver_after(600).len(), 0, "{sql}, swept");
    }
}

#[test]
fn what_was_leased_together_is_not_sent_once_it_has_ended() {
    for sql in ENDINGS {
        let (app, _, leader, team) = of_team_by_key();
        for _ in 0..10 {
            share(&app, &leader, &team);
        }
        let app = app.isolate_on(SideBySide::platform(&app.test, 5));
        let database = app.test.database.clone();
        let is_first = Cell::new(true);
        app.test.web.answer_with(move |_| {
            if is_first.replace(false) {
                database.execute(sql);
            }
            MemoryWeb::status(204)
        });
        // Three are under way at a time.
        assert_eq!(app.deliver().len(), 3, "{sql}");
    }
}

#[test]
fn a_disabled_account_is_told_nothing_and_goes_on_once_it_is_enabled() {
    let (app, owner) = scene();
    let boss = app.administrator("boss");
    let leader = app.player("leader");
    let team = app.team(&[(&leader, "leader"), (&owner, "officer")]);
    make_proved(&app, &owner, &json!({ "team_id": team }));
    let switch = |disabled: bool| {
        let call = app.call("PATCH", &format!("/api/v1/admin/users/{}", owner.id));
        let call = call.json(&json!({ "disabled": disabled }));
        call.token(&app.new_token(&boss)).send().expect(200);
    };
    // One that waits for its next attempt, one that is told of meanwhile.
    app.receivers_answer(500);
    share(&app, &leader, &team);
    assert_eq!(app.deliver().len(), 1);
    app.receivers_answer(204);
    switch(true);
    share(&app, &leader, &team);
    for _ in 0..30 {
        assert_eq!(app.deliver_after(3_600).len(), 0);
        app.reconcile();
    }
    assert_eq!(app.rows("webhook_deliveries WHERE state = 'pending'"), 2);
    switch(false);
    app.reconcile();
    assert_eq!(app.deliver().len(), 2);
    let leader = app.logged_in_again(&leader);
    share(&app, &leader, &team);
    assert_eq!(app.deliver().len(), 1);
}

fn by_key(app: &TestApp, key: &Value, method: &str, path: &str, body: &Value) -> Answer {
    let call = app.call(method, path).token(&text(&key["key"]));
    call.json_or_none(body).send()
}

fn make_by(app: &TestApp, key: &Value, event_types: &Value) -> Value {
    let body = json!({ "url": URL, "event_types": event_types });
    let made = by_key(app, key, "POST", WEBHOOKS, &body).created();
    assert_eq!(made["api_key_id"], key["id"]);
    app.prove(&text(&made["id"]));
    made
}

#[test]
fn a_webhook_of_a_key_is_told_only_what_the_key_may_read() {
    let (app, owner) = scene();
    let team = app.team(&[(&owner, "leader")]);
    let secret = json!({ "visibility": "private", "notes": "secret plan" });
    for (scopes, told) in [
        (&["webhooks:write"][..], false),
        (&["webhooks:write", "webhooks:read", "teams:read"], false),
        (&["webhooks:write", "builds:write"], false),
        (&["webhooks:write", "builds:read"], true),
    ] {
        let key = app.api_key(&owner, scopes);
        let webhook = make_by(&app, &key, &json!(["*"]));
        app.build(&owner, &secret);
        let sent = app.deliver();
        assert_eq!(bodies(&sent).contains("secret plan"), told, "{scopes:?}");
        assert_eq!(sent.len(), usize::from(told), "{scopes:?}");
        // Also of the team's, once a change makes it that.
        let change = |body: &Value| by_key(&app, &key, "PATCH", &path(&webhook), body);
        change(&json!({ "team_id": team })).expect(200);
        share(&app, &owner, &team);
        assert_eq!(app.deliver().len(), usize::from(told), "{scopes:?}");
        // What it may not read cannot be asked for by name.
        let named = json!({ "url": "https://b.guild.gg/", "event_types": ["build.created"] });
        let answer = by_key(&app, &key, "POST", WEBHOOKS, &named);
        assert_eq!(answer.status, if told { 201 } else { 403 }, "{scopes:?}");
        let answer = change(&json!({ "event_types": ["build.created"] }));
        assert_eq!(answer.status, if told { 200 } else { 403 }, "{scopes:?}");
        app.clear("webhooks");
        app.test.queue.take_all();
    }
}

#[test]
fn a_webhook_ends_with_the_key_that_made_it() {
    for expires in [false, true] {
        let (app, owner) = scene();
        let key = app.api_key(&owner, &["webhooks:write", "builds:read"]);
        let webhook = make_by(&app, &key, &json!(["*"]));
        app.receivers_answer(500);
        app.build(&owner, &json!({}));
        assert_eq!(app.deliver().len(), 1);
        app.receivers_answer(204);
        if expires {
            app.execute("UPDATE api_keys SET expires_at = 1");
            app.build(&owner, &json!({}));
            assert_eq!(app.deliver_after(6).len(), 0);
            app.reconcile();
        } else {
            let path = format!("{API_KEYS}/{}", text(&key["id"]));
            app.delete_as(&owner, &path).expect(204);
        }
        app.build(&owner, &json!({}));
        assert_eq!(app.deliver_after(600).len(), 0, "{expires}");
        let shown = get(&app, &owner, &webhook).ok();
        let end = if expires { "expired" } else { "revoked" };
        assert_has!(shown, { "disabled_reason": format!("key_{end}"), "enabled": false });
        // Its owner may go on with it: it is theirs then.
        let owner = app.logged_in_again(&owner);
        let on = patch(&app, &owner, &webhook, &json!({ "enabled": true }));
        let on = on.send().ok();
        assert_eq!(on["api_key_id"], Value::Null);
        app.build(&owner, &json!({}));
        assert!(bodies(&app.deliver()).contains("build.created"));
    }
}

#[test]
fn a_key_takes_on_what_it_changes_and_nothing_that_is_more_than_it_may_read() {
    let (app, owner) = scene();
    let webhook = make_proved(&app, &owner, &json!({}));
    let little = app.api_key(&owner, &["webhooks:write", "webhooks:read"]);
    let all = "webhooks:write webhooks:read builds:read teams:read compositions:read";
    let all = app.api_key(&owner, &all.split(' ').collect::<Vec<_>>());
    let steal = json!({ "url": "https://evil.gg/" });
    let (own, rotate) = (path(&webhook), format!("{}/rotate-secret", path(&webhook)));
    for (method, path, body) in [
        ("PATCH", &own, steal.clone()),
        ("PATCH", &own, json!({ "event_types": ["build.created"] })),
        ("PATCH", &own, json!({ "headers": { "x-a": "1" } })),
        ("POST", &rotate, json!({})),
    ] {
        let answer = by_key(&app, &little, method, path, &body);
        answer.expect_problem(403, "insufficient_scope");
    }
    // What tells nothing otherwise is anybody's.
    let body = json!({ "description": "x", "enabled": true, "rate_limit": 60 });
    let answer = by_key(&app, &little, "PATCH", &path(&webhook), &body).ok();
    assert_eq!(answer["api_key_id"], Value::Null);
    let answer = by_key(&app, &all, "PATCH", &path(&webhook), &steal).ok();
    assert_eq!(answer["api_key_id"], all["id"]);
    for (method, path, body) in [
        ("PATCH", path(&webhook), json!({ "description": "y" })),
        ("POST", rotate, json!({})),
    ] {
        let answer = by_key(&app, &little, method, &path, &body);
        answer.expect_problem(403, "made_by_another_key");
    }
    app.deliver();
    let path = format!("{API_KEYS}/{}", text(&all["id"]));
    app.delete_as(&owner, &path).expect(204);
    app.build(&owner, &json!({}));
    assert_eq!(app.deliver().len(), 0);
}

#[test]
fn the_log_shows_a_key_no_payload_that_it_may_not_read() {
    let (app, owner) = scene();
    let webhook = make(&app, &owner, &json!({}));
    app.deliver();
    app.wait_ms(1);
    app.build(&owner, &json!({ "notes": "secret plan" }));
    app.deliver();
    let list = format!("{}/deliveries", path(&webhook));
    let list = app.get_as(&owner, &list).ok();
    let [build, ping] = [0, 1].map(|at| &list["data"][at]["id"]);
    let little = app.api_key(&owner, &["webhooks:read"]);
    let reader = app.api_key(&owner, &["webhooks:read", "builds:read"]);
    let read = |key: &Value, delivery: &Value| {
        let path = format!("{WEBHOOKS}/deliveries/{}", text(delivery));
        by_key(&app, key, "GET", &path, &Value::Null)
    };
    let answer = read(&little, build).expect_problem(403, "insufficient_scope");
    assert!(!answer.text().contains("secret plan"));
    read(&little, ping).expect(200);
    let answer = read(&reader, build).expect(200);
    assert!(answer.text().contains("secret plan"));
}
