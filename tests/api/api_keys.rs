//! API keys: created, shown once, listed, used and ended. No key is stored in the database, and an
//! account has fifty at most, also under concurrency. `api_keys_access` has what a key gives access to,
//! the tests beside `auth::api_key` its text.

use testing::prelude::*;
use wvw_builder::auth::model::Scope;
use wvw_builder::auth::permissions::scopes_for_api_keys;
use wvw_builder::auth::store;
use wvw_builder::ids::ApiKeyId;

use crate::idempotency::{assert_replays, keyed};

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
    let (app, player) = TestApp::with_player("owner");
    let body = json!({
        "name": "  Discord bot ",
        "scopes": ["builds:read", "account:read", "builds:read"],
        "expires_at": "2027-05-01T00:00:00Z",
    });
    let made = app.post_as(&player, API_KEYS, &body).created();
    assert_eq!(made["name"], "Discord bot");
    assert_eq!(made["scopes"], json!(["account:read", "builds:read"]));
    assert_has!(made, { "expires_at": "2027-05-01T00:00:00.000Z", "last_used_at": null });
    let user = me(&app, &made).ok();
    assert_eq!(user["id"], player.id);

    let mut listed = made.clone();
    listed.as_object_mut().unwrap().remove("key");
    listed["last_used_at"] = "2026-11-22T00:00:00.000Z".into();
    let list = || app.get_as(&player, API_KEYS).ok();
    assert_eq!(list()["data"], json!([listed]));

    let path = format!("{API_KEYS}/{}", text(&made["id"]));
    app.delete_as(&player, &path).expect(204);
    // At once, in the isolate that revoked it.
    refused(me(&app, &made).send());
    app.delete_as(&player, &path).expect(404);
    assert_eq!(list()["data"], json!([]));
    let log = app.audit_entries();
    let [.., created, revoked] = log.as_slice() else {
        panic!("{log:?}");
    };
    assert_eq!(created["action"], "api_key.created");
    assert_eq!(created["detail"]["scopes"], "account:read builds:read");
    assert_eq!(revoked["action"], "api_key.revoked");
    assert_eq!([&created["target"], &revoked["target"]], [&made["id"]; 2]);
}

#[test]
fn a_key_is_refused_with_all_its_mistakes() {
    let (app, player) = TestApp::with_player("mistaken");
    let good = json!({ "name": "A bot", "scopes": ["builds:read"] });
    let ending = |end: &str| {
        let mut body = good.clone();
        body["expires_at"] = end.into();
        body
    };
    let table = r#"
        /name required, /scopes required              {}
        /name invalid_length, /scopes invalid_length  { "name": "", "scopes": [] }
        /name invalid_length                          { "name": " ", "scopes": ["builds:read"] }
        /name invalid_format, /scopes invalid_type    { "name": "A\nbot", "scopes": "builds:read" }
        /key unknown_field, /user_id unknown_field    { "name": "A bot", "scopes": ["builds:read"], "key": "wvw_mine", "user_id": "x" }
    "#;
    let mut rows = refusals(table);
    for scope in [
        "account:write",
        "admin:read",
        "admin:write",
        "builds",
        "*",
        "",
    ] {
        let body = json!({ "name": "A bot", "scopes": ["builds:read", scope] });
        rows.push(("/scopes/1 invalid_choice", body));
    }
    for (end, mistake) in [
        ("2026-11-22T00:00:00Z", "/expires_at out_of_range"),
        ("2027-11-22T00:00:00.001Z", "/expires_at out_of_range"),
        ("1970-01-01T00:00:00Z", "/expires_at out_of_range"),
        ("9999-12-31T23:59:59Z", "/expires_at out_of_range"),
        ("2027-02-29T00:00:00Z", "/expires_at invalid_format"),
        ("2027-01-01T00:00:00+00:00", "/expires_at invalid_format"),
        ("2027-01-01", "/expires_at invalid_length"),
    ] {
        rows.push((mistake, ending(end)));
    }
    for (mistakes, body) in rows {
        let answer = app.post_as(&player, API_KEYS, &body);
        answer.expect_mistakes(mistakes);
    }
    assert_eq!(app.rows("api_keys"), 0);
    // The edges that are still good; without an end it is the longest there is.
    for end in ["2026-11-22T00:00:00.001Z", "2027-11-22T00:00:00Z"] {
        app.post_as(&player, API_KEYS, &ending(end)).expect(201);
    }
    let longest = app.post_as(&player, API_KEYS, &good).created();
    assert_eq!(longest["expires_at"], "2027-11-22T00:00:00.000Z");
}

