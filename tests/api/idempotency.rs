//! `Idempotency-Key`: the same POST sent twice, by others, with another body, and a day later. Nothing is
//! done twice, and stored responses cannot be read from the database alone. `idempotency_half_way` has
//! concurrency and killed Workers; the model's tests have the form of keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use testing::prelude::*;
use wvw_builder::idempotency::store;
use wvw_builder::ids::UserId;

pub const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";

pub fn keyed<'a>(call: Call<'a>, key: &str) -> Call<'a> {
    call.header(Header::IdempotencyKey, key)
}

/// A build of this player's, with a key.
pub fn build<'a>(app: &'a TestApp, player: &Player, key: &str) -> Call<'a> {
    let body = build_body(&json!({}));
    keyed(app.post(BUILDS, &body).by(player), key)
}

pub fn builds(app: &TestApp) -> i64 {
    app.rows("builds")
}

pub fn records(app: &TestApp) -> i64 {
    app.rows("idempotency_records")
}

/// What a replay has in common with the first answer: all but what is made anew for each request.
fn lasting(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| {
        name != "x-request-id" && name != "idempotency-replayed" && !name.starts_with("ratelimit")
    });
    headers.sort();
    let body = String::from_utf8(answer.body.clone()).expect("UTF-8");
    (answer.status, headers, body)
}

pub fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

