//! Accounts, logins and signing keys over HTTP. Keys outlive isolates, and an unreachable database is
//! never reported as a refusal. The tables of attacks have forged tokens and passwords.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use testing::prelude::*;

#[test]
fn an_account_is_made_logged_in_and_read() {
    let app = TestApp::new();
    let body = json!({ "email": "Rytlock@Guild.gg", "password": PASSWORD, "display_name": " Ry\u{301}t " });
    let made = app.post(REGISTER, &body).created();
    assert_eq!(made["user"]["email"], "Rytlock@Guild.gg");
    assert_eq!(made["user"]["display_name"], "R\u{fd}t");
    assert_eq!(made["user"]["created_at"], "2026-11-22T00:00:00.000Z");
    let tokens = app.log_in("rytlock@guild.gg");
    assert_eq!(tokens["token_type"], "Bearer");
    assert_has!(tokens, { "expires_in": 600, "refresh_expires_in": 14 * 86_400 });
    let token = text(&tokens["access_token"]);
    let answer = app.get(ME).token(&token).expect(200);
    assert_eq!(answer.json(), made["user"]);
    let again = app
        .get(ME)
        .token(&token)
        .header(Header::IfNoneMatch, &answer.etag());
    again.expect(304);
    app.get(ME).expect_problem(401, "authentication_required");
}

#[test]
fn an_account_is_refused_with_all_its_mistakes() {
    let app = TestApp::new();
    let table = r#"
        /display_name required, /email required, /password required  {}
        /display_name invalid_length, /email invalid_length, /password password_too_short, /role unknown_field  { "email": "x", "password": "short", "display_name": "", "role": "admin" }
        /display_name invalid_length, /email invalid_format  { "email": "a@b", "password": "four words in a row", "display_name": " " }
        /display_name invalid_format, /email invalid_format  { "email": "a@b.gg\r\nBcc: c@d.gg", "password": "four words in a row", "display_name": "a\nb" }
        /display_name invalid_type, /email invalid_type, /password invalid_type  { "email": 1, "password": null, "display_name": [] }
    "#;
    for (mistakes, body) in refusals(table) {
        app.post(REGISTER, &body).expect_mistakes(mistakes);
    }
    // Normalization makes one character of these three.
    let body = json!({ "email": "long@guild.gg", "password": PASSWORD, "display_name": "\u{fb2c}".repeat(50) });
    let long = app.post(REGISTER, &body);
    long.expect_mistakes("/display_name invalid_length");
    assert_eq!(app.rows("users"), 0);
}

/// The keys that the service publishes.
fn keys(app: &TestApp) -> Vec<Value> {
    let answer = app.get(JWKS).expect(200);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    answer.json()["keys"].as_array().expect("a list").clone()
}

#[test]
fn tokens_verify_with_nothing_but_the_published_keys() {
    let (app, player) = TestApp::with_player("verify");
    let keys = keys(&app);
    assert_eq!(keys.len(), 1);
    let key = &keys[0];
    assert!(key["d"].is_null(), "the private half is published");
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":{}}}"#, key["x"]);
    let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(jwk));
    assert_eq!(key["kid"], thumbprint, "RFC 7638");

    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
    let (input, signature) = player.token.rsplit_once('.').expect("three parts");
    let public: [u8; 32] = decode(&text(&key["x"])).try_into().expect("32 bytes");
    let signature = Signature::from_slice(&decode(signature)).expect("64 bytes");
    let public = VerifyingKey::from_bytes(&public).expect("a point");
    public
        .verify_strict(input.as_bytes(), &signature)
        .expect("a good signature");

    let parts = input
        .split('.')
        .map(|part| serde_json::from_slice(&decode(part)));
    let parts: Vec<Value> = parts.collect::<Result<_, _>>().expect("JSON");
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": key["kid"] });
    assert_eq!(parts[0], header);
    let now = app.test_now() / 1000;
    let scope = "account:read account:write builds:read builds:write teams:read teams:write \
                 compositions:read compositions:write webhooks:read webhooks:write";
    let expected = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": player.id, "iat": now, "nbf": now, "exp": now + 600,
        "auth_time": now, "client_id": "wvw-builder", "scope": scope, "amr": ["pwd"],
    });
    let claims = &parts[1];
    for (claim, expected) in expected.as_object().expect("an object") {
        assert_eq!(claims[claim], *expected, "{claim}");
    }
    let session = text(&claims["sid"]);
    assert_eq!(app.rows(&format!("sessions WHERE id = '{session}'")), 1);
    assert_ne!(claims["jti"], app.log_in(&player.email)["access_token"]);
}

