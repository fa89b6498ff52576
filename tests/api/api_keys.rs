//! API keys: made, shown once, used, ended, and what they can never do.
//! Promises a row for every route of the table with a key of each scope.
//! Leaves the text of a key to the tests beside `identity::api_keys::key`.

use pollster::block_on;
use serde_json::{Value, json};
use wvw_builder::http::request::{Header, Method};
use wvw_builder::identity::api_keys::key::Key;
use wvw_builder::identity::api_keys::store;
use wvw_builder::identity::model::{Role, Scope};
use wvw_builder::identity::permissions::scopes_for_api_keys;
use wvw_builder::ids::ApiKeyId;
use wvw_builder::platform::Database as _;
use wvw_builder::routes::{Access, ROUTES, Route};
use wvw_builder::secret::Secret;

use crate::idempotency::{assert_replays, keyed};
use crate::support::databases::{Slow, all_together, platform_on};
use crate::support::scene::ME;
use crate::support::{Answer, BUILDS, Call, Player, TestApp, hex, pepper, text};

const KEYS: &str = "/api/v1/auth/api-keys";
const DAY_MS: i64 = 86_400_000;
/// What no key opens, whatever the table of permissions says.
const CLOSED: [&str; 3] = ["/auth/", "/admin/", "/users/me/"];
/// A key that was looked at is trusted for this long.
const RECHECK_MS: i64 = 10_000;

fn ask<'a>(app: &'a TestApp, player: &Player, body: &Value) -> Call<'a> {
    app.post(KEYS, body).token(&player.token)
}

/// A key of this player's with these scopes.
#[track_caller]
fn make(app: &TestApp, player: &Player, scopes: &[&str]) -> Value {
    let body = json!({ "name": "A bot", "scopes": scopes });
    ask(app, player, &body).send().expect(201).json()
}

fn all_scopes() -> Vec<&'static str> {
    scopes_for_api_keys().iter().map(Scope::as_str).collect()
}

fn me<'a>(app: &'a TestApp, key: &Value) -> Call<'a> {
    app.get(ME).token(&text(&key["key"]))
}

#[track_caller]
fn refused(answer: Answer) {
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
    let made = ask(&app, &player, &body).send().expect(201).json();
    assert_eq!(made["name"], "Discord bot");
    assert_eq!(made["scopes"], json!(["account:read", "builds:read"]));
    assert_eq!(made["expires_at"], "2027-05-01T00:00:00.000Z");
    assert_eq!(made["last_used_at"], Value::Null);
    let user = me(&app, &made).send().expect(200).json();
    assert_eq!(user["id"], player.id);

    let mut listed = made.clone();
    listed.as_object_mut().unwrap().remove("key");
    listed["last_used_at"] = "2026-11-22T00:00:00.000Z".into();
    let list = || app.get(KEYS).token(&player.token).send().expect(200).json();
    assert_eq!(list()["data"], json!([listed]));

    let path = format!("{KEYS}/{}", text(&made["id"]));
    let revoke = |status: u16| {
        let call = app.call("DELETE", &path).token(&player.token);
        call.send().expect(status)
    };
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
        let answer = ask(&app, &player, &body).send();
        let mistakes = answer.expect_problem(422, "invalid_input").mistakes();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(pointer, code)| (pointer.to_owned(), code.to_owned()))
            .collect();
        assert_eq!(mistakes, expected, "{body}");
    }
    assert_eq!(app.count("SELECT count(*) FROM api_keys"), 0);
    // The edges that are still good; without an end it is the longest there is.
    for end in ["2026-11-22T00:00:00.001Z", "2027-11-22T00:00:00Z"] {
        let mut body = good();
        body["expires_at"] = end.into();
        ask(&app, &player, &body).send().expect(201);
    }
    let longest = ask(&app, &player, &good()).send().expect(201).json();
    assert_eq!(longest["expires_at"], "2027-11-22T00:00:00.000Z");
}

/// A target of a route, with an id of the right kind where it takes one.
fn target(route: &Route) -> String {
    route
        .path
        .replace("builds/{id}", "builds/build_01h455vb4pex5vsknk084sn02q")
        .replace(
            "sessions/{id}",
            "sessions/session_01h455vb4pex5vsknk084sn02q",
        )
        .replace("api-keys/{id}", "api-keys/key_01h455vb4pex5vsknk084sn02q")
}

