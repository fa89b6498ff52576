//! `Idempotency-Key` where the response holds a secret: who gets it again, and until when. Each response
//! of a POST is searched for secrets, and the table of operations marks those that have one.
//! `idempotency` has all other responses.

use testing::authenticator;
use testing::authenticator::TWO_FACTOR;
use testing::prelude::*;
use testing::webhooks::{URL, make};
use wvw_builder::http::operation::Replay;

use crate::idempotency::{KEY, assert_replays, is_replay, keyed, records};

/// A spent refresh token gets its successor again for this long.
const GRACE_MS: i64 = 10_000;

/// What secrets of ours begin with, and members that hold one whatever it looks like.
const PREFIXES: &str = "wvw_ wvwr_ wvwi_ wvwd_ whsec_ eyJ otpauth:";
const MEMBERS: &str = "secret slug recovery_codes access_token refresh_token challenge";

fn shows_a_secret(name: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => {
            MEMBERS.split(' ').any(|member| member == name)
                || PREFIXES.split(' ').any(|prefix| text.starts_with(prefix))
        }
        Value::Array(items) => items.iter().any(|item| shows_a_secret(name, item)),
        Value::Object(members) => members.iter().any(|(name, it)| shows_a_secret(name, it)),
        _ => false,
    }
}

#[test]
fn every_post_whose_answer_shows_a_secret_is_marked_so() {
    let walk = Walk::with(1);
    let mut marked = Vec::new();
    for route in ROUTES.iter().filter(|it| it.method == Method::Post) {
        let answer = walk.call(route).send();
        assert!(answer.status < 300, "{}: {}", answer.what, answer.status);
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        let replay = route.operation.replay;
        let is_secret = replay != Replay::Data;
        assert_eq!(
            shows_a_secret("", &body),
            is_secret,
            "{}: {replay:?}: {body}",
            answer.what
        );
        let has_tokens = body["refresh_token"].is_string();
        let is_marked = matches!(replay, Replay::Tokens { .. });
        assert_eq!(has_tokens, is_marked, "{}: {replay:?}", route.path);
        if replay != Replay::Data {
            marked.push(route.path);
        }
    }
    assert!(marked.len() >= 11, "{marked:?}");
}

fn refresh(app: &TestApp, token: &Value, key: &str) -> Answer {
    keyed(app.post(REFRESH, &json!({ "refresh_token": token })), key).send()
}

/// Another login of the account, and a key that may do all that keys may.
fn others_of(app: &TestApp, player: &Player) -> [String; 2] {
    let login = app.log_in(&player.email);
    let scopes = ["webhooks:write", "teams:write", "compositions:write"];
    let made = app.api_key(player, &scopes);
    [&login["access_token"], &made["key"]].map(text)
}

#[test]
fn another_credential_of_the_account_is_not_told_a_secret_again() {
    let (app, player) = TestApp::with_player("owner");
    let team = app.team(&[(&player, "leader")]);
    let hook = make(&app, &player, &json!({}));
    let plan = text(&app.composition(&player, &json!({}))["id"]);
    let key = json!({ "name": "Another bot", "scopes": ["builds:read"] });
    let [login, bot] = others_of(&app, &player);
    let another = json!({ "url": format!("{URL}/2"), "event_types": ["*"] });
    let rotation = format!("{}/rotate-secret", testing::webhooks::path(&hook));
    let links = format!("{COMPOSITIONS}/{plan}/share-links");
    for (path, body, member) in [
        (WEBHOOKS.to_owned(), another, "secret"),
        (rotation, json!({}), "secret"),
        (format!("{TEAMS}/{team}/invitations"), json!({}), "code"),
        (links, Value::Null, "slug"),
        (API_KEYS.to_owned(), key, "key"),
        (TWO_FACTOR.to_owned(), Value::Null, "secret"),
    ] {
        let send = |token: &str| {
            let call = keyed(app.call("POST", &path).token(token), KEY);
            match &body {
                Value::Null => call.send(),
                body => call.json(body).send(),
            }
        };
        let first = send(&player.token);
        let shown = text(&first.json()[member]);
        app.keep_strings_secret(&first.json()[member]);
        assert_replays(&first, &send(&player.token));
        for token in [&login, &bot] {
            let other = send(token);
            assert!(!is_replay(&other), "{path}");
            let body = String::from_utf8(other.body.clone()).expect("UTF-8");
            assert!(!body.contains(&shown), "{path}: {body}");
            if other.status < 300 {
                app.keep_strings_secret(&other.json()[member]);
            }
        }
    }
}