#[test]
fn isolates_share_the_first_key_and_outlive_each_other() {
    let first = TestApp::new();
    assert_eq!(keys(&first).len(), 1, "also before anyone has logged in");
    let second = first.isolate(2);
    let player = first.player("restart");
    let there = second.log_in(&player.email);
    assert_eq!(keys(&first), keys(&second));
    assert_eq!(first.rows("signing_keys"), 1);
    // Each verifies what the other has signed; so does one that comes after both.
    let restarted = first.isolate(3);
    for app in [&first, &second, &restarted] {
        for token in [&player.token, &text(&there["access_token"])] {
            app.get(ME).token(token).expect(200);
        }
    }
    first.test.cache.set_away(true);
    first.isolate(4).get_as(&player, ME).expect(200);
}

#[test]
fn two_isolates_that_make_the_first_key_at_once_end_up_with_one() {
    let app = TestApp::new();
    let answers = at_once(&app.slow_isolates(2..4), [app.get(JWKS), app.get(JWKS)]);
    let [one, two] = &answers[..] else {
        panic!("two answers");
    };
    assert_eq!((one.status, two.status), (200, 200));
    assert_eq!(one.body_bytes(), two.body_bytes());
    assert_eq!(app.rows("signing_keys"), 1);
}

#[test]
fn another_master_key_is_an_error_of_ours_and_makes_no_second_key() {
    let (app, player) = TestApp::with_player("sealed");
    let other_key = STANDARD.encode((50..82).collect::<Vec<u8>>());
    let moved = app.isolate_configured(5, &[("MASTER_KEY", &other_key)]);
    let answer = moved.log_in_with(&player.email, PASSWORD);
    answer.expect_problem(500, "internal");
    // What was signed before still verifies: that needs no private half.
    moved.get_as(&player, ME).expect(200);
    assert_eq!(app.rows("signing_keys"), 1);
}

#[test]
fn two_requests_at_once_on_a_cold_isolate_are_both_let_in() {
    let (app, player) = TestApp::with_player("cold");
    app.test.cache.set_away(true);
    let calls = vec![app.get(ME).by(&player); 2];
    let answers = at_once(&app.slow_isolates(2..3), calls);
    assert_eq!(count_of(&answers, 200), 2);
}

#[test]
fn a_database_out_of_reach_is_503_and_leaves_no_trace() {
    let (app, player) = TestApp::with_player("away");
    let build = text(&app.build(&player, &json!({}))["id"]);
    let cold = app.isolate(6);
    app.test.cache.set_away(true);
    app.test.database.set_away(true);
    let login = json!({ "email": player.email, "password": PASSWORD });
    let account = json!({ "email": "b@b.gg", "password": PASSWORD, "display_name": "b" });
    for app in [&app, &cold] {
        for call in [
            app.get(&format!("{BUILDS}/{build}")).by(&player),
            app.get(BUILDS).by(&player),
            app.get(BUILDS),
            app.post(LOGIN, &login),
            app.post(REGISTER, &account),
        ] {
            let answer = call.expect_problem(503, "unavailable");
            assert_eq!(answer.header("retry-after"), Some("5"));
        }
    }
    let health = app.get("/health/ready").expect(503);
    assert_eq!(health.json()["status"], "failed");
    assert_eq!(health.header("retry-after"), Some("5"));
    app.get("/health/live").expect(200);
    app.get("/api/v1/game/professions").expect(200);
    // Back again: nothing of it sticks, not even to the isolate that could load no keys.
    app.test.database.set_away(false);
    let health = app.get("/health/ready").expect(200);
    assert_eq!(health.json()["status"], "degraded");
    for app in [&app, &cold] {
        app.get_as(&player, ME).expect(200);
    }
    app.test.cache.set_away(false);
    assert_eq!(app.get("/health/ready").ok()["status"], "ok");
}

#[test]
fn one_lost_connection_is_forgiven_to_reads_only() {
    let (app, player) = TestApp::with_player("lost");
    let read = || app.get(BUILDS).send();
    app.test.database.lose_connection(1);
    read().expect(200);
    app.test.database.lose_connection(2);
    read().expect_problem(503, "unavailable");
    read().expect(200);
    // The session is known: the write is the first to go out. It may have happened: no second try.
    app.get_as(&player, ME).expect(200);
    app.test.database.lose_connection(1);
    let body = build_body(&json!({}));
    let write = || app.post_as(&player, BUILDS, &body);
    write().expect_problem(503, "unavailable");
    assert_eq!(app.rows("builds"), 0);
    write().expect(201);
}

