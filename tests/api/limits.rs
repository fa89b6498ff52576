//! The rows "Limits" of the table of attacks: whose quota a request is counted against, the response, and
//! what happens when counting fails. The quotas are those of production. `tests/limits.rs` has the
//! arithmetic and many isolates.

use testing::prelude::*;
use wvw_builder::platform::Level;

const ADDRESS: &str = "192.0.2.7";

/// The quotas of production.
pub fn production(name: &str) -> Option<String> {
    config_value(name).filter(|_| !name.starts_with("LIMIT_"))
}

pub fn app() -> TestApp {
    TestApp::with(production)
}

/// Another isolate under the quotas of production.
pub fn isolate(app: &TestApp, seed: u64) -> TestApp {
    app.isolate_with(app.test.platform(seed), production)
}

/// Sends the call from `address`.
#[track_caller]
pub fn from(address: &str, call: Call<'_>) -> Answer {
    call.from_address(address).send()
}

/// What `RateLimit` says is left.
#[track_caller]
pub fn left(answer: &Answer) -> u32 {
    let field = answer.header("ratelimit").expect("RateLimit");
    let (_, rest) = field.split_once(";r=").expect("r");
    let (left, _) = rest.split_once(';').expect("t");
    left.parse().expect("a number")
}

/// A problem 429 of these policies; gives its Retry-After.
#[track_caller]
pub fn refused(answer: Answer, policies: &[&str]) -> i64 {
    let answer = answer.expect_problem(429, "quota_exceeded");
    let body = answer.json();
    let kind = "https://iana.org/assignments/http-problem-types#quota-exceeded";
    assert_eq!(body["type"], kind);
    assert_eq!(body["violated-policies"], json!(policies));
    let seconds = answer.header("retry-after").expect("Retry-After");
    let seconds = seconds.parse().ok().filter(|it| *it >= 1);
    seconds.expect("a second or more")
}

/// Spends `count` of an address without an account.
#[track_caller]
fn spend(app: &TestApp, address: &str, count: u32) {
    for _ in 0..count {
        from(address, app.get(ROLES)).expect(200);
    }
}

fn wrong_login(app: &TestApp) -> Call<'_> {
    let body = json!({ "email": "nobody@guild.gg", "password": "not the right words" });
    app.post(LOGIN, &body)
}

#[test]
fn every_answer_says_how_its_caller_stands() {
    let app = app();
    let player = app.player("standing");
    let policies = [
        ("anonymous", "\"anonymous\";q=100;w=60"),
        ("user", "\"user\";q=1000;w=60, \"burst\";q=50;w=1"),
        ("login", "\"login\";q=20;w=60"),
    ];
    let policies = BTreeMap::from(policies);
    let build = format!("{BUILDS}/build_01h455vb4pex5vsknk084sn02q");
    let mine = |method: &str| app.call(method, &build).by(&player);
    for (call, status, name, left, seconds) in [
        (app.get(ROLES), 200, "anonymous", 99, 1),
        (app.get("/nothing"), 404, "anonymous", 98, 2),
        (app.call("PATCH", ROLES), 405, "anonymous", 97, 2),
        (app.get(ME), 401, "anonymous", 96, 3),
        (app.get(ME).token("x.y.z"), 401, "anonymous", 95, 3),
        (app.get("/api/v1/builds?limit=x"), 422, "anonymous", 94, 4),
        // Twelve were handed out at once: all of them will be back in 12 x 60 ms.
        (app.get(ME).by(&player), 200, "user", 999, 1),
        (mine("GET"), 404, "user", 998, 1),
        (mine("DELETE"), 404, "user", 997, 1),
        (wrong_login(&app), 401, "login", 18, 6),
    ] {
        let answer = call.expect(status);
        answer.expect_header("ratelimit-policy", policies[name]);
        let standing = format!("\"{name}\";r={left};t={seconds}");
        answer.expect_header("ratelimit", &standing);
    }
}

#[test]
fn what_is_not_counted_has_no_quota_and_asks_nobody() {
    let app = app();
    let before = app.test.limiter.calls();
    for _ in 0..200 {
        for target in [
            "/health/live",
            "/docs",
            "/docs/problems/quota_exceeded",
            "/openapi.json",
        ] {
            let answer = app.get(target).expect(200);
            for name in ["ratelimit", "ratelimit-policy"] {
                assert_eq!(answer.header(name), None, "{target}");
            }
        }
        let preflight = app.call("OPTIONS", BUILDS).header(Header::Origin, ORIGIN);
        let preflight = preflight.header(Header::RequestMethod, "POST");
        assert_eq!(preflight.expect(204).header("ratelimit"), None);
    }
    assert_eq!(app.test.limiter.calls(), before);
}