#[test]
fn every_route_admits_the_keys_that_its_rule_does_and_no_others() {
    let app = TestApp::new();
    let player = app.player("scopes");
    let mut keys: Vec<(Vec<&str>, String)> = all_scopes()
        .into_iter()
        .map(|scope| vec![scope])
        .chain([all_scopes()])
        .map(|scopes| (scopes.clone(), text(&make(&app, &player, &scopes)["key"])))
        .collect();
    // What the service never gives: a key with all scopes, of an administrator.
    let forged = make(&app, &player, &["builds:read"]);
    let all: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    app.test.database.execute(&format!(
        "UPDATE api_keys SET scopes = '{}' WHERE id = '{}'",
        all.join(" "),
        text(&forged["id"])
    ));
    keys.push((all, text(&forged["key"])));
    for role in ["user", "administrator"] {
        app.test
            .database
            .execute(&format!("UPDATE users SET role = '{role}'"));
        app.test.clock.advance_ms(RECHECK_MS);
        for route in ROUTES {
            let (Access::Optional(rule) | Access::Required(rule)) = route.access else {
                continue;
            };
            for (scopes, key) in &keys {
                let is_admitted = rule.takes_api_keys && scopes.contains(&rule.scope.as_str());
                let what = format!(
                    "{role}: {} {} {scopes:?}",
                    route.method.as_str(),
                    route.path
                );
                let is_closed = CLOSED.iter().any(|part| route.path.contains(part));
                assert!(!(is_admitted && is_closed), "{what}");
                let mut call = app.call(route.method.as_str(), &target(route)).token(key);
                if matches!(route.method, Method::Post | Method::Put | Method::Patch) {
                    call = call.json(&json!({}));
                }
                let answer = call.send();
                if is_admitted {
                    assert!(!matches!(answer.status, 401 | 403 | 500..), "{what}");
                } else {
                    // What the key has the scope for, but nobody proves by a key.
                    let has_role = rule.role == Role::User || role == "administrator";
                    let is_scoped = has_role && scopes.contains(&rule.scope.as_str());
                    let code = if is_scoped && rule.needs_proof {
                        "reauthentication_required"
                    } else {
                        "insufficient_scope"
                    };
                    answer.expect_problem(403, code);
                }
            }
        }
    }
    let kept = app.count("SELECT count(*) FROM api_keys");
    assert_eq!(usize::try_from(kept).expect("few"), keys.len());
}

#[test]
fn a_key_acts_for_its_owner() {
    let app = TestApp::new();
    let (owner, stranger) = (app.player("keyed"), app.player("stranger"));
    let writer = text(&make(&app, &owner, &["builds:write", "builds:read"])["key"]);
    let reader = text(&make(&app, &owner, &["builds:read"])["key"]);
    let others = text(&make(&app, &stranger, &all_scopes())["key"]);
    let body = crate::support::build_body(&json!({}));
    let build = app.post(BUILDS, &body).token(&writer).send().expect(201);
    let path = crate::support::build_path(&build.json());
    assert_eq!(build.json()["owner_id"], owner.id);
    app.get(&path).token(&reader).send().expect(200);
    app.get(&path).token(&others).send().expect(404);
    app.call("DELETE", &path)
        .token(&reader)
        .send()
        .expect_problem(403, "insufficient_scope");
    app.call("DELETE", &path).token(&others).send().expect(404);
    app.call("DELETE", &path).token(&writer).send().expect(204);
}

#[test]
fn a_key_ends_with_its_time_its_account_and_its_revocation() {
    for (name, sql, after_ms) in [
        ("expired", "SELECT 1", 365 * DAY_MS),
        ("revoked elsewhere", "DELETE FROM api_keys", RECHECK_MS),
        ("disabled", "UPDATE users SET disabled_at = 1", RECHECK_MS),
        ("deleted", "DELETE FROM users", RECHECK_MS),
    ] {
        let app = TestApp::new();
        let player = app.player("ending");
        let key = make(&app, &player, &all_scopes());
        let fresh = app.isolate(3);
        me(&app, &key).send().expect(200);
        app.test.clock.advance_ms(after_ms - 1);
        me(&app, &key).send().expect(200);
        app.test.database.execute(sql);
        app.test.clock.advance_ms(1);
        if name != "expired" {
            refused(me(&fresh, &key).send());
            app.test.clock.advance_ms(RECHECK_MS);
        }
        refused(me(&app, &key).send());
        refused(me(&fresh, &key).send());
    }
    // An account that is enabled again has its keys again.
    let app = TestApp::new();
    let player = app.player("again");
    let key = make(&app, &player, &all_scopes());
    app.test
        .database
        .execute("UPDATE users SET disabled_at = 1");
    refused(me(&app, &key).send());
    app.test
        .database
        .execute("UPDATE users SET disabled_at = NULL");
    // Where it was refused just now, after as long as elsewhere what has ended goes on.
    app.test.clock.advance_ms(RECHECK_MS);
    me(&app, &key).send().expect(200);
}

