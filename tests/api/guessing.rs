//! The table of attacks, guessing: pauses, locks, known places, disabled passwords, and many at
//! once. Promises that an address without an account answers like one with, to the last header.
//! Leaves codes of the second factor to `second_factor`.

use serde_json::{Value, json};
use wvw_builder::http::request::Header;
use wvw_builder::identity::guessing::store;
use wvw_builder::platform::Platform;

use crate::support::authenticator::guarded;
use crate::support::databases::{Slow, all_together, platform_on, step_aside, together};
use crate::support::{Answer, Call, PASSWORD, Player, TestApp, text};

const LOGIN: &str = "/api/v1/auth/login";
const CHANGE: &str = "/api/v1/auth/password";
const WRONG: &str = "another four words";
const HOME: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.7";
const LOCK_MS: i64 = 15 * 60_000;
const DAY_MS: i64 = 86_400_000;

/// One attempt to log in.
struct Try<'a> {
    email: &'a str,
    password: &'a str,
    address: &'a str,
    device_token: Option<&'a str>,
}

impl Try<'_> {
    fn send(&self, app: &TestApp) -> Answer {
        let mut body = json!({ "email": self.email, "password": self.password });
        if let Some(token) = self.device_token {
            body["device_token"] = token.into();
        }
        let call = app.post(LOGIN, &body);
        call.header(Header::ConnectingIp, self.address).send()
    }
}

fn from<'a>(player: &'a Player, password: &'a str, address: &'a str) -> Try<'a> {
    Try {
        email: &player.email,
        password,
        address,
        device_token: None,
    }
}

/// An account that has never been logged in to: no place is known.
fn stranger_to_all(app: &TestApp, name: &str) -> Player {
    let email = format!("{name}@players.guild.gg");
    Player {
        id: app.register(&email),
        email,
        token: String::new(),
        refresh_token: String::new(),
    }
}

/// An account that has been logged in to from home.
fn at_home(app: &TestApp, name: &str) -> (Player, Value) {
    let player = stranger_to_all(app, name);
    let tokens = from(&player, PASSWORD, HOME).send(app).expect(200).json();
    (player, tokens)
}

/// Fails `count` times from an address, waiting out the pauses but not what the last one leaves.
fn fail(app: &TestApp, player: &Player, address: &str, count: usize) {
    for number in 0..count {
        if number >= 5 {
            app.test.clock.advance_ms(16_000);
        }
        let answer = from(player, WRONG, address).send(app);
        answer.expect_problem(401, "invalid_credentials");
    }
}

#[test]
fn of_a_hundred_at_once_five_are_compared() {
    for (name, email, before) in [
        ("a known address", "known@guild.gg", ""),
        ("an unknown address", "unknown@guild.gg", ""),
        (
            "after a failure that is forgotten by now",
            "known@guild.gg",
            "UPDATE guesses SET failures = 1, updated_at = updated_at - 86400000",
        ),
    ] {
        let app = TestApp::new();
        app.register("known@guild.gg");
        let body = json!({ "email": email, "password": WRONG });
        app.post(LOGIN, &body).send().expect(401);
        app.test.database.execute(if before.is_empty() {
            "DELETE FROM guesses"
        } else {
            before
        });
        let isolates: Vec<TestApp> = (2..6)
            .map(|seed| {
                let slow = Box::new(Slow(app.test.database.clone()));
                app.isolate_on(platform_on(&app.test, seed, slow))
            })
            .collect();
        let requests: Vec<_> = (0..100).map(|_| app.post(LOGIN, &body).request()).collect();
        let at_once = requests.iter().enumerate();
        let answers = all_together(at_once.map(|(n, it)| isolates[n % 4].app.handle(it)));
        let compared: u64 = isolates.iter().map(TestApp::verifications).sum();
        assert_eq!(compared, 5, "{name}");
        let count = |status| answers.iter().filter(|it| it.status == status).count();
        assert_eq!((count(401), count(429)), (5, 95), "{name}");
    }
}

