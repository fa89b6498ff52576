//! API keys: created, shown once, listed, used and ended. No key is stored in the database, and an
//! account has fifty at most, also under concurrency. `api_keys_access` has what a key gives access to,
//! the tests beside `auth::api_key` its text.

use testing::prelude::*;
use wvw_builder::auth::model::Scope;
use wvw_builder::auth::permissions::scopes_for_api_keys;
use wvw_builder::auth::store;
use wvw_builder::ids::ApiKeyId;

use crate::idempotency::{assert_replays, keyed};

const KEYS: &str = "/api/v1/auth/api-keys";

fn ask<'a>(app: &'a TestApp, player: &Player, body: &Value) -> Call<'a> {
    app.post(KEYS, body).by(player)
}

/// A key of this player's with these scopes.
#[track_caller]
pub fn make(app: &TestApp, player: &Player, scopes: &[&str]) -> Value {
    let body = json!({ "name": "A bot", "scopes": scopes });
    ask(app, player, &body).send().created()
}

pub fn all_scopes() -> Vec<&'static str> {
    scopes_for_api_keys().iter().map(Scope::as_str).collect()
}

pub fn me<'a>(app: &'a TestApp, key: &Value) -> Call<'a> {
    app.get(ME).token(&text(&key["key"]))
}

#[track_caller]
pub fn refused(answer: Answer) {
    let answer = answer.expect_problem(401, "invalid_token");
    let header = "Bearer error=\"invalid_token\"";
    assert_eq!(answer.header("www-authenticate"), Some(header));
}

#[test]
fn a_key_is_made_shown_once_used_and_revoked() {
    let app = TestApp::new();
    let player = app.player("owner");
    let body = json!({
        "name": "  Discord bot ",
        "scopes": ["builds:read", "account:read", "builds:read"],
        "expires_at": "2027-05-01T00:00:00Z",
    });
    let made = ask(&app, &player, &body).send().created();
    assert_eq!(made["name"], "Discord bot");
    assert_eq!(made["scopes"], json!(["account:read", "builds:read"]));
    assert_eq!(made["expires_at"], "2027-05-01T00:00:00.000Z");
    assert_eq!(made["last_used_at"], Value::Null);
    let user = me(&app, &made).send().ok();
    assert_eq!(user["id"], player.id);

    let mut listed = made.clone();
    listed.as_object_mut().unwrap().remove("key");
    listed["last_used_at"] = "2026-11-22T00:00:00.000Z".into();
    let list = || app.get_as(&player, KEYS).ok();
    assert_eq!(list()["data"], json!([listed]));

    let path = format!("{KEYS}/{}", text(&made["id"]));
    let revoke = |status: u16| app.call("DELETE", &path).by(&player).send().expect(status);
    revoke(204);
    // At once, in the isolate that revoked it.
    refused(me(&app, &made).send());
    revoke(404);
    assert_eq!(list()["data"], json!([]));
    let log = app.test.database.execute(
        "SELECT action, target, entry ->> '$.detail.scopes' FROM audit_log \
         WHERE action LIKE 'api_key.%' ORDER BY seq",
    );
    let id = text(&made["id"]);
    assert_eq!(log[0].text(0).unwrap(), "api_key.created");
    assert_eq!(log[0].text(1).unwrap(), id);
    assert_eq!(log[0].text(2).unwrap(), "account:read builds:read");
    assert_eq!(log[1].text(0).unwrap(), "api_key.revoked");
    assert_eq!(log[1].text(1).unwrap(), id);
}

#[test]
fn a_key_is_refused_with_all_its_mistakes() {
    let app = TestApp::new();
    let player = app.player("mistaken");
    let good = || json!({ "name": "A bot", "scopes": ["builds:read"] });
    let mut rows = vec![
        (
            json!({}),
            vec![("/name", "required"), ("/scopes", "required")],
        ),
        (
            json!({ "name": "", "scopes": [] }),
            vec![("/name", "invalid_length"), ("/scopes", "invalid_length")],
        ),
        (
            json!({ "name": " ", "scopes": ["builds:read"] }),
            vec![("/name", "invalid_length")],
        ),
        (
            json!({ "name": "A\nbot", "scopes": "builds:read" }),
            vec![("/name", "invalid_format"), ("/scopes", "invalid_type")],
        ),
        (
            json!({ "name": "A bot", "scopes": ["builds:read"], "key": "wvw_mine", "user_id": "x" }),
            vec![("/key", "unknown_field"), ("/user_id", "unknown_field")],
        ),
    ];
    for scope in [
        "account:write",
        "admin:read",
        "admin:write",
        "builds",
        "*",
        "",
    ] {
        let body = json!({ "name": "A bot", "scopes": ["builds:read", scope] });
        rows.push((body, vec![("/scopes/1", "invalid_choice")]));
    }
    for (end, code) in [
        ("2026-11-22T00:00:00Z", "out_of_range"),
        ("2027-11-22T00:00:00.001Z", "out_of_range"),
        ("1970-01-01T00:00:00Z", "out_of_range"),
        ("9999-12-31T23:59:59Z", "out_of_range"),
        ("2027-02-29T00:00:00Z", "invalid_format"),
        ("2027-01-01T00:00:00+00:00", "invalid_format"),
        ("2027-01-01", "invalid_length"),
    ] {
        let mut body = good();
        body["expires_at"] = end.into();
        rows.push((body, vec![("/expires_at", code)]));
    }
    for (body, expected) in rows {
        let mistakes = ask(&app, &player, &body).send().invalid();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(pointer, code)| (pointer.to_owned(), code.to_owned()))
            .collect();
        assert_eq!(mistakes, expected, "{body}");
    }
    assert_eq!(app.rows("api_keys"), 0);
    // The edges that are still good; without an end it is the longest there is.
    for end in ["2026-11-22T00:00:00.001Z", "2027-11-22T00:00:00Z"] {
        let mut body = good();
        body["expires_at"] = end.into();
        ask(&app, &player, &body).send().expect(201);
    }
    let longest = ask(&app, &player, &good()).send().created();
    assert_eq!(longest["expires_at"], "2027-11-22T00:00:00.000Z");
}

