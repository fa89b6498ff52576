//! The table of attacks, guessing: pauses, locks, known places and devices. An address without an account
//! gets the same response as one with, to the last header. `login_throttle_strangers` has strangers,
//! `login_throttle_waiting` concurrent correct attempts, `second_factor` codes.

use testing::login_throttle::{
    CHANGE, ELSEWHERE, HOME, Try, WRONG, at_home, fail, from, stranger_to_all,
};
use testing::prelude::*;
use wvw_builder::accounts::login_throttle::store;

const LOCK_MS: i64 = 15 * 60_000;

#[test]
fn of_a_hundred_at_once_five_are_compared() {
    let none = "DELETE FROM guesses";
    let forgotten = "UPDATE guesses SET failures = 1, updated_at = updated_at - 86400000";
    for (name, email, before) in [
        ("a known address", "known@guild.gg", none),
        ("an unknown address", "unknown@guild.gg", none),
        ("a forgotten failure", "known@guild.gg", forgotten),
    ] {
        let app = TestApp::new();
        app.register("known@guild.gg");
        let body = json!({ "email": email, "password": WRONG });
        app.post(LOGIN, &body).expect(401);
        app.execute(before);
        let isolates = app.slow_isolates(2..6);
        let answers = at_once(&isolates, vec![app.post(LOGIN, &body); 100]);
        let compared: u64 = isolates.iter().map(TestApp::verifications).sum();
        assert_eq!(compared, 5, "{name}");
        let counts = [401, 429].map(|status| count_of(&answers, status));
        assert_eq!(counts, [5, 95], "{name}");
    }
}

#[test]
fn pauses_grow_into_a_lock_and_are_the_same_for_an_unknown_address() {
    let app = TestApp::new();
    let player = stranger_to_all(&app, "paused");
    let attempt = |email, password| {
        let known = from(&player, password, HOME);
        Try { email, ..known }.send(&app)
    };
    // Known and unknown addresses, side by side.
    let both = |password, status, code| {
        let known = attempt(&player.email, password).expect_problem(status, code);
        let unknown = attempt("unknown@players.guild.gg", password);
        assert_eq!(known.without_request_id(), unknown.without_request_id());
        known
    };
    for (failures, pause_s) in [
        (1, 0),
        (2, 0),
        (3, 0),
        (4, 0),
        (5, 1),
        (6, 2),
        (7, 4),
        (8, 8),
        (9, 16),
        (10, 900),
        (11, 900),
        (12, 900),
    ] {
        both(WRONG, 401, "invalid_credentials");
        if pause_s == 0 {
            continue;
        }
        let compared = app.verifications();
        for (waited_ms, retry_after) in [(0, pause_s), (pause_s * 1000 - 1, 1)] {
            app.test.clock.advance_ms(waited_ms);
            // The right password is not looked at either.
            let known = both(PASSWORD, 429, "too_many_attempts");
            let wait = retry_after.to_string();
            assert_eq!(known.header("retry-after"), Some(&*wait), "{failures}");
        }
        assert_eq!(app.verifications(), compared, "{failures}");
        app.test.clock.advance_ms(1);
    }
    attempt(&player.email, PASSWORD).expect(200);
}

#[test]
fn success_and_a_quiet_day_begin_again() {
    for (name, reset) in [
        ("success", 0),
        ("a quiet day", DAY_MS),
        ("not quite a day", DAY_MS - 1),
    ] {
        let app = TestApp::new();
        let player = stranger_to_all(&app, "again");
        fail(&app, &player, HOME, 9);
        app.test.clock.advance_ms(16_000.max(reset));
        if reset == 0 {
            from(&player, PASSWORD, HOME).send(&app).expect(200);
        }
        fail(&app, &player, HOME, 1);
        let answer = from(&player, WRONG, HOME).send(&app);
        let expected = if reset == DAY_MS - 1 { 429 } else { 401 };
        assert_eq!(answer.status, expected, "{name}");
    }
}

#[test]
fn a_lock_is_of_one_account_in_one_place() {
    let app = TestApp::new();
    let (player, tokens) = at_home(&app, "locked");
    let (_, others) = at_home(&app, "neighbour");
    let [own, others] = [&tokens, &others].map(|login| text(&login["device_token"]));
    let address = "2001:db8:1:2::1";
    let mine = player.email.as_str();
    // Also what a device has seen does not unlock a stranger's place.
    fail(&app, &player, address, 10);
    for (name, email, address, token, status) in [
        ("the place", mine, address, "", 429),
        ("its network", mine, "2001:db8:1:2:ffff::9", "", 429),
        ("another network", mine, "2001:db8:1:3::1", "", 200),
        ("in capitals", "LOCKED@players.guild.gg", address, "", 429),
        (
            "another account",
            "neighbour@players.guild.gg",
            address,
            "",
            200,
        ),
        ("the owner's home", mine, HOME, "", 200),
        ("the owner's device, in the place", mine, address, &own, 200),
        ("a device of another account", mine, address, &others, 429),
        ("an access token as device", mine, address, "wvwd_AAAA", 429),
    ] {
        let attempt = Try {
            email,
            password: PASSWORD,
            address,
            device_token: Some(token).filter(|it| !it.is_empty()),
        };
        assert_eq!(attempt.send(&app).status, status, "{name}");
    }
}

