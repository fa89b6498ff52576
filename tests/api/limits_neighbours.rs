//! Limits where many share a network: the addresses of one IPv6 network count together, and a good
//! credential is never refused for what its neighbours send. The quotas are those of production.

use super::limits::{app, from, isolate, left, production, refused};
use testing::prelude::*;
use wvw_builder::auth::api_key::Key;

const SHARED: &str = "192.0.2.7";

/// An address in a /64 of its own.
type Neighbour = fn(u32) -> String;

fn in_one_site(number: u32) -> String {
    format!("2001:db8:1:{:x}::1", number % 256)
}

fn in_one_block(number: u32) -> String {
    format!("2001:db8:1:{:x}00::1", number % 256)
}

/// A call to `path` that is counted before its body is refused: nothing is hashed.
fn counted<'a>(app: &'a TestApp, path: &str) -> Call<'a> {
    match path {
        ROLES => app.get(ROLES),
        path => app.post(path, &json!({})),
    }
}

/// Sends to `path` from 256 or 300 addresses, each twice; gives how many were let in.
fn let_in(app: &TestApp, neighbour: Neighbour, path: &str) -> u32 {
    let mut count = 0;
    for number in 0..600 {
        let answer = from(&neighbour(number / 2), counted(app, path));
        count += u32::from(answer.status != 429);
    }
    count
}

#[test]
fn three_hundred_addresses_of_one_ipv6_network_have_a_few_quotas_together() {
    let sites: (Neighbour, u8) = (in_one_site, 56);
    let blocks: (Neighbour, u8) = (in_one_block, 48);
    for (what, path, (neighbour, bits), quota) in [
        ("anonymous", ROLES, sites, 400),
        ("login", LOGIN, sites, 80),
        ("registration", REGISTER, sites, 20),
        ("login", LOGIN, blocks, 320),
        ("registration", REGISTER, blocks, 80),
    ] {
        let app = app();
        let name = format!("{what}-{bits}");
        let policy = name.as_str();
        assert_eq!(let_in(&app, neighbour, path), quota, "{name}");
        // One who has sent nothing yet, and one in another network of the size.
        let send = |address: &str| from(address, counted(&app, path));
        refused(send(&neighbour(255)), &[policy]);
        assert_ne!(send("2001:db8:2::1").status, 429, "{name}: another /48");
        assert_ne!(send("192.0.2.9").status, 429, "{name}: IPv4");
        // Another isolate finds it out by one question for each network, and remembers it.
        let other = isolate(&app, 2);
        let asked = app.test.limiter.calls();
        for number in 0..50 {
            let answer = from(&neighbour(100 + number), counted(&other, path));
            refused(answer, &[policy]);
        }
        assert!(app.test.limiter.calls() - asked <= 3, "{name}");
    }
}

#[test]
fn many_sites_of_one_block_have_sixteen_quotas() {
    let app = TestApp::with(|name| match name {
        "LIMIT_ANONYMOUS" => Some("5/3600".to_owned()),
        _ => production(name),
    });
    assert_eq!(let_in(&app, in_one_block, ROLES), 80);
    refused(
        from("2001:db8:1:ff00::1", app.get(ROLES)),
        &["anonymous-48"],
    );
}

#[test]
fn an_answer_tells_of_the_network_with_the_least_left() {
    let app = app();
    let send = |number: u32| from(&in_one_site(number), app.get(ROLES));
    let first = send(0);
    assert_eq!(left(&first), 99);
    let policy = "\"anonymous\";q=100;w=60";
    assert_eq!(first.header("ratelimit-policy"), Some(policy));
    for number in 1..=350 {
        send(number / 4).expect(200);
    }
    let answer = send(200);
    assert_eq!(left(&answer), 48);
    let policy = "\"anonymous-56\";q=400;w=60";
    assert_eq!(answer.header("ratelimit-policy"), Some(policy));
}