#[test]
fn a_spent_quota_is_refused_until_it_is_there_again() {
    let app = app();
    spend(&app, ADDRESS, 100);
    assert_eq!(refused(from(ADDRESS, app.get(ROLES)), &["anonymous"]), 1);
    let answer = from(ADDRESS, app.get(ROLES));
    assert_eq!(answer.header("ratelimit"), Some("\"anonymous\";r=0;t=60"));
    from("192.0.2.8", app.get(ROLES)).expect(200);
    // 60 s / 100: not a millisecond sooner.
    app.test.clock.advance_ms(599);
    refused(from(ADDRESS, app.get(ROLES)), &["anonymous"]);
    app.test.clock.advance_ms(1);
    from(ADDRESS, app.get(ROLES)).expect(200);
    refused(from(ADDRESS, app.get(ROLES)), &["anonymous"]);
    app.test.clock.advance_ms(60_000);
    spend(&app, ADDRESS, 100);
    refused(from(ADDRESS, app.get(ROLES)), &["anonymous"]);
}

#[test]
fn a_refusal_is_not_forgotten_and_asks_the_object_once() {
    let app = app();
    spend(&app, ADDRESS, 100);
    refused(from(ADDRESS, app.get(ROLES)), &["anonymous"]);
    let before = app.test.limiter.calls();
    for _ in 0..50 {
        refused(from(ADDRESS, app.get(ROLES)), &["anonymous"]);
    }
    assert_eq!(app.test.limiter.calls(), before);
    // Another isolate, or this one after a restart, knows nothing: the object does.
    refused(from(ADDRESS, isolate(&app, 2).get(ROLES)), &["anonymous"]);
    app.test.limiter.run_alarms();
    refused(from(ADDRESS, isolate(&app, 3).get(ROLES)), &["anonymous"]);
    // When all of it is there again, nothing is left to be remembered.
    app.test.clock.advance_ms(60_002);
    app.test.limiter.run_alarms();
    assert_eq!(app.test.limiter.names(), Vec::<String>::new());
}

#[test]
fn an_address_is_what_cloudflare_says_and_an_ipv6_network_is_one() {
    for (first, second, is_one) in [
        (ADDRESS, ADDRESS, true),
        (ADDRESS, "192.0.2.8", false),
        (ADDRESS, "::ffff:192.0.2.7", true),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true),
        ("2001:db8:1:2::1", "2001:DB8:0001:2::9", true),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
        ("not an address", "192.0.2.7, 192.0.2.8", true),
        ("not an address", ADDRESS, false),
    ] {
        let app = app();
        spend(&app, first, 100);
        let status = from(second, app.get(ROLES)).status;
        assert_eq!(status == 429, is_one, "{first} and {second}");
    }
    // The boundary reads the named headers and no others: these cannot say anything.
    let spoofed = "x-forwarded-for x-real-ip true-client-ip forwarded x-client-ip via x-forwarded \
                   x-cluster-client-ip fastly-client-ip cf-connecting-ipv6 cf-pseudo-ipv4";
    for name in spoofed.split(' ') {
        assert!(!Header::NAMES.contains(&name), "{name} is read");
    }
}

#[test]
fn spellings_of_a_path_share_one_bucket() {
    let app = app();
    let targets = "/api/v1/game/roles /api/v1/game/roles?x=1 /API/V1/GAME/ROLES /nothing/at/all \
                   /api/v1/game/roles/ //api/v1/game/roles /api/v1/game/%72oles \
                   /api/v1/game/roles;a=b /api/v1/../v1/game/roles /api/v1/game/weapons";
    let targets: Vec<&str> = targets.split(' ').collect();
    for round in 0..10 {
        for (index, target) in targets.iter().enumerate() {
            let answer = from(ADDRESS, app.get(target));
            assert_ne!(answer.status, 429, "{target}");
            let sent = 10 * round + u32::try_from(index).expect("small") + 1;
            assert_eq!(left(&answer), 100 - sent, "{target}");
        }
    }
    for target in targets {
        refused(from(ADDRESS, app.get(target)), &["anonymous"]);
        from(ADDRESS, app.call("HEAD", target)).expect(429);
    }
}