#[test]
fn a_device_is_locked_by_its_own_failures_and_forgotten_after_180_days() {
    let app = TestApp::new();
    let (player, tokens) = at_home(&app, "device");
    let token = text(&tokens["device_token"]);
    let attempt = |password, address| {
        let attempt = from(&player, password, address).with_device(&token);
        attempt.send(&app)
    };
    for _ in 0..10 {
        attempt(WRONG, ELSEWHERE).expect(401);
        app.test.clock.advance_ms(16_000);
    }
    attempt(PASSWORD, ELSEWHERE).expect_problem(429, "too_many_attempts");
    from(&player, PASSWORD, ELSEWHERE).send(&app).expect(200);
    app.test.clock.advance_ms(LOCK_MS);
    attempt(PASSWORD, ELSEWHERE).expect(200);

    fail(&app, &player, "203.0.113.9", 10);
    for (name, days, status) in [("in time", 179, 200), ("too late", 180, 429)] {
        app.test.clock.set_ms(TEST_EPOCH_MS + days * DAY_MS);
        app.execute("UPDATE guesses SET next_at = 9000000000000 WHERE failures = 10");
        let answer = attempt(PASSWORD, "203.0.113.9");
        assert_eq!(answer.status, status, "{name}");
    }
}

#[test]
fn the_addresses_of_one_ipv6_network_guess_together() {
    let site: fn(u32) -> String = |n| format!("2001:db8:1:{n:x}::1");
    for (name, address, compared) in [
        ("a /56", site, 20),
        ("a /48", |n| format!("2001:db8:1:{n:x}00::1"), 80),
        ("networks apart", |n| format!("2001:db8:{n:x}::1"), 99),
    ] {
        let app = TestApp::new();
        let (player, _) = at_home(&app, "network");
        // Known places of the owner's in the very networks.
        let log_in = |address: &str| from(&player, PASSWORD, address).send(&app);
        for number in [0, 200] {
            log_in(&address(number)).expect(200);
        }
        let before = app.verifications();
        for number in 1..100 {
            from(&player, WRONG, &address(number)).send(&app);
        }
        assert_eq!(app.verifications() - before, compared, "{name}");
        let status = log_in(&address(100)).status;
        assert_eq!(status, if compared < 99 { 429 } else { 200 }, "{name}");
        log_in(&address(200)).expect(200);
        log_in("192.0.2.77").expect(200);
    }
}

#[test]
fn a_stolen_login_does_not_help_to_guess_the_password() {
    let app = TestApp::new();
    let (player, stolen) = at_home(&app, "stolen");
    let own = from(&player, PASSWORD, HOME).send(&app).ok();
    let change = |tokens: &Value, password: &str, address: &str| {
        let body = json!({ "current_password": password, "new_password": "five other words" });
        let call = app.post(CHANGE, &body).by(&player.with_tokens(tokens));
        call.from_address(address).send()
    };
    for address in 1..=5 {
        let answer = change(&stolen, WRONG, &format!("203.0.113.{address}"));
        answer.expect_problem(403, "wrong_password");
    }
    let compared = app.verifications();
    let refused = change(&stolen, PASSWORD, ELSEWHERE).expect_problem(429, "too_many_attempts");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(app.verifications(), compared);
    // Neither the owner's login nor a new one is held up.
    from(&player, PASSWORD, HOME).send(&app).expect(200);
    change(&own, PASSWORD, ELSEWHERE).expect(204);
}

#[test]
fn old_counters_go_and_what_still_counts_stays() {
    let app = TestApp::new();
    let now = app.test_now();
    for (name, place, days, known_days) in [
        ("a failure of now", 1, 0, None),
        ("a failure of yesterday", 2, 2, None),
        ("a known place of last week", 3, 7, Some(7)),
        ("a known place of last month", 4, 31, Some(31)),
        (
            "a place that failed long ago and is known since",
            5,
            40,
            Some(1),
        ),
        ("strangers of last week", 0, 7, None),
        ("strangers of last month, of another account", 0, 31, None),
    ] {
        let known = known_days.map_or("NULL".to_owned(), |days| (now - days * DAY_MS).to_string());
        app.execute(format!(
            "INSERT INTO guesses VALUES (CAST('{name}' AS BLOB), x'0{place}', 1, 0, {known}, {}, 0)",
            now - days * DAY_MS
        ));
    }
    let old = vec![store::old(now).batch()];
    block_on(app.test.database.batch(old)).expect("it runs");
    let left = app.texts("SELECT CAST(subject AS TEXT) FROM guesses ORDER BY 1");
    assert_eq!(
        left,
        [
            "a failure of now",
            "a known place of last week",
            "a place that failed long ago and is known since",
            "strangers of last week",
        ]
    );
}
