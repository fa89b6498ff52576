//! Concurrent login attempts that wait until others are checked. Correct ones all pass, and no more wrong
//! ones are compared than sequentially. `login_throttle` has a hundred wrong ones at once.

use testing::authenticator::guarded;
use testing::login_throttle::{HOME, WRONG, fail, from, stranger_to_all};
use testing::prelude::*;

const COUNTED: &str = "SELECT sum(failures) + sum(pending) FROM guesses";
/// As many attempts on an account as there may be, none of them judged yet.
const FULL: &str = "UPDATE guesses SET failures = 0, pending = 5 WHERE place <> x'00'";

/// How many of these calls, sent at once to isolates on a slow database, get each of `statuses`.
fn counts<const N: usize>(app: &TestApp, calls: Vec<Call<'_>>, statuses: [u16; N]) -> [usize; N] {
    // Randomness that no other call of this test has had.
    let first = 2 + 10 * app.rows("sessions").unsigned_abs();
    let sent = calls.len();
    let answers = at_once(&app.slow_isolates(first..first + 3), calls);
    let counts = statuses.map(|status| count_of(&answers, status));
    assert_eq!(counts.iter().sum::<usize>(), sent, "{answers:?}");
    counts
}

#[test]
fn eight_right_logins_at_once_wait_for_one_another() {
    let app = TestApp::new();
    let player = stranger_to_all(&app, "eight");
    let login = |password: &str| {
        let body = json!({ "email": player.email, "password": password });
        app.post(LOGIN, &body).from_address(HOME)
    };
    for (name, before) in [("nobody knows it", 0), ("after four failures", 4)] {
        app.clear("guesses");
        fail(&app, &player, HOME, before);
        let calls = (0..8).map(|_| login(PASSWORD)).collect();
        assert_eq!(counts(&app, calls, [200, 429]), [8, 0], "{name}");
        assert_eq!(app.count(COUNTED), 0, "{name}");
    }
    // Known by now, and as many as the address may send in a minute.
    let calls = (0..20).map(|_| login(PASSWORD)).collect();
    assert_eq!(counts(&app, calls, [200, 429]), [20, 0]);
    // Wrong ones among them are not more than ever.
    app.clear("guesses");
    let calls = (0..40).map(|_| login(WRONG)).collect();
    assert_eq!(counts(&app, calls, [401, 429]), [5, 35]);
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
    assert_eq!(counts(&it.app, calls.collect(), [200, 429]), [8, 0]);

    let (app, [player, other]) = TestApp::with_players(["own", "taken"]);
    let calls = (0..8).map(|_| {
        let body = json!({ "email": other.email, "current_password": PASSWORD });
        let call = app.call("PATCH", ME).json(&body);
        call.by(&player)
    });
    // The password was right: one changes the account, the others read an older version.
    let answered = counts(&app, calls.collect(), [200, 412, 429]);
    assert_eq!(answered, [1, 7, 0]);
    assert_eq!(app.count(COUNTED), 0);
}

#[test]
fn who_finds_no_room_waits_until_others_are_judged() {
    let app = TestApp::new();
    let player = stranger_to_all(&app, "waiting");
    fail(&app, &player, HOME, 1);
    app.execute(FULL);
    let before = app.verifications();
    let judged = async {
        for _ in 0..20 {
            step_aside().await;
        }
        assert_eq!(app.verifications(), before, "nothing is judged meanwhile");
        app.execute("UPDATE guesses SET pending = 4");
    };
    let body = json!({ "email": player.email, "password": PASSWORD });
    let call = app.post(LOGIN, &body).from_address(HOME);
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
    app.execute(FULL);
    let try_it = || from(&player, PASSWORD, HOME).send(&app);
    let waited = try_it().expect_problem(429, "too_many_attempts");
    assert_eq!(waited.header("retry-after"), Some("1"));
    app.test.clock.advance_ms(29_999);
    try_it().expect(429);
    app.test.clock.advance_ms(1);
    // Five failures, and the second of their pause is over.
    try_it().expect(200);
}