#[test]
fn the_last_use_is_noted_once_a_minute() {
    let (app, player) = TestApp::with_player("used");
    let key = app.api_key(&player, &all_scopes());
    let used = || app.count("SELECT coalesce(last_used_at, 0) FROM api_keys") - TEST_EPOCH_MS;
    me(&app, &key).expect(200);
    for (ms, expected) in [(1_000, 0), (58_999, 0), (1, 60_000), (30_000, 60_000)] {
        app.test.clock.advance_ms(ms);
        // Another isolate each time: none remembers the key.
        me(&app.isolate(5), &key).expect(200);
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
    let (app, [player, other]) = TestApp::with_players(["many", "few"]);
    for _ in 0..48 {
        app.api_key(&player, &["builds:read"]);
    }
    let body = json!({ "name": "A bot", "scopes": ["builds:read"] });
    let call = app.post(API_KEYS, &body).by(&player);
    let answers = at_once(&app.slow_isolates(9..10), vec![call.clone(); 5]);
    assert_eq!([201, 409].map(|it| count_of(&answers, it)), [2, 3]);
    call.expect_problem(409, "too_many_api_keys");
    app.api_key(&other, &["builds:read"]);
    assert_eq!(app.rows("api_keys"), 51);
}

#[test]
fn keys_are_paged_and_nobody_sees_or_ends_anothers() {
    let (app, [player, stranger]) = TestApp::with_players(["pages", "peeks"]);
    let made: Vec<String> = (0..5)
        .map(|_| {
            app.test.clock.advance_ms(1);
            text(&app.api_key(&player, &["builds:read"])["id"])
        })
        .collect();
    let seen = app.listed(Some(&player), &format!("{API_KEYS}?limit=2"), "id");
    let latest_first: Vec<_> = made.iter().rev().cloned().collect();
    assert_eq!(seen, latest_first);
    assert_eq!(app.get_as(&stranger, API_KEYS).ok()["data"], json!([]));
    for id in [made[0].as_str(), "key_x", &player.id] {
        let answer = app.delete_as(&stranger, &format!("{API_KEYS}/{id}"));
        answer.expect_problem(404, "not_found");
    }
    assert_eq!(app.rows("api_keys"), 5);
}

#[test]
fn the_database_has_no_key_and_an_answer_that_was_lost_can_be_had_again() {
    let (app, player) = TestApp::with_player("kept");
    let body = json!({ "name": "A bot", "scopes": ["builds:read"] });
    let call = keyed(app.post(API_KEYS, &body).by(&player), "one-key-please");
    let send = || call.clone().expect(201);
    let first = send();
    assert_replays(&first, &send());
    assert_eq!(app.rows("api_keys"), 1);
    let key = text(&first.json()["key"]);
    let rows = app.texts(
        "SELECT hex(hash) || hex(name) || hex(scopes) FROM api_keys UNION ALL \
         SELECT hex(answer) || hex(fingerprint) FROM idempotency_records UNION ALL \
         SELECT hex(entry) FROM audit_log",
    );
    for row in rows {
        for part in key.as_bytes()[4..].windows(6) {
            assert!(!row.contains(&hex(part)));
        }
    }
}