#[test]
fn bad_tokens_are_slowed_down_before_the_database_is_asked() {
    let app = app();
    let player = app.player("known");
    from(ADDRESS, app.get(ME).by(&player)).expect(200);
    let fresh = text(&app.log_in(&player.email)["access_token"]);
    let mut unknown = 0;
    let answer = loop {
        // Each of another kind: nothing of it can be remembered.
        let token = format!("{}{unknown}", fresh.replace('.', ".x"));
        let answer = from(ADDRESS, app.get(ME).token(&token));
        if answer.status == 429 {
            break answer;
        }
        answer.expect_problem(401, "invalid_token");
        unknown += 1;
        assert!(unknown <= 100, "nothing slows them down");
    };
    assert_eq!(unknown, 100);
    refused(answer, &["anonymous"]);
    let statements = app.test.database.statements();
    let calls = app.test.limiter.calls();
    for token in ["x.y.z", "", &format!("{fresh}A")] {
        refused(from(ADDRESS, app.get(ME).token(token)), &["anonymous"]);
    }
    assert_eq!(app.test.database.statements(), statements, "database");
    assert_eq!(app.test.limiter.calls(), calls, "object");
    // Good ones do not pay for them, seen before or not.
    from(ADDRESS, app.get(ME).by(&player)).expect(200);
    from(ADDRESS, app.get(ME).token(&fresh)).expect(200);
}

#[test]
fn a_request_counts_once() {
    let app = app();
    let player = app.player("once");
    // Questions to the object, and what is left.
    let cost = |call: Call<'_>| {
        let before = app.test.limiter.calls();
        let answer = from(ADDRESS, call);
        (app.test.limiter.calls() - before, left(&answer))
    };
    assert_eq!(cost(wrong_login(&app)), (1, 19));
    assert_eq!(
        cost(app.get(ROLES)),
        (1, 99),
        "the login has not counted here"
    );
    // A token seen for the first time says itself whose it is: its address pays nothing.
    assert_eq!(cost(app.get(ME).by(&player)), (1, 999));
    assert_eq!(cost(app.get(ROLES)), (1, 98));
    // Known by now: a lease of the account is there.
    for request in 1..=11 {
        assert_eq!(cost(app.get(ME).by(&player)), (0, 999 - request));
    }
    assert_eq!(cost(app.get(ME).by(&player)), (1, 987));
    // After its two seconds the rest of a lease goes back with the next question.
    app.test.clock.advance_ms(2_000);
    assert_eq!(cost(app.get(ME).by(&player)), (1, 999));
}

#[test]
fn an_account_has_a_minute_and_a_second_to_spend() {
    let app = app();
    let player = app.player("busy");
    let me = || app.get_as(&player, ME);
    for _ in 0..50 {
        me().expect(200);
    }
    refused(me(), &["burst"]);
    app.test.clock.advance_ms(20);
    me().expect(200);
    refused(me(), &["burst"]);
    // Fifty at once and fifty a second: 50 + 50 t is more than 1000 + 16 2/3 t after 28.5 s.
    let mut spent = 51;
    let answer = loop {
        app.test.clock.advance_ms(20);
        let answer = me();
        if answer.status != 200 {
            break answer;
        }
        spent += 1;
    };
    refused(answer, &["user"]);
    assert!((1_474..=1_476).contains(&spent), "{spent}");
    let other = app.player("other");
    app.get_as(&other, ME).expect(200);
}

#[test]
fn accounts_and_logins_have_quotas_of_their_own() {
    let app = app();
    let register = |number: i32| {
        let body = json!({ "email": format!("p{number}@guild.gg"), "password": PASSWORD, "display_name": "P" });
        from(ADDRESS, app.post(REGISTER, &body))
    };
    for number in 0..5 {
        register(number).expect(201);
    }
    // 3600 s / 5
    assert_eq!(refused(register(5), &["registration"]), 720);
    for number in 0..20 {
        // Of one account alone, wrong logins would be too many before.
        let email = format!("n{number}@guild.gg");
        let login = json!({ "email": email, "password": "not the right words" });
        from(ADDRESS, app.post(LOGIN, &login)).expect(401);
    }
    assert_eq!(refused(from(ADDRESS, wrong_login(&app)), &["login"]), 3);
    assert_eq!(left(&from(ADDRESS, app.get(ROLES))), 99);
    app.test.clock.advance_ms(720_000);
    register(5).expect(201);
    refused(register(6), &["registration"]);
}