#[test]
fn the_last_use_is_noted_once_a_minute() {
    let app = TestApp::new();
    let player = app.player("used");
    let key = make(&app, &player, &all_scopes());
    let used = || {
        app.count("SELECT coalesce(last_used_at, 0) FROM api_keys")
            - wvw_builder::platform::native::TEST_EPOCH_MS
    };
    me(&app, &key).send().expect(200);
    for (ms, expected) in [(1_000, 0), (58_999, 0), (1, 60_000), (30_000, 60_000)] {
        app.test.clock.advance_ms(ms);
        // Another isolate each time: none remembers the key.
        me(&app.isolate(5), &key).send().expect(200);
        assert_eq!(used(), expected, "after {ms} more");
    }
    // Two that find it due at once: one writes.
    let id = ApiKeyId::parse(&text(&key["id"])).expect("an id");
    app.test.clock.advance_ms(60_000);
    for changes in [1, 0] {
        let note = store::note_use(&id, app.test_now());
        let noted = block_on(app.test.database.batch(vec![note]));
        assert_eq!(noted.unwrap(), [changes]);
    }
}

#[test]
fn an_account_has_fifty_keys_and_no_more_also_at_once() {
    let app = TestApp::new();
    let (player, other) = (app.player("many"), app.player("few"));
    for _ in 0..48 {
        make(&app, &player, &["builds:read"]);
    }
    let body = json!({ "name": "A bot", "scopes": ["builds:read"] });
    let slow = app.slow_isolate(9);
    let requests: Vec<_> = (0..5)
        .map(|_| ask(&slow, &player, &body).request())
        .collect();
    let answers = all_together(requests.iter().map(|request| slow.app.handle(request)));
    app.skip_log();
    let count = |status: u16| answers.iter().filter(|it| it.status == status).count();
    assert_eq!((count(201), count(409)), (2, 3));
    ask(&app, &player, &body)
        .send()
        .expect_problem(409, "too_many_api_keys");
    make(&app, &other, &["builds:read"]);
    assert_eq!(app.rows("api_keys"), 51);
}

#[test]
fn keys_are_paged_and_nobody_sees_or_ends_anothers() {
    let app = TestApp::new();
    let (player, stranger) = (app.player("pages"), app.player("peeks"));
    let made: Vec<String> = (0..5)
        .map(|_| {
            app.test.clock.advance_ms(1);
            text(&make(&app, &player, &["builds:read"])["id"])
        })
        .collect();
    let mut target = format!("{KEYS}?limit=2");
    let mut seen = Vec::new();
    loop {
        let page = app.get_as(&player, &target).ok();
        let data = page["data"].as_array().unwrap().clone();
        seen.extend(data.iter().map(|key| text(&key["id"])));
        match page["next_cursor"].as_str() {
            Some(cursor) => target = format!("{KEYS}?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    let latest_first: Vec<_> = made.iter().rev().cloned().collect();
    assert_eq!(seen, latest_first);
    let list = app.get_as(&stranger, KEYS).expect(200);
    assert_eq!(list.json()["data"], json!([]));
    for id in [made[0].as_str(), "key_x", &player.id] {
        let call = app.call("DELETE", &format!("{KEYS}/{id}")).by(&stranger);
        call.send().expect_problem(404, "not_found");
    }
    assert_eq!(app.rows("api_keys"), 5);
}

#[test]
fn the_database_has_no_key_and_an_answer_that_was_lost_can_be_had_again() {
    let app = TestApp::new();
    let player = app.player("kept");
    let body = json!({ "name": "A bot", "scopes": ["builds:read"] });
    let send = || {
        keyed(ask(&app, &player, &body), "one-key-please")
            .send()
            .expect(201)
    };
    let first = send();
    assert_replays(&first, &send());
    assert_eq!(app.rows("api_keys"), 1);
    let key = text(&first.json()["key"]);
    let rows = app.test.database.execute(
        "SELECT hex(hash) || hex(name) || hex(scopes) FROM api_keys UNION ALL \
         SELECT hex(answer) || hex(fingerprint) FROM idempotency_records UNION ALL \
         SELECT hex(entry) FROM audit_log",
    );
    for row in rows {
        for part in key.as_bytes()[4..].windows(6) {
            assert!(!row.text(0).unwrap().contains(&hex(part)));
        }
    }
}