#[test]
fn what_is_no_key_costs_no_look_at_the_database() {
    let app = TestApp::new();
    let player = app.player("garbage");
    let key = text(&make(&app, &player, &all_scopes())["key"]);
    let last = if key.ends_with('0') { "1" } else { "0" };
    let wrong_checksum = format!("{}{last}", &key[..key.len() - 1]);
    for token in [
        wrong_checksum.as_str(),
        "wvw_",
        &key[..key.len() - 1],
        &format!("{key}0"),
        &format!("wvw_{}", "0".repeat(49)),
        &key.replace("wvw_", "wvw_."),
        &key.replace("wvw_", "WVW_"),
        &format!("wvw_{}", "a".repeat(4000)),
    ] {
        let calls = app.calls_of(|| refused(app.get(ME).token(token).send()));
        assert_eq!(calls, 0, "{token}");
    }
    // One that was ours is looked for once in 10 seconds, one that someone else made never.
    let (platform, _) = wvw_builder::platform::native::TestPlatform::new();
    let revoked = Key::fresh(&platform, &pepper());
    let made_up = Key::fresh(&platform, &Secret::new(vec![9; 32]));
    for (name, key, waited_ms, expected) in [
        ("ours", &revoked, 0, 1),
        ("ours again", &revoked, RECHECK_MS - 1, 0),
        ("ours, later", &revoked, 1, 1),
        ("made up", &made_up, 0, 0),
    ] {
        app.test.clock.advance_ms(waited_ms);
        let calls = app.calls_of(|| refused(app.get(ME).token(key.expose()).send()));
        assert_eq!(calls, expected, "{name}");
    }
    // One that is known is looked at again every 10 seconds.
    let get = || app.calls_of(|| drop(app.get(ME).token(&key).send().expect(200)));
    let with_note = get();
    assert_eq!(with_note, 3, "the key, its use, the profile");
    assert_eq!(get(), 1);
    app.test.clock.advance_ms(RECHECK_MS);
    assert_eq!(get(), 2);
}

#[test]
fn a_key_is_read_from_the_authorization_header_alone() {
    let app = TestApp::new();
    let player = app.player("places");
    let key = text(&make(&app, &player, &all_scopes())["key"]);
    for name in ["access_token", "api_key", "key", "token"] {
        app.get(&format!("{ME}?{name}={key}"))
            .send()
            .expect_problem(401, "authentication_required");
    }
    for header in [
        key.clone(),
        format!("Basic {key}"),
        format!("ApiKey {key}"),
        format!("Bearer  {key}"),
        format!("Bearer {key} "),
        format!("Bearer {key}, Bearer {key}"),
    ] {
        refused(app.get(ME).header(Header::Authorization, &header).send());
    }
    let header = format!("bearer {key}");
    let call = app.get(ME).header(Header::Authorization, &header);
    call.send().expect(200);
    // In the place of a refresh token it is nothing.
    let body = json!({ "refresh_token": key });
    app.post("/api/v1/auth/refresh", &body)
        .send()
        .expect_problem(401, "invalid_refresh_token");
}

#[test]
fn keys_outlive_logins_and_passwords() {
    let app = TestApp::new();
    let player = app.player("outlives");
    let key = make(&app, &player, &all_scopes());
    me(&app, &key).send().expect(200);
    let passwords = json!({
        "current_password": crate::support::PASSWORD,
        "new_password": "another four words here",
    });
    app.post("/api/v1/auth/password", &passwords)
        .token(&player.token)
        .send()
        .expect(204);
    let logout = json!({ "refresh_token": player.refresh_token });
    app.post("/api/v1/auth/logout", &logout).send().expect(204);
    me(&app, &key).send().expect(200);
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
    let database = Slow(app.test.database.clone());
    let slow = app.isolate_on(platform_on(&app.test, 9, Box::new(database)));
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
    assert_eq!(app.count("SELECT count(*) FROM api_keys"), 51);
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
        let page = app
            .get(&target)
            .token(&player.token)
            .send()
            .expect(200)
            .json();
        let data = page["data"].as_array().unwrap().clone();
        seen.extend(data.iter().map(|key| text(&key["id"])));
        match page["next_cursor"].as_str() {
            Some(cursor) => target = format!("{KEYS}?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    let latest_first: Vec<_> = made.iter().rev().cloned().collect();
    assert_eq!(seen, latest_first);
    let list = app.get(KEYS).token(&stranger.token).send().expect(200);
    assert_eq!(list.json()["data"], json!([]));
    for id in [made[0].as_str(), "key_x", &player.id] {
        let path = format!("{KEYS}/{id}");
        let call = app.call("DELETE", &path).token(&stranger.token);
        call.send().expect_problem(404, "not_found");
    }
    assert_eq!(app.count("SELECT count(*) FROM api_keys"), 5);
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
    assert_eq!(app.count("SELECT count(*) FROM api_keys"), 1);
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
