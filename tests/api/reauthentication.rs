//! A proof of the last five minutes: what counts as one, how long, and for whom. Nothing that has ended,
//! and no race, yields one. `reauthentication_calls` has which calls need one, `end_everything` ending
//! everything.

use testing::authenticator::enrol;
use testing::prelude::*;
use wvw_builder::auth::permissions::PROOF_SECONDS;

const REAUTHENTICATE: &str = "/api/v1/auth/reauthenticate";
pub const KEYS: &str = "/api/v1/auth/api-keys";
const CHALLENGE: &str = "Bearer error=\"insufficient_user_authentication\", \
     error_description=\"A more recent authentication is required\", max_age=\"300\"";

/// Waits until a login of now is this old.
pub fn wait(app: &TestApp, seconds: i64) {
    app.wait_ms(seconds * 1_000);
}

fn prove(app: &TestApp, token: &str, body: &Value) -> Answer {
    app.post(REAUTHENTICATE, body).token(token).send()
}

/// The access token of a proof by the password alone.
#[track_caller]
pub fn proved(app: &TestApp, token: &str) -> String {
    let answer = prove(app, token, &json!({ "password": PASSWORD }));
    text(&answer.ok()["access_token"])
}

/// Makes an API key: the plainest of what needs a proof.
fn make_key(app: &TestApp, token: &str) -> Answer {
    let body = json!({ "name": "A bot", "scopes": ["builds:read"] });
    app.post(KEYS, &body).token(token).send()
}

#[track_caller]
pub fn refused(answer: Answer) -> Answer {
    let answer = answer.expect_problem(403, "reauthentication_required");
    let header = answer.header("www-authenticate");
    assert_eq!(header, Some(CHALLENGE), "{}", answer.what);
    let detail = text(&answer.json()["detail"]);
    assert!(detail.contains("/api/v1/auth/"), "{detail}");
    answer
}

pub fn session_of(token: &str) -> String {
    let payload = payload_of(token).text();
    let payload: Value = serde_json::from_str(&payload).expect("JSON");
    text(&payload["sid"])
}

#[test]
fn a_proof_lasts_to_the_second_and_no_refresh_renews_it() {
    let (app, player) = TestApp::with_player("waiting");
    wait(&app, PROOF_SECONDS - 1);
    make_key(&app, &player.token).expect(201);
    wait(&app, 1);
    make_key(&app, &player.token).expect(201);
    wait(&app, 1);
    refused(make_key(&app, &player.token));

    let refresh = |token: &str| app.refresh(token).ok();
    let next = refresh(&player.refresh_token);
    let token = text(&next["access_token"]);
    refused(make_key(&app, &token));
    // All else goes on.
    app.get(ME).token(&token).send().expect(200);

    let fresh = proved(&app, &token);
    assert_eq!(session_of(&fresh), session_of(&token), "the same login");
    make_key(&app, &fresh).expect(201);
    // A copy of the token from before has no part in it.
    refused(make_key(&app, &token));
    // The login keeps it through a refresh, for as long as it lasts.
    wait(&app, 200);
    let next = refresh(&text(&next["refresh_token"]));
    make_key(&app, &text(&next["access_token"])).expect(201);
    wait(&app, 101);
    refused(make_key(&app, &text(&next["access_token"])));
}

#[test]
fn one_sessions_proof_is_not_anothers() {
    let (app, player) = TestApp::with_player("twice");
    let other = app.new_token(&player);
    wait(&app, PROOF_SECONDS + 1);
    make_key(&app, &proved(&app, &other)).expect(201);
    refused(make_key(&app, &player.token));
    refused(make_key(&app, &other));
}

#[test]
fn only_the_right_password_proves() {
    let (app, player) = TestApp::with_player("guessed");
    let since = || app.count("SELECT authenticated_at FROM sessions");
    let before = since();
    wait(&app, 400);
    let wrong = json!({ "password": "not the right words" });
    prove(&app, &player.token, &wrong).expect_problem(403, "wrong_password");
    prove(&app, &player.token, &json!({})).expect_mistakes("/password required");
    assert_eq!(since(), before);
    refused(make_key(&app, &player.token));
    // Guesses are bounded as those of other calls with the own password, and shared with them.
    for number in 0..8 {
        let answer = match number % 2 {
            0 => prove(&app, &player.token, &wrong),
            _ => app.as_player(&player, "DELETE", ME, &wrong),
        };
        if answer.status == 429 {
            answer.expect_problem(429, "too_many_attempts");
            assert!(number > 3, "{number}");
            return;
        }
        answer.expect_problem(403, "wrong_password");
    }
    panic!("one can guess on and on");
}

