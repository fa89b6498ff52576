//! The second factor for its owner: on, off, recovery codes, storage, and the limit of wrong codes.
//! Nothing of it changes without proof. `attacks_second_factor` has the table of attacks.

use testing::authenticator::{
    Authenticator, CONFIRM, STEP_MS, TWO_FACTOR, challenge, enrol, guarded,
};
use testing::login_throttle::from;
use testing::prelude::*;

#[test]
fn a_challenge_is_no_login() {
    let it = guarded();
    let sessions = it.app.rows("sessions");
    let answer = it.app.log_in_with(&it.player.email, PASSWORD);
    let answer = answer.expect(401).json();
    assert!(answer["access_token"].is_null() && answer["device_token"].is_null());
    assert_eq!(it.app.rows("sessions"), sessions);
    let wrong = it.app.log_in_with(&it.player.email, "another four words");
    wrong.expect_problem(401, "invalid_credentials");
}

#[test]
fn a_new_challenge_does_not_begin_the_count_again() {
    let it = guarded();
    let from = |address: &str, device_token: Option<&str>| {
        let mut attempt = from(&it.player, PASSWORD, address);
        attempt.device_token = device_token;
        let answer = attempt.send(&it.app);
        let answer = answer.expect_problem(401, "two_factor_required");
        text(&answer.json()["challenge"])
    };
    let known = it.log_in(&it.fresh_code()).ok();
    let device = text(&known["device_token"]);
    let mut pauses = Vec::new();
    for number in 0..12 {
        // Each from another address, with a challenge of its own.
        let challenge = from(&format!("203.0.113.{number}"), None);
        it.give(&challenge, &it.wrong_code()).expect(401);
        let answer = it.give(&challenge, &it.wrong_code());
        if answer.status == 429 {
            let wait = answer.header("retry-after").expect("seconds");
            let seconds: i64 = wait.parse().expect("a number");
            pauses.push(seconds);
            it.app.wait_ms(seconds * 1000);
        }
    }
    assert_eq!(pauses[..6], [1, 2, 4, 8, 16, 900]);
    it.give(&from("203.0.113.50", None), &it.wrong_code())
        .expect(401);
    let locked = it.give(&from("203.0.113.51", None), it.recovery_code());
    locked.expect_problem(429, "too_many_attempts");
    // The owner's device has a counter of its own.
    let challenge = from("203.0.113.52", Some(&device));
    it.give(&challenge, &it.fresh_code()).expect(200);
}

#[test]
fn a_recovery_code_makes_a_disabled_password_count_again() {
    let it = guarded();
    // A place that is known, and strangers who have failed too often.
    it.log_in(&it.fresh_code()).expect(200);
    let next_at = it.app.test_now() + 86_400_000;
    for sql in [
        "UPDATE users SET password_disabled_at = 1",
        &format!("UPDATE guesses SET failures = 100, next_at = {next_at} WHERE place = x'00'"),
    ] {
        it.app.execute(sql);
    }
    let is_disabled = || it.app.rows("users WHERE password_disabled_at > 0");
    let elsewhere = || from(&it.player, PASSWORD, "203.0.113.60").send(&it.app);
    it.app.wait_ms(STEP_MS);
    it.log_in(&it.fresh_code()).expect(200);
    assert_eq!(is_disabled(), 1, "a code of the app is not enough");
    elsewhere().expect_problem(429, "too_many_attempts");
    it.log_in(it.recovery_code()).expect(200);
    assert_eq!(is_disabled(), 0);
    assert_eq!(it.app.logged("password.enabled"), 1);
    elsewhere().expect_problem(401, "two_factor_required");
}

#[test]
fn a_secret_counts_only_once_it_is_confirmed() {
    let (app, player) = TestApp::with_player("begins");
    let begin = || app.act_as(&player, TWO_FACTOR);
    let confirm = |code: &str| app.post_as(&player, CONFIRM, &json!({ "code": code }));
    confirm("000000").expect_problem(409, "two_factor_not_enabled");
    let first = Authenticator::scan(&begin().ok());
    let answer = begin().ok();
    let second = Authenticator::scan(&answer);
    let svg = text(&answer["qr_svg"]);
    assert!(svg.starts_with("<svg ") && !svg.contains(&text(&answer["secret"])));
    // Not confirmed: the password is enough.
    let other = app.log_in(&player.email);
    confirm(&first.code_at(app.test_now())).expect_problem(403, "wrong_two_factor_code");
    confirm(&second.wrong_code(&app)).expect_problem(403, "wrong_two_factor_code");
    app.log_in(&player.email);

    confirm(&second.code_at(app.test_now())).expect(200);
    challenge(&app, &player);
    app.get_as(&player, ME).expect(200);
    let others = app.get(ME).token(&text(&other["access_token"])).send();
    others.expect_problem(401, "invalid_token");
    begin().expect_problem(409, "two_factor_enabled");
    confirm(&second.fresh_code(&app)).expect_problem(409, "two_factor_enabled");
    assert_eq!(app.logged("two_factor.enabled"), 1);
}