#[test]
fn a_revoked_key_or_an_ended_login_gets_nothing_again() {
    let (app, player) = TestApp::with_player("ended");
    let bot = app.api_key(&player, &["webhooks:write"]);
    let [bot, id] = ["key", "id"].map(|name| text(&bot[name]));
    let login = text(&app.log_in(&player.email)["access_token"]);
    let body = json!({ "url": URL, "event_types": ["*"] });
    let send =
        |app: &TestApp, token: &str| keyed(app.post(WEBHOOKS, &body).token(token), KEY).send();
    send(&app, &bot).expect(201);
    assert!(is_replay(&send(&app, &bot)));
    let revoke = format!("{API_KEYS}/{id}");
    app.delete_as(&player, &revoke).expect(204);
    send(&app, &bot).expect_problem(401, "invalid_token");
    // In an isolate that has just seen the login in force, too.
    let other = app.isolate(7);
    let mine = json!({ "url": format!("{URL}/own"), "event_types": ["*"] });
    let mine = |app: &TestApp| keyed(app.post(WEBHOOKS, &mine).token(&login), KEY).send();
    mine(&other).expect(201);
    app.delete_as(&player, SESSIONS).expect(204);
    mine(&other).expect_problem(401, "invalid_token");
}

#[test]
fn a_spent_refresh_token_has_its_successor_for_ten_seconds_with_a_key_too() {
    let (app, player) = TestApp::with_player("spent");
    let old = json!(player.refresh_token);
    let first = refresh(&app, &old, KEY).expect(200);
    app.test.clock.advance_ms(GRACE_MS);
    assert_replays(&first, &refresh(&app, &old, KEY));
    app.test.clock.advance_ms(1);
    // As without a key: someone has a copy, and the login ends.
    refresh(&app, &old, KEY).expect_problem(401, "refresh_token_reused");
    let newest = first.json()["refresh_token"].clone();
    refresh(&app, &newest, "another").expect_problem(401, "invalid_refresh_token");
    refresh(&app, &old, KEY).expect_problem(401, "invalid_refresh_token");
}

#[test]
fn a_successor_that_was_kept_late_is_not_given_longer_for_that() {
    let (app, player) = TestApp::with_player("late");
    let old = json!(player.refresh_token);
    let call = app.post(REFRESH, &json!({ "refresh_token": old }));
    call.expect(200);
    app.test.clock.advance_ms(GRACE_MS - 1_000);
    let kept = refresh(&app, &old, KEY).expect(200);
    app.test.clock.advance_ms(1_000);
    assert_replays(&kept, &refresh(&app, &old, KEY));
    app.test.clock.advance_ms(1);
    refresh(&app, &old, KEY).expect_problem(401, "refresh_token_reused");
}

#[test]
fn a_successor_that_was_used_is_not_given_again() {
    let (app, player) = TestApp::with_player("used");
    let old = json!(player.refresh_token);
    let first = refresh(&app, &old, KEY).ok();
    refresh(&app, &first["refresh_token"], "next").expect(200);
    refresh(&app, &old, KEY).expect_problem(401, "refresh_token_reused");
}

#[test]
fn the_tokens_of_a_login_are_given_again_only_while_they_are_its_newest() {
    let (app, player) = TestApp::with_player("again");
    let log_in = || {
        let body = json!({ "email": player.email, "password": PASSWORD });
        keyed(app.post(LOGIN, &body), KEY).send()
    };
    let first = log_in().expect(200);
    assert_replays(&first, &log_in());
    // Renewed: a login of its own.
    refresh(&app, &first.json()["refresh_token"], "renewed").expect(200);
    let second = log_in().expect(200);
    assert!(!is_replay(&second));
    let tokens = [&first, &second].map(|it| text(&it.json()["refresh_token"]));
    assert_ne!(tokens[0], tokens[1]);
    assert_replays(&second, &log_in());
    // Ended by another login.
    app.delete_as(&player, SESSIONS).expect(204);
    let third = log_in().expect(200);
    assert!(!is_replay(&third));
    // The password is another one: what was kept is no way in, though its login goes on.
    app.test.clock.advance_ms(1);
    let third = player.with_tokens(&third.json());
    app.change_password(&third, "a very secret new one")
        .expect(204);
    log_in().expect_problem(401, "invalid_credentials");
    app.disable(&player);
    log_in().expect_problem(401, "invalid_credentials");
}

#[test]
fn a_code_of_the_second_factor_is_no_way_in_once_its_tokens_are_spent() {
    let (app, player) = TestApp::with_player("second");
    let device = authenticator::enrol(&app, &player);
    let challenge = authenticator::challenge(&app, &player);
    let body = json!({ "challenge": challenge, "code": device.fresh_code(&app) });
    let step = || keyed(app.post(authenticator::SECOND_STEP, &body), KEY).send();
    let first = step().expect(200);
    assert_replays(&first, &step());
    refresh(&app, &first.json()["refresh_token"], "renewed").expect(200);
    let again = step();
    assert!(!is_replay(&again));
    again.expect(401);
    // The login without the code is not among what is kept.
    assert_eq!(records(&app), 1);
}
