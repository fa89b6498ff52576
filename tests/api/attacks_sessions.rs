//! The table of attacks, rows "Tokens", the rest: time, place, flood, scope, and what ends a token. A
//! token is valid only as long as its key, its session and its proof. `sessions` has refresh tokens,
//! `signing_keys` the states of keys.

use sha2::{Digest, Sha256};
use testing::authenticator::{Guarded, enrol, guarded};
use testing::forge::{encode, signing_input};
use testing::prelude::*;
use testing::scene::scene;

/// What ends a session is noticed by every isolate within this time.
const RECHECK_MS: i64 = 10_000;

#[test]
fn the_edges_of_time_that_are_still_good() {
    let scene = scene();
    let now = scene.payload.number("iat");
    let header = scene.forger.header();
    for (name, claim, seconds) in [
        ("expired by 29 s", "exp", -29),
        ("not valid for 30 s", "nbf", 30),
        ("issued in 30 s", "iat", 30),
    ] {
        let payload = scene.payload.clone();
        let payload = payload.set(claim, &(now + seconds).to_string());
        let token = scene.forger.sign(&header, &payload);
        assert_eq!(scene.app.get(ME).token(&token).status(), 200, "{name}");
    }
    // The service's own token, as its clock runs: also once it is remembered.
    let own = |status: u16| scene.app.get_as(&scene.player, ME).expect(status);
    own(200);
    scene.app.test.clock.advance_ms((600 + 29) * 1000);
    own(200);
    scene.app.test.clock.advance_ms(1_000);
    own(401);
    scene.app.isolate(3).get_as(&scene.player, ME).expect(401);
}

#[test]
fn credentials_in_other_places_and_other_schemes() {
    let scene = scene();
    let key = scene.app.api_key(&scene.player, &["account:read"]);
    for token in [&scene.player.token, &text(&key["key"])] {
        for query in "access_token= token= api_key= key= authorization=Bearer%20".split(' ') {
            let get = |path: &str| scene.app.get(&format!("{path}?{query}{token}"));
            get(ME).expect_problem(401, "authentication_required");
            // Nor does it make anyone of a caller where a caller is welcome.
            get(BUILDS).expect_problem(422, "invalid_input");
        }
        let bad = "Bearer @, Bearer @|Bearer @, Basic dXNlcjpwYXNz|Basic dXNlcjpwYXNz, Bearer @|\
                   Basic @|Token @|ApiKey @|DPoP @|Bearer @ |Bearer\t@|Bearer@|Bearer token=@|@|\
                   Bearer|Bearer |";
        for credentials in bad.split('|') {
            let credentials = credentials.replace('@', token);
            for target in [ME, &scene.public_build] {
                let call = scene.app.get(target);
                let call = call.header(Header::Authorization, &credentials);
                call.expect_problem(401, "invalid_token");
            }
        }
        for scheme in ["bearer", "BEARER", "Bearer "] {
            let credentials = format!("{scheme} {token}");
            let call = scene.app.get(ME);
            call.header(Header::Authorization, &credentials).expect(200);
        }
        // In the place of a refresh token it is nothing.
        let refreshed = scene.app.refresh(token);
        refreshed.expect_problem(401, "invalid_refresh_token");
    }
}

#[test]
fn a_thousand_unknown_kids_cost_one_look() {
    let scene = scene();
    scene.app.test.clock.advance_ms(30_000);
    let calls = scene.app.calls_of(|| {
        for number in 0..1_000 {
            let kid = format!("\"{number:A>43}\"");
            let header = scene.forger.header().set("kid", &kid);
            let answer = scene.app.get(ME).token(&scene.forged(&header)).send();
            assert_eq!(answer.status, 401);
        }
    });
    assert!(calls <= 10, "{calls} round trips");
    // Those who are known are not locked out meanwhile.
    scene.app.get_as(&scene.player, ME).expect(200);
}

#[test]
fn a_token_is_as_good_as_its_key() {
    let scene = scene();
    let now = scene.app.test_now();
    let (past, later) = (now - DAY_MS, now + DAY_MS);
    for (seed, (name, life, status)) in [
        ("in overlap", format!("0, {past}, {later}, NULL"), 200),
        (
            "its last moment",
            format!("0, {past}, {}, NULL", now + 1),
            200,
        ),
        ("retired", format!("0, {past}, {now}, NULL"), 401),
        ("retired long ago", "0, 1, 2, NULL".to_owned(), 401),
        ("not yet active", format!("{later}, NULL, NULL, NULL"), 401),
        (
            "tomorrow's",
            format!("{later}, {later}, {later}, NULL"),
            401,
        ),
        ("revoked", format!("0, {past}, {later}, {past}"), 401),
        ("revoked early", format!("{later}, NULL, NULL, {past}"), 401),
    ]
    .into_iter()
    .enumerate()
    {
        let seed = 20 + u8::try_from(seed).expect("few");
        let signer = Forger::with_life(&scene.app, seed, &life);
        let token = signer.sign(&signer.header(), &scene.payload);
        // An isolate that reads the keys anew, and one that has them from KV.
        let fresh = scene.app.isolate(u64::from(seed));
        for (isolate, app) in [("this isolate", &scene.app), ("a fresh one", &fresh)] {
            let answer = app.get(ME).token(&token).send();
            assert_eq!(answer.status, status, "{name}: {isolate}");
            if status == 401 {
                answer.expect_problem(401, "invalid_token");
            }
        }
    }
}