#[test]
fn a_refused_request_is_charged_to_none_of_its_networks() {
    let app = app();
    let send = |number: u32| from(&in_one_site(number), app.get(ROLES)).status;
    let passed = (0..300).filter(|_| send(0) == 200).count();
    assert_eq!(passed, 100);
    let passed = (0..600)
        .filter(|number| send(1 + number / 4) == 200)
        .count();
    assert_eq!(passed, 300);
}

#[test]
fn an_ipv4_address_asks_one_object_and_an_ipv6_address_three() {
    for (address, questions) in [(SHARED, 1), ("::ffff:192.0.2.7", 1), ("2001:db8:1:2::1", 3)] {
        let app = app();
        from(address, app.get(ROLES)).expect(200);
        assert_eq!(app.test.limiter.calls(), questions, "{address}");
        // The wide ones are leased.
        from(address, app.get(ROLES)).expect(200);
        assert!(app.test.limiter.calls() <= questions + 2, "{address}");
    }
}

/// A credential that is good, and a call that shows it is.
struct Good {
    player: Player,
    key: String,
}

impl Good {
    fn new(app: &TestApp, name: &str) -> Self {
        let player = app.player(name);
        let key = text(&app.api_key(&player, &["account:read"])["key"]);
        Self { player, key }
    }
}

/// Spends the shared address with what is worth nothing, in every isolate.
fn flood(isolates: &[TestApp], good: &Good, seed: u64) {
    let platform = isolates[0].test.platform(seed);
    let other = Secret::new(vec![9; 32]);
    let (head, signature) = good.player.token.rsplit_once('.').expect("three parts");
    let swapped: String = signature.chars().rev().collect();
    for number in 0..150 {
        let isolate = &isolates[number % isolates.len()];
        let made_up = Key::fresh(&platform, &other);
        let token = match number % 4 {
            0 => format!("{head}.{swapped}"),
            1 => format!("x{number}.y.z"),
            _ => made_up.expose().to_owned(),
        };
        let status = from(SHARED, isolate.get(ME).token(&token)).status;
        assert!(matches!(status, 401 | 429), "{status}");
        let refresh_token = &good.player.refresh_token;
        let forged = format!("{}A{}", &refresh_token[..31], &refresh_token[32..]);
        let body = json!({ "refresh_token": format!("{}{number}", &forged[..70]) });
        let status = from(SHARED, isolate.post(REFRESH, &body)).status;
        assert!(matches!(status, 401 | 429), "{status}");
    }
    for isolate in isolates {
        refused(from(SHARED, isolate.get(ROLES)), &["anonymous"]);
    }
}

fn isolates(app: &TestApp, first: u64) -> Vec<TestApp> {
    (first..first + 4).map(|seed| isolate(app, seed)).collect()
}

#[test]
fn a_good_credential_is_never_refused_for_its_neighbours() {
    let app = app();
    let good = Good::new(&app, "shared");
    let flooded = isolates(&app, 2);
    flood(&flooded, &good, 101);
    // In isolates that have seen the flood, and in such that have seen nothing at all.
    let mut refresh_token = good.player.refresh_token.clone();
    for isolate in flooded.iter().chain(&isolates(&app, 12)) {
        for credential in [&good.player.token, &good.key] {
            let answer = from(SHARED, isolate.get(ME).token(credential)).expect(200);
            assert!(!answer.header("ratelimit").unwrap().contains("anonymous"));
        }
        // What does not ask who calls is theirs to read too.
        from(SHARED, isolate.get(ROLES).token(&good.key)).expect(200);
        from(SHARED, isolate.get(ROLES).by(&good.player)).expect(200);
        let body = json!({ "refresh_token": refresh_token });
        let renewed = from(SHARED, isolate.post(REFRESH, &body)).ok();
        refresh_token = text(&renewed["refresh_token"]);
        refused(from(SHARED, isolate.get(ROLES)), &["anonymous"]);
        let bad = isolate.get(ROLES).token("x.y.z");
        refused(from(SHARED, bad), &["anonymous"]);
    }
    let body = json!({ "refresh_token": refresh_token });
    from(SHARED, flooded[0].post(LOGOUT, &body)).expect(204);
}