#[test]
fn what_a_proof_is_told_by() {
    let (app, player) = TestApp::with_player("told");
    wait(&app, 301);
    let answer = prove(&app, &player.token, &json!({ "password": PASSWORD })).ok();
    assert_has!(answer, { "token_type": "Bearer", "expires_in": 600 });
    assert_eq!(answer.as_object().map(serde_json::Map::len), Some(3));
    let payload = payload_of(&text(&answer["access_token"]));
    assert_eq!(payload.number("auth_time"), app.test_now() / 1_000);
    assert_eq!(app.logged("session.reauthenticated"), 1);
}

#[test]
fn where_a_second_factor_is_on_a_password_proves_nothing_alone() {
    let (app, player) = TestApp::with_player("guarded");
    let device = enrol(&app, &player);
    wait(&app, 400);
    let codes = "/api/v1/auth/two-factor/recovery-codes";
    let made = |token: &str, code: &str| {
        let body = json!({ "code": code });
        app.post(codes, &body).token(token).send()
    };
    // A code alone is none either.
    refused(made(&player.token, &device.fresh_code(&app)));

    let answer = prove(&app, &player.token, &json!({ "password": PASSWORD }));
    answer.expect_mistakes("/code required");
    let both = |password: &str, code: &str| {
        let body = json!({ "password": password, "code": code });
        prove(&app, &player.token, &body)
    };
    both(PASSWORD, &device.wrong_code(&app)).expect_problem(403, "wrong_two_factor_code");
    let code = device.fresh_code(&app);
    both("not the right words", &code).expect_problem(403, "wrong_password");
    refused(make_key(&app, &player.token));
    let token = text(&both(PASSWORD, &code).ok()["access_token"]);
    both(PASSWORD, &code).expect_problem(403, "wrong_two_factor_code");
    let amr = serde_json::from_str::<Value>(&payload_of(&token).text()).expect("JSON");
    assert_eq!(amr["amr"], json!(["pwd", "otp"]));
    make_key(&app, &token).expect(201);
    // A recovery code proves once.
    let body = json!({ "password": PASSWORD, "code": device.recovery_codes[0] });
    let token = text(&prove(&app, &player.token, &body).ok()["access_token"]);
    make_key(&app, &token).expect(201);
    prove(&app, &token, &body).expect_problem(403, "wrong_two_factor_code");
    assert_eq!(app.logged("two_factor.recovery_code_used"), 1);
    made(&token, &device.fresh_code(&app)).expect(200);
}

#[test]
fn no_proof_brings_a_login_back() {
    for (name, sql) in [
        ("ended", "UPDATE sessions SET ended_at = 1"),
        ("too old", "UPDATE sessions SET expires_at = 1"),
        (
            "from before the password changed",
            "UPDATE users SET password_changed_at = (SELECT authenticated_at + 1 FROM sessions)",
        ),
        ("disabled", "UPDATE users SET disabled_at = 1"),
    ] {
        let (app, player) = TestApp::with_player("revenant");
        let since = || app.count("SELECT authenticated_at FROM sessions");
        let before = since();
        // Long enough that it would be moved, and looked at just now.
        wait(&app, 100);
        app.get_as(&player, ME).expect(200);
        app.execute(sql);
        let answer = prove(&app, &player.token, &json!({ "password": PASSWORD }));
        let status = answer.status;
        assert!((400..500).contains(&status), "{name}: {status}");
        assert_eq!(since(), before, "{name}");
        wait(&app, 11);
        app.get_as(&player, ME).expect_problem(401, "invalid_token");
    }
}

#[test]
fn what_changes_between_the_look_and_the_write_leaves_a_proof_without_effect() {
    let factor = "INSERT INTO two_factor (user_id, sealed_secret, created_at, confirmed_at) \
                  SELECT id, x'00', 1, 1 FROM users";
    for sql in [
        "UPDATE users SET password_hash = 'another'",
        "UPDATE users SET password_changed_at = password_changed_at + 1000000000",
        "UPDATE users SET disabled_at = 1",
        "UPDATE sessions SET ended_at = 1",
        "DELETE FROM sessions",
        factor,
    ] {
        let (app, player) = TestApp::with_player("raced");
        wait(&app, 100);
        let call = ("POST", REAUTHENTICATE, &json!({ "password": PASSWORD }));
        let write = "UPDATE sessions SET authenticated_at";
        let status = app.raced(write, sql.to_owned(), &player, call);
        assert!((400..500).contains(&status), "{sql}: {status}");
        let moved = app.rows("sessions WHERE authenticated_at > created_at");
        assert_eq!(moved, 0, "{sql}");
    }
}