/// What a login of the same player does.
type Change = (&'static str, fn(&Guarded));

#[test]
fn what_changes_the_proof_ends_every_other_login() {
    let changes: [Change; 3] = [
        ("the password was changed", |it| {
            let changed = it.app.change_password(&it.player, "five other words here");
            changed.expect(204);
        }),
        ("the second factor was switched off", |it| {
            it.switch_off(PASSWORD, &it.fresh_code()).expect(204);
        }),
        ("the second factor was switched off and on again", |it| {
            it.switch_off(PASSWORD, &it.fresh_code()).expect(204);
            it.app.test.clock.advance_ms(30_000);
            enrol(&it.app, &it.player);
        }),
    ];
    for (name, change) in changes {
        let it = guarded();
        let other = it.log_in(it.recovery_code()).ok();
        it.app.test.clock.advance_ms(1_000);
        change(&it);
        let access = text(&other["access_token"]);
        for app in [&it.app, &it.app.isolate(2)] {
            let answer = app.get(ME).token(&access).send();
            assert_eq!(answer.status, 401, "{name}: its access token");
            let own = app.get_as(&it.player, ME);
            assert_eq!(own.status, 200, "{name}: the login that did it");
        }
        let refreshed = it.app.refresh(&text(&other["refresh_token"]));
        refreshed.expect_problem(401, "invalid_refresh_token");
        it.app.refresh(&it.player.refresh_token).expect(200);
    }
}

#[test]
fn a_key_of_small_order_verifies_nothing() {
    let scene = scene();
    let mut point = [0; 32];
    point[0] = 1;
    let kid = encode(&Sha256::digest(format!(
        r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#,
        encode(&point)
    )));
    scene.app.execute(format!(
        "INSERT INTO signing_keys (kid, generation, public_key, created_at, activates_at) \
         VALUES ('{kid}', -1, x'01{}', 0, 0)",
        "00".repeat(31)
    ));
    // Under the neutral element any message has this signature, unless verification is strict.
    let header = scene.forger.header().set("kid", &json!(kid).to_string());
    let input = signing_input(&header.text(), &scene.payload.text());
    let mut signature = [0; 64];
    signature[0] = 1;
    let token = format!("{input}.{}", encode(&signature));
    scene.app.test.clock.advance_ms(30_000);
    let answer = scene.app.get(ME).token(&token).send();
    answer.expect_problem(401, "invalid_token");
}

#[test]
fn what_ends_an_account_or_a_session_ends_its_tokens() {
    for (name, sql) in [
        ("user deleted", "DELETE FROM users"),
        ("user disabled", "UPDATE users SET disabled_at = 1"),
        ("session ended", "UPDATE sessions SET ended_at = 1"),
        ("session past its end", "UPDATE sessions SET expires_at = 1"),
        ("session gone", "DELETE FROM sessions"),
        (
            "password changed",
            "UPDATE users SET password_changed_at = password_changed_at + 1000",
        ),
    ] {
        let (app, player) = TestApp::with_player("ended");
        let me = |app: &TestApp| app.get_as(&player, ME);
        me(&app).expect(200);
        app.execute(sql);
        let elsewhere = me(&app.isolate(2));
        assert_eq!(elsewhere.status, 401, "{name}: not seen before");
        app.test.clock.advance_ms(RECHECK_MS);
        let answer = me(&app);
        assert_eq!(answer.status, 401, "{name}: after the re-check");
        answer.expect_problem(401, "invalid_token");
    }
}

#[test]
fn a_token_allows_what_its_scope_says() {
    let scene = scene();
    let header = scene.forger.header();
    for (scope, me, read, write) in [
        ("account:read builds:read builds:write", 200, 200, 201),
        ("account:read", 200, 403, 403),
        ("builds:read", 403, 200, 403),
        ("builds:write", 403, 403, 201),
        ("", 403, 403, 403),
        ("admin", 403, 403, 403),
        ("builds:read,builds:write", 403, 403, 403),
        ("BUILDS:READ", 403, 403, 403),
        ("*", 403, 403, 403),
    ] {
        let payload = scene.payload.clone();
        let payload = payload.set("scope", &json!(scope).to_string());
        let token = scene.forger.sign(&header, &payload);
        let body = build_body(&json!({ "name": "By scope" }));
        for (call, expected) in [
            (scene.app.get(ME), me),
            (scene.app.get(&scene.public_build), read),
            (scene.app.post(BUILDS, &body), write),
        ] {
            let answer = call.token(&token).send();
            assert_eq!(answer.status, expected, "{scope}: {}", answer.what);
            if expected == 403 {
                let challenge = answer.header("www-authenticate").expect("a challenge");
                assert!(challenge.starts_with("Bearer error=\"insufficient_scope\""));
            }
        }
    }
}