#[track_caller]
pub fn assert_replays(first: &Answer, second: &Answer) {
    assert!(!is_replay(first) && is_replay(second), "{}", second.what);
    assert_eq!(lasting(first), lasting(second), "{}", second.what);
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

/// All there is but the records themselves, as text.
fn holdings(app: &TestApp) -> Vec<String> {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' \
                  AND name NOT LIKE 'idempotency%' AND name NOT LIKE '%fts%'";
    let rows = |table: &String| app.execute(format!("SELECT * FROM {table}"));
    let tables = app.texts(tables).into_iter();
    tables
        .map(|table| format!("{table}: {:?}", rows(&table)))
        .collect()
}

/// Also that every answer of a POST can be kept: one with a header that is not would be a 500.
#[test]
fn every_post_of_the_table_answers_the_same_again_and_acts_once() {
    let walk = Walk::with(1);
    let posts = ROUTES.iter().filter(|route| route.method == Method::Post);
    let mut count = 0;
    for route in posts {
        let (app, call) = (&walk.app, keyed(walk.call(route), KEY));
        let sent = || {
            let requests = app.test.web.requests().len();
            (requests, app.test.queue.messages().len())
        };
        let first = call.clone().send();
        assert!(first.status < 300, "{}: {}", first.what, first.status);
        let after = (holdings(app), records(app), sent());
        let second = call.send();
        if route.path == "/api/v1/auth/end-everything" {
            // The login that has asked is over: it is told nothing any more.
            second.expect_problem(401, "invalid_token");
        } else {
            assert_replays(&first, &second);
        }
        let again = (holdings(app), records(app), sent());
        assert!(again == after, "{}: {after:?}\n{again:?}", route.path);
        count += 1;
        assert_eq!(records(app), count, "{}", route.path);
    }
    assert!(count > 25, "{count}");
}

#[test]
fn quotes_do_not_make_another_key_and_what_is_no_key_is_refused() {
    let (app, player) = TestApp::with_player("quotes");
    let first = build(&app, &player, KEY).expect(201);
    assert_replays(&first, &build(&app, &player, &format!("\"{KEY}\"")).send());
    let long = "k".repeat(256);
    for key in ["", "\"\"", "two words", "\"open", "k\u{e9}y", &long] {
        build(&app, &player, key).expect_problem(400, "invalid_idempotency_key");
    }
    // Only POST has it.
    let target = format!("{BUILDS}/{}", text(&first.json()["id"]));
    let read = keyed(app.get(&target), "two words").by(&player);
    assert!(!is_replay(&read.expect(200)));
    assert_eq!(builds(&app), 1);
}

#[test]
fn another_body_or_query_is_another_request() {
    let (app, player) = TestApp::with_player("bodies");
    build(&app, &player, KEY).expect(201);
    for body in [json!({ "name": "Another" }), json!({ "notes": "" })] {
        let call = app.post(BUILDS, &build_body(&body)).by(&player);
        keyed(call, KEY).expect_problem(422, "idempotency_key_reused");
    }
    // The same value in other bytes is another body, too.
    let spaced = format!("{} ", build_body(&json!({})));
    let call = app.call("POST", BUILDS).raw("application/json", spaced);
    keyed(call.by(&player), KEY).expect_problem(422, "idempotency_key_reused");
    // On another path it is another key.
    let decode = json!({ "code": GUARDIAN_CODE });
    let call = app.post(DECODE, &decode);
    keyed(call.by(&player), KEY).expect(200);
    assert_eq!(builds(&app), 1);
}

#[test]
fn what_one_caller_keeps_no_other_finds() {
    let (app, [one, other]) = TestApp::with_players(["one", "other"]);
    let first = build(&app, &one, KEY).expect(201);
    let second = build(&app, &other, KEY).expect(201);
    assert!(!is_replay(&second));
    assert_ne!(first.json()["id"], second.json()["id"]);
    // The same login with another token is the same caller.
    let renewed = app.refresh(&one.refresh_token).ok();
    let body = build_body(&json!({}));
    let with = |token: &Value| keyed(app.post(BUILDS, &body).token(&text(token)), KEY).send();
    assert_replays(&first, &with(&renewed["access_token"]));
    // Another login of the account, or a key of it, is another one.
    let again = app.log_in(&one.email);
    let third = with(&again["access_token"]).expect(201);
    let key = app.api_key(&one, &["builds:write"]);
    let fourth = with(&key["key"]).expect(201);
    assert!(!is_replay(&third) && !is_replay(&fourth));
    // Without an account it is the address; a forged header counts for nothing.
    let log_in = |address: &str| {
        let body = json!({ "email": one.email, "password": PASSWORD });
        let call = keyed(app.post(LOGIN, &body), KEY);
        call.from_address(address).expect(200)
    };
    let first = log_in("192.0.2.1");
    assert!(!is_replay(&log_in("192.0.2.2")));
    assert_replays(&first, &log_in("192.0.2.1"));
}

#[test]
fn whoever_may_not_call_gets_nothing_that_was_kept() {
    let (app, player) = TestApp::with_player("outsider");
    build(&app, &player, KEY).expect(201);
    let body = build_body(&json!({}));
    keyed(app.post(BUILDS, &body), KEY).expect_problem(401, "authentication_required");
    keyed(app.post(BUILDS, &body).token("x.y.z"), KEY).expect_problem(401, "invalid_token");
    app.delete_as(&player, SESSIONS).expect(204);
    let logout = json!({ "refresh_token": player.refresh_token });
    app.post(LOGOUT, &logout).expect(204);
    build(&app, &player, KEY).expect_problem(401, "invalid_token");
}

#[test]
fn errors_are_not_kept() {
    let (app, player) = TestApp::with_player("mistaken");
    let email = player.email.as_str();
    let build_without_name = build_body(&json!({ "name": "" }));
    let guess = json!({ "email": email, "password": "four words in a raw" });
    let weak = json!({ "email": email, "password": "short", "display_name": "Again" });
    for (call, status, problem) in [
        (
            app.post(BUILDS, &build_without_name).by(&player),
            422,
            "invalid_input",
        ),
        (app.post(LOGIN, &guess), 401, "invalid_credentials"),
        (app.post(REGISTER, &weak), 422, "invalid_input"),
    ] {
        keyed(call, KEY).expect_problem(status, problem);
    }
    assert_eq!(records(&app), 0);
    // The key is free for the corrected request.
    build(&app, &player, KEY).expect(201);
}

#[test]
fn without_a_key_nothing_is_kept_and_nothing_is_asked() {
    let (app, player) = TestApp::with_player("plain");
    // From here on the token is known.
    app.build(&player, &json!({}));
    let calls = app.calls_of(|| {
        app.build(&player, &json!({}));
    });
    assert_eq!(calls, 1);
    assert_eq!(records(&app), 0);
    // With one, the reservation comes first; the answer goes with the change.
    let calls = app.calls_of(|| {
        build(&app, &player, KEY).expect(201);
    });
    assert_eq!(calls, 2);
}

#[test]
fn a_day_later_the_key_is_new() {
    let (app, player) = TestApp::with_player("tomorrow");
    let log_in = |password: &str| {
        let body = json!({ "email": player.email, "password": password });
        keyed(app.post(LOGIN, &body), KEY).send()
    };
    let first = log_in(PASSWORD).expect(200);
    app.test.clock.advance_ms(DAY_MS - 1);
    assert_replays(&first, &log_in(PASSWORD));
    log_in("another").expect_problem(422, "idempotency_key_reused");
    app.test.clock.advance_ms(1);
    let second = log_in(PASSWORD).expect(200);
    assert!(!is_replay(&second));
    assert_replays(&second, &log_in(PASSWORD));
}

#[test]
fn what_has_expired_is_removed_and_what_belongs_to_an_account_goes_with_it() {
    let (app, [one, other]) = TestApp::with_players(["removed", "stays"]);
    let run = |statement: Statement| block_on(app.test.database.batch(vec![statement])).unwrap();
    build(&app, &one, KEY).expect(201);
    build(&app, &other, KEY).expect(201);
    app.test.clock.advance_ms(DAY_MS - 1);
    assert_eq!(run(store::expired(app.test_now()).batch()), [0]);
    let id = UserId::parse(&one.id).expect("an id");
    assert_eq!(run(store::remove_of(&id)), [1]);
    app.test.clock.advance_ms(1);
    assert_eq!(run(store::expired(app.test_now()).batch()), [1]);
}

#[test]
fn the_database_tells_nothing_of_what_it_keeps() {
    let (app, player) = TestApp::with_player("sealed");
    let body = json!({ "email": player.email, "password": PASSWORD });
    let call = keyed(app.post(LOGIN, &body), KEY).header(Header::ConnectingIp, "192.0.2.77");
    let tokens = call.ok();
    let kept = app.texts(
        "SELECT hex(id) || hex(fingerprint) || hex(holder) || hex(answer) || \
         hex(coalesce(user_id, '')) FROM idempotency_records",
    );
    let kept = &kept[0];
    for secret in [
        &text(&tokens["access_token"]),
        &text(&tokens["refresh_token"]),
        &player.email,
        PASSWORD,
        KEY,
        "192.0.2.77",
        "access_token",
    ] {
        // Six characters of it, from anywhere, would be too many.
        for part in secret.as_bytes().windows(6) {
            assert!(!kept.contains(&hex(part)), "{secret}");
        }
    }
}

#[test]
fn an_answer_is_found_while_the_master_key_is_being_replaced() {
    let (app, player) = TestApp::with_player("replaced");
    let first = build(&app, &player, KEY).expect(201);
    let old = config_value("MASTER_KEY").expect("it is set");
    let new = STANDARD.encode((51..83).collect::<Vec<u8>>());
    let later = app.isolate_configured(2, &[("MASTER_KEY", &new), ("MASTER_KEY_PREVIOUS", &old)]);
    assert_replays(&first, &build(&later, &player, KEY).send());
    let other = build(&later, &player, "another-key").expect(201);
    assert_replays(&other, &build(&later, &player, "another-key").send());
}