#[test]
fn it_is_switched_off_with_password_and_code_only() {
    let it = guarded();
    let (right, wrong) = (it.fresh_code(), it.wrong_code());
    let other = it.log_in(it.recovery_code()).ok();
    let used = it.recovery_code();
    let both = |password: &str, code: &str| json!({ "password": password, "code": code });
    for (body, status, code) in [
        (json!({}), 422, "invalid_input"),
        (json!({ "password": PASSWORD }), 422, "invalid_input"),
        (json!({ "code": right }), 422, "invalid_input"),
        (both("another four words", &right), 403, "wrong_password"),
        (both(PASSWORD, &wrong), 403, "wrong_two_factor_code"),
        (both(PASSWORD, used), 403, "wrong_two_factor_code"),
    ] {
        it.own("DELETE", TWO_FACTOR, &body)
            .expect_problem(status, code);
        challenge(&it.app, &it.player);
    }
    let empty = it.app.delete_as(&it.player, TWO_FACTOR);
    empty.expect_problem(400, "body_required");
    it.switch_off(PASSWORD, &right).expect(204);
    it.app.log_in(&it.player.email);
    it.app.get_as(&it.player, ME).expect(200);
    let others = it.app.get(ME).token(&text(&other["access_token"])).send();
    others.expect_problem(401, "invalid_token");
    assert_eq!(it.app.rows("recovery_codes"), 0);
    let again = it.switch_off(PASSWORD, &it.fresh_code());
    again.expect_problem(409, "two_factor_not_enabled");
    let codes = it.own("POST", RECOVERY_CODES, &json!({ "code": it.fresh_code() }));
    codes.expect_problem(409, "two_factor_not_enabled");
    // And on again, with another secret.
    enrol(&it.app, &it.player);
    challenge(&it.app, &it.player);
}

#[test]
fn a_stolen_login_does_not_help_to_guess_codes() {
    let it = guarded();
    let other = it.log_in(it.recovery_code()).ok();
    for _ in 0..5 {
        let answer = it.own("POST", RECOVERY_CODES, &json!({ "code": it.wrong_code() }));
        answer.expect_problem(403, "wrong_two_factor_code");
    }
    let body = json!({ "code": it.code_of(1) });
    let answer = it.own("POST", RECOVERY_CODES, &body);
    answer.expect_problem(429, "too_many_attempts");
    let answer = it.switch_off(PASSWORD, &it.code_of(1));
    answer.expect_problem(429, "too_many_attempts");
    let call = it.app.post(RECOVERY_CODES, &body);
    call.token(&text(&other["access_token"])).send().expect(200);
}

#[test]
fn nothing_of_the_second_factor_is_kept_readable() {
    let it = guarded();
    let challenge = it.challenge();
    let recovery = it.recovery_code().replace('-', "");
    for table in ["two_factor", "recovery_codes", "challenges", "audit_log"] {
        let rows = it.app.execute(format!("SELECT * FROM {table}"));
        assert!(!rows.is_empty(), "{table}");
        for row in rows {
            let row = format!("{row:?}");
            for secret in [
                format!("{:?}", it.authenticator.secret()),
                format!("{:?}", recovery.as_bytes()),
                recovery.clone(),
                challenge.clone(),
            ] {
                let secret = secret.trim_matches(['[', ']']);
                assert!(!row.contains(secret), "{table}: {row}");
            }
        }
    }
    // Nor does a secret open in another account's row.
    let other = it.app.player("mover");
    it.app.execute(format!(
        "INSERT INTO two_factor SELECT '{}', sealed_secret, 1, NULL, NULL, NULL FROM two_factor",
        other.id
    ));
    let body = json!({ "code": it.fresh_code() });
    it.app.post_as(&other, CONFIRM, &body).expect(500);
}
