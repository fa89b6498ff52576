//! The table of attacks, guessing: the effect of a hundred failures of strangers on a password. An
//! address without an account behaves like one with. `login_throttle` has the counters of single places.

use testing::authenticator::guarded;
use testing::login_throttle::{
    CHANGE, ELSEWHERE, HOME, Try, WRONG, at_home, fail, from, set_strangers, stranger_to_all,
};
use testing::prelude::*;

const DISABLED: &str = "users WHERE password_disabled_at > 0";
const FAILURES: &str = "SELECT failures FROM guesses WHERE place = x'00'";

#[test]
fn the_hundredth_failure_of_strangers_disables_the_password_for_them() {
    let app = TestApp::new();
    let (player, tokens) = at_home(&app, "disabled");
    let device = text(&tokens["device_token"]);
    let disabled = || app.rows(DISABLED);
    let log_in = |address: &str| from(&player, PASSWORD, address).send(&app);
    for address in 1..=3 {
        fail(&app, &player, &format!("203.0.113.{address}"), 1);
    }
    assert_eq!(app.count(FAILURES), 3);
    set_strangers(&app, 98);
    fail(&app, &player, "203.0.113.4", 1);
    assert_eq!(disabled(), 0, "99");
    fail(&app, &player, "203.0.113.5", 1);
    assert_eq!(disabled(), 1, "100");
    let entry = app.audit_entries().pop().expect("an entry");
    let expected = json!(["password.disabled", "system"]);
    assert_eq!(json!([entry["action"], entry["actor"]]), expected);

    let compared = app.verifications();
    let refused = |password: &str, address: &str| {
        let answer = from(&player, password, address).send(&app);
        answer.expect_problem(429, "too_many_attempts")
    };
    let right = refused(PASSWORD, ELSEWHERE);
    assert_eq!(right.header("retry-after"), Some("86400"));
    for address in [ELSEWHERE, "203.0.113.6", "203.0.113.1"] {
        let wrong = refused(WRONG, address);
        let both = (right.without_request_id(), wrong.without_request_id());
        assert_eq!(both.0, both.1, "the right password is like a wrong one");
    }
    assert_eq!(app.verifications(), compared, "neither is looked at");
    log_in(HOME).expect(200);
    let attempt = from(&player, PASSWORD, ELSEWHERE).with_device(&device);
    attempt.send(&app).expect(200);
    // The address is a known one now; for strangers a login from there changes nothing.
    log_in(ELSEWHERE).expect(200);
    refused(PASSWORD, "203.0.113.99");
    // The time is true: then one attempt is heard.
    app.test.clock.advance_ms(DAY_MS - 1);
    refused(PASSWORD, "203.0.113.99");
    app.test.clock.advance_ms(1);
    from(&player, WRONG, "203.0.113.98").send(&app).expect(401);
    let again = refused(PASSWORD, "203.0.113.99");
    assert_eq!(again.header("retry-after"), Some("86400"));
    app.test.clock.advance_ms(DAY_MS);
    log_in("203.0.113.99").expect(200);
    assert_eq!(disabled(), 0);
    assert_eq!(app.logged("password.enabled"), 1);
    fail(&app, &player, "203.0.113.97", 1);
    log_in("203.0.113.96").expect(200);
}

#[test]
fn strangers_failures_change_no_answer_to_a_right_password_but_into_429() {
    // With a second factor: its challenge would tell that the password was right.
    let it = guarded();
    let player = &it.player;
    it.app.clear("guesses");
    for number in [0, 4, 5, 98, 99, 100, 5_000] {
        it.app.clear("guesses");
        from(player, WRONG, "203.0.113.1").send(&it.app).expect(401);
        set_strangers(&it.app, number);
        let bar = if number >= 100 { DAY_MS } else { 0 };
        it.app.execute(format!(
            "UPDATE guesses SET next_at = {} WHERE place = x'00'",
            it.app.test_now() + bar
        ));
        let right = from(player, PASSWORD, ELSEWHERE).send(&it.app);
        if number < 100 {
            right.expect_problem(401, "two_factor_required");
            continue;
        }
        let right = right.expect_problem(429, "too_many_attempts");
        let wrong = from(player, WRONG, "203.0.113.2").send(&it.app);
        let both = (right.without_request_id(), wrong.without_request_id());
        assert_eq!(both.0, both.1, "{number}");
    }
}

#[test]
fn an_unknown_address_is_barred_like_a_known_one() {
    let app = TestApp::new();
    let player = stranger_to_all(&app, "barred");
    let unknown = Player {
        email: "unknown@players.guild.gg".to_owned(),
        ..stranger_to_all(&app, "other")
    };
    let answers = [&player, &unknown].map(|player| {
        app.clear("guesses");
        fail(&app, player, "203.0.113.1", 1);
        set_strangers(&app, 99);
        let last = from(player, WRONG, "203.0.113.2").send(&app);
        let last = last.expect_problem(401, "invalid_credentials");
        let barred = from(player, PASSWORD, ELSEWHERE).send(&app);
        let barred = barred.expect_problem(429, "too_many_attempts");
        (last.without_request_id(), barred.without_request_id())
    });
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_known_place_that_has_failed_a_hundred_times_is_a_strangers() {
    for (failures, status) in [(99, 200), (100, 429)] {
        let app = TestApp::new();
        let (player, _) = at_home(&app, "abused");
        let sql = format!("UPDATE guesses SET failures = {failures} WHERE known_at > 0");
        app.execute(&sql);
        fail(&app, &player, "203.0.113.1", 1);
        set_strangers(&app, 99);
        fail(&app, &player, "203.0.113.2", 1);
        let answer = from(&player, PASSWORD, HOME).send(&app);
        assert_eq!(answer.status, status, "{failures}");
    }
}

#[test]
fn what_ends_the_row_of_strangers_failures() {
    let app = TestApp::new();
    let (player, tokens) = at_home(&app, "row");
    let token = text(&tokens["access_token"]);
    // A login does.
    fail(&app, &player, "203.0.113.1", 1);
    set_strangers(&app, 99);
    from(&player, PASSWORD, ELSEWHERE).send(&app).expect(200);
    fail(&app, &player, "203.0.113.2", 1);
    assert_eq!(app.rows(DISABLED), 0);
    // Failures in a known place are none of a stranger's.
    fail(&app, &player, HOME, 3);
    assert_eq!(app.count(FAILURES), 1);
    // Another password does, also when the old one was disabled.
    set_strangers(&app, 99);
    fail(&app, &player, "203.0.113.3", 1);
    from(&player, PASSWORD, "203.0.113.4")
        .send(&app)
        .expect(429);
    let new = "five other words in a row";
    let body = json!({ "current_password": PASSWORD, "new_password": new });
    app.post(CHANGE, &body).token(&token).expect(204);
    from(&player, new, "203.0.113.5").send(&app).expect(200);
}

#[test]
fn an_unknown_address_goes_the_same_way_to_the_hundredth_failure() {
    let app = TestApp::new();
    let wrong = |address: &str| {
        let attempt = Try {
            email: "unknown@players.guild.gg",
            password: WRONG,
            address,
            device_token: None,
        };
        attempt.send(&app).without_request_id()
    };
    let first = wrong("203.0.113.1");
    set_strangers(&app, 98);
    for address in 2..=3 {
        assert_eq!(wrong(&format!("203.0.113.{address}")), first);
    }
    let barred = wrong("203.0.113.4");
    assert_eq!(barred.0, 429);
    assert_eq!(wrong("203.0.113.5"), barred);
    assert_eq!(app.logged("password.disabled"), 0);
}
