//! Limits that an account cannot evade with fresh API keys or with its own password. Expensive calls are
//! counted by account, calls that reveal others by address. `limits` has whose quota a plain request is
//! counted against.

use testing::authenticator::enrol;
use testing::prelude::*;

use crate::limits::{from, left, production, refused};

const BREACHES: &str = "https://breaches.guild.gg/range/";

/// A fresh key of this player's: its id and its text.
#[track_caller]
fn key(app: &TestApp, player: &Player) -> (String, String) {
    let made = app.api_key(player, &["account:read"]);
    (text(&made["id"]), text(&made["key"]))
}

#[track_caller]
fn revoke(app: &TestApp, player: &Player, id: &str) {
    app.delete_as(player, &format!("{API_KEYS}/{id}"))
        .expect(204);
}

/// Calls with this key until one is refused, or `most` have passed; gives how many have.
fn spend(app: &TestApp, key: &str, most: u32) -> u32 {
    (0..most)
        .take_while(|_| app.get(ME).token(key).status() == 200)
        .fold(0, |count, _| count + 1)
}

#[test]
fn fresh_keys_are_no_fresh_quota() {
    let app = TestApp::with(production);
    let [player, other] = app.players(["churning", "other"]);
    // Made, spent, revoked, again and again.
    let mut passed = Vec::new();
    for _ in 0..4 {
        let (id, key) = key(&app, &player);
        passed.push(spend(&app, &key, 700));
        revoke(&app, &player, &id);
    }
    // 1,200 of the account, 600 of a key.
    assert_eq!(passed, [600, 600, 0, 0]);
    // All at once: none of them has anything.
    let keys: Vec<_> = (0..20).map(|_| key(&app, &player)).collect();
    for (_, key) in &keys {
        refused(app.get(ME).token(key).send(), &["account-keys"]);
    }
    // The owner can still do something about it, and others have their own.
    revoke(&app, &player, &keys[0].0);
    let (_, others) = key(&app, &other);
    assert_eq!(spend(&app, &others, 10), 10);
    // What the account has refused was not charged to the key: 600 of a key, 1,200 of all.
    app.test.clock.advance_ms(60_000);
    let first = app.get(ME).token(&keys[1].1).expect(200);
    assert_eq!(left(&first), 599);
    let policy = "\"api-key\";q=600;w=60";
    assert_eq!(first.header("ratelimit-policy"), Some(policy));
    assert_eq!(spend(&app, &keys[1].1, 700), 599);
    refused(app.get(ME).token(&keys[1].1).send(), &["api-key"]);
    assert_eq!(spend(&app, &keys[2].1, 700), 600);
    refused(app.get(ME).token(&keys[3].1).send(), &["account-keys"]);
}

#[test]
fn what_the_account_has_refused_is_not_charged_to_the_key() {
    let app = TestApp::with(|name| match name {
        // A key's quota does not come back within the account's minute.
        "LIMIT_API_KEY" => Some("5/3600".to_owned()),
        "LIMIT_ACCOUNT_KEYS" => Some("3/60".to_owned()),
        _ => config_value(name),
    });
    let player = app.player("two");
    let [(_, first), (_, second)] = [(); 2].map(|()| key(&app, &player));
    assert_eq!(spend(&app, &first, 5), 3);
    for _ in 0..10 {
        refused(app.get(ME).token(&second).send(), &["account-keys"]);
    }
    app.test.clock.advance_ms(60_000);
    assert_eq!(spend(&app, &second, 5), 3);
    refused(app.get(ME).token(&second).send(), &["account-keys"]);
}

#[test]
fn of_a_key_and_its_account_the_answer_tells_of_what_ends_first() {
    let app = TestApp::configured(&[("LIMIT_API_KEY", "60/60"), ("LIMIT_ACCOUNT_KEYS", "80/60")]);
    let player = app.player("two");
    let (_, first) = key(&app, &player);
    assert_eq!(spend(&app, &first, 50), 50);
    let (_, second) = key(&app, &player);
    let answer = app.get(ME).token(&second).expect(200);
    assert_eq!(left(&answer), 29);
    let policy = "\"account-keys\";q=80;w=60";
    assert_eq!(answer.header("ratelimit-policy"), Some(policy));
}

#[test]
fn a_bot_with_one_key_asks_the_objects_no_more_than_a_user_does() {
    let app = TestApp::with(production);
    let player = app.player("steady");
    let (_, key) = key(&app, &player);
    let before = app.test.limiter.calls();
    // Nine a second for half a minute.
    for _ in 0..270 {
        app.test.clock.advance_ms(111);
        app.get(ME).token(&key).expect(200);
    }
    let calls = app.test.limiter.calls() - before;
    assert!(calls <= 35, "{calls} questions for 270 requests");
}