#[test]
fn pauses_grow_into_a_lock_and_are_the_same_for_an_unknown_address() {
    let app = TestApp::new();
    let player = stranger_to_all(&app, "paused");
    let attempt = |email, password| {
        let attempt = Try {
            email,
            password,
            address: HOME,
            device_token: None,
        };
        attempt.send(&app)
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
        let known = attempt(&player.email, WRONG);
        let known = known.expect_problem(401, "invalid_credentials");
        let unknown = attempt("unknown@players.guild.gg", WRONG);
        let both = (known.without_request_id(), unknown.without_request_id());
        assert_eq!(both.0, both.1, "{failures}");
        if pause_s == 0 {
            continue;
        }
        let compared = app.verifications();
        for (waited_ms, retry_after) in [(0, pause_s), (pause_s * 1000 - 1, 1)] {
            app.test.clock.advance_ms(waited_ms);
            // The right password is not looked at either.
            let known = attempt(&player.email, PASSWORD);
            let known = known.expect_problem(429, "too_many_attempts");
            let wait = retry_after.to_string();
            assert_eq!(
                known.header("retry-after"),
                Some(wait.as_str()),
                "{failures}"
            );
            let unknown = attempt("unknown@players.guild.gg", PASSWORD);
            let both = (known.without_request_id(), unknown.without_request_id());
            assert_eq!(both.0, both.1, "{failures}");
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
    let old = text(&tokens["device_token"]);
    let address = "2001:db8:1:2::1";
    // Also what a device has seen does not unlock a stranger's place.
    fail(&app, &player, address, 10);
    for (name, email, address, token, status) in [
        ("the place", player.email.as_str(), address, None, 429),
        (
            "its network",
            &player.email,
            "2001:db8:1:2:ffff::9",
            None,
            429,
        ),
        (
            "another network",
            &player.email,
            "2001:db8:1:3::1",
            None,
            200,
        ),
        (
            "the address in capitals",
            "LOCKED@players.guild.gg",
            address,
            None,
            429,
        ),
        (
            "another account",
            "neighbour@players.guild.gg",
            address,
            None,
            200,
        ),
        ("the owner's home", &player.email, HOME, None, 200),
        (
            "the owner's device, in the very place",
            &player.email,
            address,
            Some(old.clone()),
            200,
        ),
        (
            "a device of another account",
            &player.email,
            address,
            Some(text(&others["device_token"])),
            429,
        ),
        (
            "an access token as device",
            &player.email,
            address,
            Some("wvwd_AAAA".to_owned()),
            429,
        ),
    ] {
        let attempt = Try {
            email,
            password: PASSWORD,
            address,
            device_token: token.as_deref(),
        };
        assert_eq!(attempt.send(&app).status, status, "{name}");
    }
}

#[test]
fn a_device_is_locked_by_its_own_failures_and_forgotten_after_180_days() {
    let app = TestApp::new();
    let (player, tokens) = at_home(&app, "device");
    let token = text(&tokens["device_token"]);
    let attempt = |password| {
        let attempt = Try {
            device_token: Some(&token),
            ..from(&player, password, ELSEWHERE)
        };
        attempt.send(&app)
    };
    for _ in 0..10 {
        attempt(WRONG).expect(401);
        app.test.clock.advance_ms(16_000);
    }
    attempt(PASSWORD).expect_problem(429, "too_many_attempts");
    from(&player, PASSWORD, ELSEWHERE).send(&app).expect(200);
    app.test.clock.advance_ms(LOCK_MS);
    attempt(PASSWORD).expect(200);

    fail(&app, &player, "203.0.113.9", 10);
    for (name, days, status) in [("in time", 179, 200), ("too late", 180, 429)] {
        app.test
            .clock
            .set_ms(wvw_builder::platform::native::TEST_EPOCH_MS + days * DAY_MS);
        app.test
            .database
            .execute("UPDATE guesses SET next_at = 9000000000000 WHERE failures = 10");
        let attempt = Try {
            device_token: Some(&token),
            ..from(&player, PASSWORD, "203.0.113.9")
        };
        assert_eq!(attempt.send(&app).status, status, "{name}");
    }
}

/// As after so many failures of strangers.
fn set_strangers(app: &TestApp, count: i64) {
    let sql = format!("UPDATE guesses SET failures = {count} WHERE place = x'00'");
    app.test.database.execute(&sql);
}

#[test]
fn the_hundredth_failure_of_strangers_disables_the_password_for_them() {
    let app = TestApp::new();
    let (player, tokens) = at_home(&app, "disabled");
    let device = text(&tokens["device_token"]);
    let disabled = || app.count("SELECT count(*) FROM users WHERE password_disabled_at > 0");
    for address in 1..=3 {
        fail(&app, &player, &format!("203.0.113.{address}"), 1);
    }
    assert_eq!(
        app.count("SELECT failures FROM guesses WHERE place = x'00'"),
        3
    );
    set_strangers(&app, 98);
    fail(&app, &player, "203.0.113.4", 1);
    assert_eq!(disabled(), 0, "99");
    fail(&app, &player, "203.0.113.5", 1);
    assert_eq!(disabled(), 1, "100");
    let logged = "SELECT count(*) FROM audit_log WHERE action = 'password.disabled' \
                  AND actor = 'system'";
    assert_eq!(app.count(logged), 1);

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
    from(&player, PASSWORD, HOME).send(&app).expect(200);
    let with_device = Try {
        device_token: Some(&device),
        ..from(&player, PASSWORD, ELSEWHERE)
    };
    with_device.send(&app).expect(200);
    // The address is a known one now; for strangers a login from there changes nothing.
    from(&player, PASSWORD, ELSEWHERE).send(&app).expect(200);
    refused(PASSWORD, "203.0.113.99");
    // The time is true: then one attempt is heard.
    app.test.clock.advance_ms(DAY_MS - 1);
    refused(PASSWORD, "203.0.113.99");
    app.test.clock.advance_ms(1);
    from(&player, WRONG, "203.0.113.98").send(&app).expect(401);
    let again = refused(PASSWORD, "203.0.113.99");
    assert_eq!(again.header("retry-after"), Some("86400"));
    app.test.clock.advance_ms(DAY_MS);
    from(&player, PASSWORD, "203.0.113.99")
        .send(&app)
        .expect(200);
    assert_eq!(disabled(), 0);
    let enabled = "SELECT count(*) FROM audit_log WHERE action = 'password.enabled'";
    assert_eq!(app.count(enabled), 1);
    fail(&app, &player, "203.0.113.97", 1);
    from(&player, PASSWORD, "203.0.113.96")
        .send(&app)
        .expect(200);
}

#[test]
fn strangers_failures_change_no_answer_to_a_right_password_but_into_429() {
    // With a second factor: its challenge would tell that the password was right.
    let it = guarded();
    let player = &it.player;
    it.app.test.database.execute("DELETE FROM guesses");
    for number in [0, 4, 5, 98, 99, 100, 5_000] {
        it.app.test.database.execute("DELETE FROM guesses");
        from(player, WRONG, "203.0.113.1").send(&it.app).expect(401);
        set_strangers(&it.app, number);
        let bar = if number >= 100 { DAY_MS } else { 0 };
        it.app.test.database.execute(&format!(
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
        app.test.database.execute("DELETE FROM guesses");
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

/// Sends all of them at once, in turns, to isolates on a slow database; gives how many were answered
/// with each of `statuses`.
fn at_once<const N: usize>(app: &TestApp, calls: Vec<Call<'_>>, statuses: [u16; N]) -> [usize; N] {
    // Randomness that no other call of this test has had.
    let first = 2 + 10 * app.count("SELECT count(*) FROM sessions").unsigned_abs();
    let isolates: Vec<TestApp> = (first..first + 3)
        .map(|seed| {
            let slow = Box::new(Slow(app.test.database.clone()));
            app.isolate_on(platform_on(&app.test, seed, slow))
        })
        .collect();
    let requests: Vec<_> = calls.iter().map(Call::request).collect();
    let at_once = requests.iter().enumerate();
    let answers = all_together(at_once.map(|(n, it)| isolates[n % 3].app.handle(it)));
    app.skip_log();
    let others: Vec<_> = answers
        .iter()
        .filter(|it| !statuses.contains(&it.status))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    statuses.map(|status| answers.iter().filter(|it| it.status == status).count())
}

#[test]
fn eight_right_logins_at_once_wait_for_one_another() {
    let app = TestApp::new();
    let player = stranger_to_all(&app, "eight");
    let login = |password: &str| {
        let body = json!({ "email": player.email, "password": password });
        let call = app.post(LOGIN, &body);
        call.header(Header::ConnectingIp, HOME)
    };
    for (name, before) in [("nobody knows it", 0), ("after four failures", 4)] {
        app.test.database.execute("DELETE FROM guesses");
        fail(&app, &player, HOME, before);
        let calls = (0..8).map(|_| login(PASSWORD)).collect();
        assert_eq!(at_once(&app, calls, [200, 429]), [8, 0], "{name}");
        let counted = "SELECT sum(failures) + sum(pending) FROM guesses";
        assert_eq!(app.count(counted), 0, "{name}");
    }
    // Known by now, and as many as the address may send in a minute.
    let calls = (0..20).map(|_| login(PASSWORD)).collect();
    assert_eq!(at_once(&app, calls, [200, 429]), [20, 0]);
    // Wrong ones among them are not more than ever.
    app.test.database.execute("DELETE FROM guesses");
    let calls = (0..40).map(|_| login(WRONG)).collect();
    assert_eq!(at_once(&app, calls, [401, 429]), [5, 35]);
}

#[test]
fn eight_right_codes_and_own_passwords_at_once_wait_for_one_another() {
    let it = guarded();
    let codes: Vec<String> = it.authenticator.recovery_codes[..8].to_vec();
    let challenges: Vec<String> = codes.iter().map(|_| it.challenge()).collect();
    let calls = codes.iter().zip(&challenges).map(|(code, challenge)| {
        let body = json!({ "challenge": challenge, "code": code });
        it.app.post("/api/v1/auth/login/two-factor", &body)
    });
    assert_eq!(at_once(&it.app, calls.collect(), [200, 429]), [8, 0]);

    let app = TestApp::new();
    let (player, other) = (app.player("own"), app.player("taken"));
    let calls = (0..8).map(|_| {
        let body = json!({ "email": other.email, "current_password": PASSWORD });
        let call = app.call("PATCH", "/api/v1/users/me").json(&body);
        call.token(&player.token)
    });
    // The password was right: one changes the account, the others read an older version.
    let answered = at_once(&app, calls.collect(), [200, 412, 429]);
    assert_eq!(answered, [1, 7, 0]);
    assert_eq!(
        app.count("SELECT sum(failures) + sum(pending) FROM guesses"),
        0
    );
}

#[test]
fn who_finds_no_room_waits_until_others_are_judged() {
    let app = TestApp::new();
    let player = stranger_to_all(&app, "waiting");
    fail(&app, &player, HOME, 1);
    let full = "UPDATE guesses SET failures = 0, pending = 5 WHERE place <> x'00'";
    app.test.database.execute(full);
    let before = app.verifications();
    let judged = async {
        for _ in 0..20 {
            step_aside().await;
        }
        assert_eq!(app.verifications(), before, "nothing is judged meanwhile");
        app.test.database.execute("UPDATE guesses SET pending = 4");
    };
    let body = json!({ "email": player.email, "password": PASSWORD });
    let call = app.post(LOGIN, &body).header(Header::ConnectingIp, HOME);
    let request = call.request();
    let (answer, ()) = together(app.app.handle(&request), judged);
    assert_eq!(answer.status, 200);
    app.skip_log();
}

#[test]
fn what_dies_while_it_is_judged_counts_as_wrong_after_half_a_minute() {
    let app = TestApp::new();
    let player = stranger_to_all(&app, "dying");
    fail(&app, &player, HOME, 1);
    let sql = "UPDATE guesses SET failures = 0, pending = 5 WHERE place <> x'00'";
    app.test.database.execute(sql);
    let try_it = || from(&player, PASSWORD, HOME).send(&app);
    let waited = try_it().expect_problem(429, "too_many_attempts");
    assert_eq!(waited.header("retry-after"), Some("1"));
    app.test.clock.advance_ms(29_999);
    try_it().expect(429);
    app.test.clock.advance_ms(1);
    // Five failures, and the second of their pause is over.
    try_it().expect(200);
}

#[test]
fn the_addresses_of_one_ipv6_network_guess_together() {
    for (name, address, compared) in [
        (
            "a /56",
            (|n| format!("2001:db8:1:{n:x}::1")) as fn(u32) -> String,
            20,
        ),
        ("a /48", |n| format!("2001:db8:1:{n:x}00::1"), 80),
        ("networks apart", |n| format!("2001:db8:{n:x}::1"), 99),
    ] {
        let app = TestApp::new();
        let (player, _) = at_home(&app, "network");
        // Known places of the owner's in the very networks.
        for number in [0, 200] {
            from(&player, PASSWORD, &address(number))
                .send(&app)
                .expect(200);
        }
        let before = app.verifications();
        for number in 1..100 {
            from(&player, WRONG, &address(number)).send(&app);
        }
        assert_eq!(app.verifications() - before, compared, "{name}");
        let status = from(&player, PASSWORD, &address(100)).send(&app).status;
        assert_eq!(status, if compared < 99 { 429 } else { 200 }, "{name}");
        from(&player, PASSWORD, &address(200))
            .send(&app)
            .expect(200);
        from(&player, PASSWORD, "192.0.2.77").send(&app).expect(200);
    }
}

#[test]
fn a_known_place_that_has_failed_a_hundred_times_is_a_strangers() {
    for (failures, status) in [(99, 200), (100, 429)] {
        let app = TestApp::new();
        let (player, _) = at_home(&app, "abused");
        let sql = format!("UPDATE guesses SET failures = {failures} WHERE known_at > 0");
        app.test.database.execute(&sql);
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
    assert_eq!(
        app.count("SELECT count(*) FROM users WHERE password_disabled_at > 0"),
        0
    );
    // Failures in a known place are none of a stranger's.
    fail(&app, &player, HOME, 3);
    assert_eq!(
        app.count("SELECT failures FROM guesses WHERE place = x'00'"),
        1
    );
    // Another password does, also when the old one was disabled.
    set_strangers(&app, 99);
    fail(&app, &player, "203.0.113.3", 1);
    from(&player, PASSWORD, "203.0.113.4")
        .send(&app)
        .expect(429);
    let new = "five other words in a row";
    let body = json!({ "current_password": PASSWORD, "new_password": new });
    app.post(CHANGE, &body).token(&token).send().expect(204);
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
    let cause = "SELECT count(*) FROM audit_log WHERE action = 'password.disabled'";
    assert_eq!(app.count(cause), 0);
}

#[test]
fn a_stolen_login_does_not_help_to_guess_the_password() {
    let app = TestApp::new();
    let (player, stolen) = at_home(&app, "stolen");
    let own = from(&player, PASSWORD, HOME).send(&app).expect(200).json();
    let change = |tokens: &Value, password: &str, address: &str| {
        let body = json!({ "current_password": password, "new_password": "five other words" });
        let call = app
            .post(CHANGE, &body)
            .token(&text(&tokens["access_token"]));
        call.header(Header::ConnectingIp, address).send()
    };
    for address in 1..=5 {
        let answer = change(&stolen, WRONG, &format!("203.0.113.{address}"));
        answer.expect_problem(403, "wrong_password");
    }
    let compared = app.verifications();
    let refused = change(&stolen, PASSWORD, ELSEWHERE);
    let refused = refused.expect_problem(429, "too_many_attempts");
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
        app.test.database.execute(&format!(
            "INSERT INTO guesses VALUES (CAST('{name}' AS BLOB), x'0{place}', 1, 0, {known}, {}, 0)",
            now - days * DAY_MS
        ));
    }
    let platform: Platform = app.test.platform(2);
    pollster::block_on(platform.database.batch(vec![store::old(now).portion()])).expect("it runs");
    let left = app
        .test
        .database
        .execute("SELECT CAST(subject AS TEXT) FROM guesses ORDER BY 1");
    let left: Vec<_> = left.iter().map(|row| row.text(0).expect("text")).collect();
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