#[test]
fn a_broken_database_is_500_and_says_nothing() {
    let (app, player) = TestApp::with_player("broken");
    app.execute("DROP TABLE build_facets");
    app.execute("DROP TABLE builds");
    let answer = app.get_as(&player, BUILDS);
    let answer = answer.expect_problem(500, "internal");
    let body = answer.text();
    let is_silent = !body.contains("builds\"") && !body.contains("no such table");
    assert!(is_silent, "{body}");
    let (_, line) = app.test.log.lines().pop().expect("a line");
    let is_told = line.contains("no such table") && line.contains("\"level\":\"error\"");
    assert!(is_told, "{line}");
    let health = app.get("/health/ready").expect(503);
    assert_eq!(health.json()["status"], "failed");
}

#[test]
fn a_hash_of_older_parameters_is_renewed_at_login() {
    let (app, player) = TestApp::with_player("rehash");
    let hash = || app.texts("SELECT password_hash FROM users").remove(0);
    let pepper: Vec<u8> = (101..133).collect();
    let params = Params::new(8, 1, 1, Some(32)).expect("parameters");
    let argon = Argon2::new_with_secret(&pepper, Algorithm::Argon2id, Version::V0x13, params);
    let mut out = [0; 32];
    let salt = [7; 16];
    let argon = argon.expect("a pepper");
    argon
        .hash_password_into(PASSWORD.as_bytes(), &salt, &mut out)
        .expect("a hash");
    let old = format!(
        "$argon2id$v=19$m=8,t=1,p=1${}${}",
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(out)
    );
    app.execute(format!("UPDATE users SET password_hash = '{old}'"));
    let wrong = app.log_in_with(&player.email, "another four words");
    wrong.expect(401);
    assert_eq!(hash(), old, "a wrong password renews nothing");
    app.log_in(&player.email);
    let renewed = hash();
    let current = "$argon2id$v=19$m=19456,t=2,p=1$";
    assert!(renewed.starts_with(current), "{renewed}");
    app.log_in(&player.email);
    assert_eq!(hash(), renewed, "what is new enough stays");
    // It was no change of password: older tokens go on.
    app.test.clock.advance_ms(10_000);
    app.get_as(&player, ME).expect(200);
}

#[test]
fn a_deleted_account_answers_as_documented_while_it_is_remembered() {
    let (app, player) = TestApp::with_player("deleted");
    app.get_as(&player, ME).expect(200);
    app.clear("users");
    let answer = app.get_as(&player, ME);
    assert!(matches!(answer.status, 401 | 404), "{}", answer.status);
}

#[test]
fn a_misconfigured_service_answers_nothing_but_503() {
    let app = TestApp::with(|name| config_value(name).filter(|_| name != "MASTER_KEY"));
    for (method, target) in [
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", BUILDS),
        ("POST", LOGIN),
        ("GET", "/nothing"),
        ("OPTIONS", BUILDS),
    ] {
        let answer = app
            .call(method, target)
            .expect_problem(503, "misconfigured");
        let body = answer.text();
        assert!(!body.contains("MASTER_KEY"), "{body}");
        let (_, line) = app.test.log.lines().pop().expect("a line");
        assert!(line.contains("MASTER_KEY is missing"), "{line}");
    }
}

#[test]
fn a_key_whose_use_cannot_be_noted_works_and_the_log_says_so() {
    let (app, player) = TestApp::with_player("noted");
    let made = app.api_key(&player, &["account:read"]);
    let call = app.get(ME).token(&text(&made["key"]));
    app.while_failing("UPDATE ON api_keys", "no", || call.expect(200));
    let lines = app.test.log.lines();
    let is_told = |(_, line): &(_, String)| line.contains("api_key_use_not_noted");
    assert!(lines.iter().any(is_told), "{lines:?}");
}

#[test]
fn readiness_says_whether_mail_is_sent() {
    let mail = |transport: &str| {
        let app = TestApp::configured(&[("MAIL_TRANSPORT", transport)]);
        let health = app.get("/health/ready").ok();
        let mut dependencies = array(&health["dependencies"]).iter();
        let mail = dependencies.find(|each| each["name"] == "mail");
        mail.expect("mail")["status"].clone()
    };
    assert_eq!(mail("cloudflare"), "configured");
    assert_eq!(mail("off"), "off");
}