#[test]
fn an_account_asks_for_few_addresses_and_has_few_passwords_hashed() {
    let app = TestApp::with(production);
    let player = app.player("curious");
    let other = app.player("taken");
    let ask = |address: &str, email: &str| {
        let body = json!({ "email": email, "current_password": PASSWORD });
        from(address, app.call("PATCH", ME).by(&player).json(&body))
    };
    let before = app.verifications();
    // As many as a stranger may register from there.
    for _ in 0..5 {
        ask("192.0.2.7", &other.email).expect(200);
    }
    refused(ask("192.0.2.7", &other.email), &["registration"]);
    refused(ask("192.0.2.7", "free@guild.gg"), &["registration"]);
    // From elsewhere too, the account has ten passwords a minute, right or wrong.
    for _ in 7..10 {
        ask("192.0.2.8", &other.email).expect(200);
    }
    assert_eq!(app.verifications() - before, 10);
    let wait = refused(ask("192.0.2.9", &other.email), &["password"]);
    assert_eq!(wait, 6);
    assert_eq!(app.verifications() - before, 10, "nothing was hashed");
    // A name is no address: it costs neither.
    let name = json!({ "display_name": "Same" });
    app.patch_as(&player, ME, &name).expect(200);
    app.test.clock.advance_ms(6_000);
    ask("192.0.2.9", "free@guild.gg").expect(200);
}

#[test]
fn every_call_that_takes_the_own_password_is_counted_with_the_others() {
    let app = TestApp::configured(&[("LIMIT_PASSWORD", "10/60"), ("BREACH_RANGE_URL", BREACHES)]);
    let player = app.player("five-calls");
    let code = enrol(&app, &player).fresh_code(&app);
    let wrong = "not the right words";
    let new = json!({ "current_password": wrong, "new_password": "five words in another row" });
    let address = json!({ "email": "x@guild.gg", "current_password": wrong });
    let both = json!({ "password": wrong, "code": code });
    let rows = [
        ("PATCH", ME, address),
        ("POST", CHANGE_PASSWORD, new),
        ("DELETE", "/api/v1/auth/two-factor", both.clone()),
        ("DELETE", ME, json!({ "password": wrong })),
        ("POST", "/api/v1/auth/reauthenticate", both),
    ];
    let send = |(method, path, body): &(&str, &str, Value)| {
        // Its pauses come sooner than the quota's.
        app.clear("guesses");
        app.as_player(&player, method, path, body)
    };
    app.test.web.take_requests();
    for number in 0..10 {
        send(&rows[number % 5]).expect_problem(403, "wrong_password");
    }
    let before = app.verifications();
    for row in &rows {
        refused(send(row), &["password"]);
    }
    assert_eq!(app.verifications(), before);
    let asked = app.test.web.requests().len();
    assert_eq!(asked, 0, "no other server, for who is not the owner");
}

#[test]
fn what_is_let_in_uncounted_is_told_of_also_when_it_came_late() {
    let app = TestApp::with(production);
    let lines = || -> Vec<[Value; 2]> {
        let lines = app.test.log.lines().into_iter();
        let lines = lines.filter(|(_, line)| line.contains("limiter_unavailable"));
        let lines = lines.map(|(_, line)| json_of(&line));
        lines
            .map(|line| ["count", "admitted"].map(|name| line[name].clone()))
            .collect()
    };
    let roles = || from("192.0.2.7", app.get(ROLES));
    roles().expect(200);
    assert!(lines().is_empty());
    app.test.limiter.set_away(true);
    app.test.clock.advance_ms(3_000);
    for _ in 0..7 {
        roles().expect(200);
    }
    let expected = json!([[1, 1]]);
    assert_eq!(json!(lines()), expected, "at once, and then once a minute");
    app.test.limiter.set_away(false);
    app.test.clock.advance_ms(5_000);
    roles().expect(200);
    assert_eq!(lines().len(), 1);
    app.test.clock.advance_ms(60_000);
    roles().expect(200);
    let expected = json!([[1, 1], [1, 7]]);
    assert_eq!(json!(lines()), expected, "six of them after the line");
    app.test.clock.advance_ms(60_000);
    roles().expect(200);
    assert_eq!(lines().len(), 2, "nothing new, nothing said");
}