#[test]
fn what_nobody_has_made_asks_neither_database_nor_objects_once_its_address_is_spent() {
    let app = app();
    let good = Good::new(&app, "quiet");
    let flooded = isolates(&app, 2);
    flood(&flooded, &good, 101);
    let asked = app.test.limiter.calls();
    let calls = app.calls_of(|| flood(&flooded, &good, 102));
    assert_eq!(calls, 0, "the database was asked");
    assert_eq!(app.test.limiter.calls(), asked);
}

#[test]
fn what_was_ours_and_has_ended_costs_its_address_and_one_look_in_ten_seconds() {
    let app = app();
    let good = Good::new(&app, "ended");
    let other = app.log_in(&good.player.email);
    let ended = [text(&other["access_token"]), good.key.clone()];
    app.clear("api_keys");
    let body = json!({ "refresh_token": other["refresh_token"] });
    // By another isolate: this one learns nothing of it.
    let elsewhere = isolate(&app, 9);
    elsewhere.post(LOGOUT, &body).expect(204);
    for token in &ended {
        let look = || drop(from(SHARED, app.get(ME).token(token)).expect(401));
        assert_eq!(app.calls_of(look), 1);
        let calls = app.calls_of(|| {
            for _ in 0..60 {
                from(SHARED, app.get(ME).token(token));
            }
        });
        assert_eq!(calls, 0);
    }
    refused(from(SHARED, app.get(ME).token(&ended[0])), &["anonymous"]);
    // Nothing of it was the account's to pay but what went back.
    let answer = from(SHARED, app.get(ME).by(&good.player)).expect(200);
    assert_eq!(left(&answer), 998);
    // A refresh token of a login that has ended has that login's quota and no more.
    let isolate = isolate(&app, 10);
    let calls = app.calls_of(|| {
        for number in 0..60 {
            let answer = from(SHARED, isolate.post(REFRESH, &body));
            assert_eq!(answer.status == 429, number >= 29, "{number}");
        }
    });
    assert_eq!(calls, 29);
    let own = json!({ "refresh_token": good.player.refresh_token });
    from(SHARED, isolate.post(REFRESH, &own)).expect(200);
}

#[test]
fn an_account_that_has_spent_its_quota_is_refused_also_where_its_token_is_new() {
    let limited = |name: &str| match name {
        "LIMIT_USER" => Some("5/3600".to_owned()),
        _ => production(name),
    };
    let app = TestApp::with(limited);
    let good = Good::new(&app, "greedy");
    for _ in 0..4 {
        from(SHARED, app.get(ME).by(&good.player)).expect(200);
    }
    let fresh = text(&app.log_in(&good.player.email)["access_token"]);
    let isolate = app.isolate_with(app.test.platform(2), limited);
    for token in [&good.player.token, &fresh] {
        let calls = app.calls_of(|| {
            refused(from(SHARED, isolate.get(ME).token(token)), &["user"]);
        });
        assert!(calls <= 1, "the keys at most");
    }
}

#[test]
fn a_body_that_names_a_login_is_charged_to_its_address_unless_the_token_is_ours() {
    let app = app();
    let token = app.player("body").refresh_token;
    let blanks = " ".repeat(2_000);
    for [policy, body] in rows(
        r#"
        refresh    {"refresh_token":"TOKEN"}
        refresh    {"refresh_token":"TOKEN","x":1}
        anonymous  {"refresh_token":"SHORT"}
        anonymous  refresh_token=TOKEN
        anonymous  ["TOKEN"]
        anonymous  {"refresh_token":"TOKEN"BLANKS}
        anonymous  NOTHING
        "#,
    ) {
        let sent = body.replace("TOKEN", &token).replace("SHORT", &token[1..]);
        let sent = sent.replace("BLANKS", &blanks).replace("NOTHING", "");
        let call = app.call("POST", LOGOUT).raw("application/json", sent);
        let answer = from(SHARED, call);
        let field = answer.header("ratelimit-policy").expect("it is counted");
        assert!(field.contains(&format!("\"{policy}\"")), "{body}: {field}");
    }
}