#[test]
fn when_nobody_can_count_guessing_stops_and_the_rest_goes_on_at_a_quarter() {
    let app = app();
    let player = app.player("patient");
    app.get_as(&player, ME).expect(200);
    app.test.clock.advance_ms(5_000);
    app.test.limiter.set_away(true);
    let registration =
        json!({ "email": "new@guild.gg", "password": PASSWORD, "display_name": "N" });
    for _ in 0..3 {
        for call in [wrong_login(&app), app.post(REGISTER, &registration)] {
            let statements = app.test.database.statements();
            let answer = from(ADDRESS, call).expect_problem(503, "unavailable");
            assert!(answer.header("retry-after").is_some());
            assert_eq!(app.test.database.statements(), statements);
        }
    }
    spend(&app, ADDRESS, 25);
    refused(from(ADDRESS, app.get(ROLES)), &["anonymous"]);
    for _ in 0..12 {
        app.get_as(&player, ME).expect(200);
    }
    refused(app.get_as(&player, ME), &["burst"]);
    let warnings = || {
        let lines = app.test.log.lines().into_iter();
        let lines = lines.filter(|(_, line)| line.contains("limiter_unavailable"));
        lines.collect::<Vec<_>>()
    };
    let (level, line) = warnings().remove(0);
    let line = json_of(&line);
    assert_eq!((level, &line["level"]), (Level::Warn, &json!("warn")));
    assert_eq!(line["cause"], "limiter: away");
    assert_eq!(warnings().len(), 1, "one line a minute");
    app.test.clock.advance_ms(60_000);
    from(ADDRESS, app.get(ROLES)).expect(200);
    assert_eq!(warnings().len(), 2);
    let line = json_of(&warnings()[1].1);
    assert_eq!(line["count"], 5, "each key was asked for once a second");
    assert_eq!(line["admitted"], 25 + 12 + 1);
    // Back again: after a second everything is as it was.
    app.test.limiter.set_away(false);
    app.test.clock.advance_ms(1_000);
    from(ADDRESS, wrong_login(&app)).expect(401);
    assert_eq!(left(&from(ADDRESS, app.get(ROLES))), 99);
}

#[test]
fn the_names_of_objects_give_nobody_away() {
    let app = app();
    let player = app.player("private");
    app.get_as(&player, ME).expect(200);
    spend(&app, ADDRESS, 1);
    let names = app.test.limiter.names();
    // Registration, login, the account, the address.
    assert_eq!(names.len(), 4);
    for name in &names {
        let is_hex = name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        assert!(is_hex && name.len() == 64, "{name}");
    }
    // Under another master key the same callers have other names.
    let other = TestApp::with(|name| match name {
        "MASTER_KEY" => production("PASSWORD_PEPPER"),
        "PASSWORD_PEPPER" => production("MASTER_KEY"),
        name => production(name),
    });
    spend(&other, ADDRESS, 1);
    assert!(!names.contains(&other.test.limiter.names()[0]));
}

#[test]
fn a_login_renews_itself_so_often_and_nobody_else_spends_that() {
    let app = app();
    let player = app.player("renewing");
    let refresh = |token: &str| {
        let body = json!({ "refresh_token": token });
        from(ADDRESS, app.post(REFRESH, &body))
    };
    // Names the login, but is none of its tokens: `wvwr_`, 26 characters of the id, then secrets.
    let (login, secret) = player.refresh_token.split_at(31);
    let other = if secret.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{login}{other}{}", &secret[1..]);
    for sent in 1..=40 {
        let answer = refresh(&forged).expect(401);
        let policy = answer.header("ratelimit-policy").expect("a policy");
        let expected = ("\"anonymous\";q=100;w=60", 100 - sent);
        assert_eq!((policy, left(&answer)), expected);
    }
    let mut token = player.refresh_token;
    for sent in 1..=30 {
        let answer = refresh(&token).expect(200);
        let policy = answer.header("ratelimit-policy").expect("a policy");
        let expected = ("\"refresh\";q=30;w=60", 30 - sent);
        assert_eq!((policy, left(&answer)), expected);
        token = text(&answer.json()["refresh_token"]);
    }
    assert_eq!(refused(refresh(&token), &["refresh"]), 2);
    // The refused one was not looked at, and costs its address nothing either.
    assert_eq!(left(&from(ADDRESS, app.get(ROLES))), 59);
    app.test.clock.advance_ms(2_000);
    refresh(&token).expect(200);
}
