//! A proof of the last five minutes: what needs one, what is one, and how long.
//! Promises that every write of the table of routes is decided on in `docs/RECENT_PROOF.md`.
//! Leaves what ends everything to `end_everything`, each scope of keys to `api_keys`.

use serde_json::{Value, json};
use wvw_builder::identity::model::Scope;
use wvw_builder::identity::permissions::{PROOF_SECONDS, Rule, scopes_for_api_keys};
use wvw_builder::routes::{Access, ROUTES, Route};

use crate::support::authenticator::{TWO_FACTOR, enrol};
use crate::support::forge::{Forger, payload_of};
use crate::support::scene::ME;
use crate::support::teams::member_path;
use crate::support::walk::Walk;
use crate::support::{Answer, Call, PASSWORD, Player, TestApp, text};

pub const REAUTHENTICATE: &str = "/api/v1/auth/reauthenticate";
const KEYS: &str = "/api/v1/auth/api-keys";
const CHALLENGE: &str = "Bearer error=\"insufficient_user_authentication\", \
     error_description=\"A more recent authentication is required\", max_age=\"300\"";

/// Waits until a login of now is this old.
fn wait(app: &TestApp, seconds: i64) {
    app.test.clock.advance_ms(seconds * 1_000);
}

fn prove(app: &TestApp, token: &str, body: &Value) -> Answer {
    app.post(REAUTHENTICATE, body).token(token).send()
}

/// The access token of a proof by the password alone.
#[track_caller]
fn proved(app: &TestApp, token: &str) -> String {
    let answer = prove(app, token, &json!({ "password": PASSWORD }));
    text(&answer.expect(200).json()["access_token"])
}

/// Makes an API key: the plainest of what needs a proof.
fn make_key(app: &TestApp, token: &str) -> Answer {
    let body = json!({ "name": "A bot", "scopes": ["builds:read"] });
    app.post(KEYS, &body).token(token).send()
}

#[track_caller]
fn refused(answer: Answer) -> Answer {
    let answer = answer.expect_problem(403, "reauthentication_required");
    let header = answer.header("www-authenticate");
    assert_eq!(header, Some(CHALLENGE), "{}", answer.what);
    let detail = text(&answer.json()["detail"]);
    assert!(detail.contains("/api/v1/auth/"), "{detail}");
    answer
}

fn rule_of(route: &Route) -> Option<Rule> {
    match route.access {
        Access::Required(rule) | Access::Optional(rule) => Some(rule),
        Access::Public => None,
    }
}

/// A route as the docs call it.
fn name_of(route: &Route) -> String {
    let path = route.path.strip_prefix("/api/v1").unwrap_or(route.path);
    format!("{} {path}", route.method.as_str())
}

#[test]
fn what_needs_a_proof_takes_one_of_the_last_five_minutes() {
    let walk = Walk::with(1);
    let app = &walk.app;
    let forger = Forger::trusted(app, 7);
    let needy = |route: &&Route| rule_of(route).is_some_and(|rule| rule.needs_proof);
    let mut tried = 0;
    for route in ROUTES.iter().filter(needy) {
        let name = name_of(route);
        let rule = rule_of(route).expect("a rule");
        let aged = |token: &str, seconds: i64| {
            let then = app.test_now() / 1_000 - seconds;
            let payload = payload_of(token).set("auth_time", &then.to_string());
            forger.sign(&forger.header(), &payload)
        };
        let call = walk.call(route);
        let token = bearer(&call);
        let writes = || app.count("SELECT count(*) FROM audit_log");
        let before = writes();
        let late = aged(&token, PROOF_SECONDS + 1);
        refused(call.clone().token(&late).send());
        assert_eq!(writes(), before, "{name}");

        let is_guarded = app.count(&format!(
            "SELECT count(*) FROM two_factor WHERE confirmed_at IS NOT NULL AND user_id = \
             (SELECT user_id FROM sessions WHERE id = '{}')",
            session_of(&token)
        )) > 0;
        let again = if is_guarded {
            // The way with a code: `where_a_second_factor_is_on_a_password_proves_nothing_alone`.
            token.clone()
        } else {
            proved(app, &late)
        };
        let answer = call.token(&again).send();
        assert!(answer.status < 300, "{name}: {}", answer.status);

        let call = walk.call(route);
        let just = aged(&bearer(&call), PROOF_SECONDS - 1);
        let answer = call.token(&just).send();
        assert!(answer.status < 300, "{name} at 4:59: {}", answer.status);

        let call = walk.call(route);
        let key = key_of(app, &bearer(&call));
        let answer = call.token(&key).send();
        if rule.takes_api_keys {
            assert!(answer.status < 300, "{name} by a key: {}", answer.status);
        } else if scopes_for_api_keys().contains(rule.scope) {
            let detail = text(&refused(answer).json()["detail"]);
            assert!(detail.contains("API key"), "{name}: {detail}");
        } else {
            answer.expect_problem(403, "insufficient_scope");
        }
        tried += 1;
    }
    assert!(tried >= 13, "{tried}");
}

fn bearer(call: &Call<'_>) -> String {
    call.bearer().expect("a token").to_owned()
}

fn session_of(token: &str) -> String {
    let payload = payload_of(token).text();
    let payload: Value = serde_json::from_str(&payload).expect("JSON");
    text(&payload["sid"])
}

/// A key of whoever has this token, with all scopes that a key can have.
fn key_of(app: &TestApp, token: &str) -> String {
    let scopes: Vec<&str> = scopes_for_api_keys().iter().map(Scope::as_str).collect();
    let body = json!({ "name": "All", "scopes": scopes });
    let made = app.post(KEYS, &body).token(token).send();
    text(&made.expect(201).json()["key"])
}

#[test]
fn a_proof_lasts_to_the_second_and_no_refresh_renews_it() {
    let app = TestApp::new();
    let player = app.player("waiting");
    wait(&app, PROOF_SECONDS - 1);
    make_key(&app, &player.token).expect(201);
    wait(&app, 1);
    make_key(&app, &player.token).expect(201);
    wait(&app, 1);
    refused(make_key(&app, &player.token));

    let refresh = |token: &str| {
        let body = json!({ "refresh_token": token });
        let answer = app.post("/api/v1/auth/refresh", &body).send();
        answer.expect(200).json()
    };
    let next = refresh(&player.refresh_token);
    let token = text(&next["access_token"]);
    refused(make_key(&app, &token));
    // All else goes on.
    app.get(ME).token(&token).send().expect(200);

    let fresh = proved(&app, &token);
    assert_eq!(session_of(&fresh), session_of(&token), "the same login");
    make_key(&app, &fresh).expect(201);
    // A copy of the token from before has no part in it.
    refused(make_key(&app, &token));
    // The login keeps it through a refresh, for as long as it lasts.
    wait(&app, 200);
    let next = refresh(&text(&next["refresh_token"]));
    make_key(&app, &text(&next["access_token"])).expect(201);
    wait(&app, 101);
    refused(make_key(&app, &text(&next["access_token"])));
}

#[test]
fn one_sessions_proof_is_not_anothers() {
    let app = TestApp::new();
    let player = app.player("twice");
    let other = text(&app.log_in(&player.email)["access_token"]);
    wait(&app, PROOF_SECONDS + 1);
    make_key(&app, &proved(&app, &other)).expect(201);
    refused(make_key(&app, &player.token));
    refused(make_key(&app, &other));
}

#[test]
fn only_the_right_password_proves() {
    let app = TestApp::new();
    let player = app.player("guessed");
    let since = || app.count("SELECT authenticated_at FROM sessions");
    let before = since();
    wait(&app, 400);
    let answer = prove(
        &app,
        &player.token,
        &json!({ "password": "not the right words" }),
    );
    answer.expect_problem(403, "wrong_password");
    let answer = prove(&app, &player.token, &json!({}));
    assert_eq!(
        answer.expect_problem(422, "invalid_input").mistakes(),
        [("/password".to_owned(), "required".to_owned())]
    );
    assert_eq!(since(), before);
    refused(make_key(&app, &player.token));
    // Guesses are bounded as those of other calls with the own password, and shared with them.
    for number in 0..8 {
        let wrong = json!({ "password": "not the right words" });
        let answer = match number % 2 {
            0 => prove(&app, &player.token, &wrong),
            _ => app
                .call("DELETE", ME)
                .token(&player.token)
                .json(&wrong)
                .send(),
        };
        if answer.status == 429 {
            answer.expect_problem(429, "too_many_attempts");
            assert!(number > 3, "{number}");
            return;
        }
        answer.expect_problem(403, "wrong_password");
    }
    panic!("one can guess on and on");
}

#[test]
fn what_a_proof_is_told_by() {
    let app = TestApp::new();
    let player = app.player("told");
    wait(&app, 301);
    let answer = prove(&app, &player.token, &json!({ "password": PASSWORD }));
    let answer = answer.expect(200).json();
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 600);
    assert_eq!(answer.as_object().map(serde_json::Map::len), Some(3));
    let payload = payload_of(&text(&answer["access_token"]));
    assert_eq!(payload.number("auth_time"), app.test_now() / 1_000);
    let entry = app
        .test
        .database
        .execute("SELECT action FROM audit_log ORDER BY seq DESC LIMIT 1");
    assert_eq!(entry[0].text(0).expect("text"), "session.reauthenticated");
}

#[test]
fn where_a_second_factor_is_on_a_password_proves_nothing_alone() {
    let app = TestApp::new();
    let player = app.player("guarded");
    let device = enrol(&app, &player);
    wait(&app, 400);
    let codes = "/api/v1/auth/two-factor/recovery-codes";
    let made = |token: &str, code: &str| {
        let body = json!({ "code": code });
        app.post(codes, &body).token(token).send()
    };
    // A code alone is none either.
    refused(made(&player.token, &device.fresh_code(&app)));

    let answer = prove(&app, &player.token, &json!({ "password": PASSWORD }));
    assert_eq!(
        answer.expect_problem(422, "invalid_input").mistakes(),
        [("/code".to_owned(), "required".to_owned())]
    );
    let both = |password: &str, code: &str| {
        prove(
            &app,
            &player.token,
            &json!({ "password": password, "code": code }),
        )
    };
    both(PASSWORD, &device.wrong_code(&app)).expect_problem(403, "wrong_two_factor_code");
    let code = device.fresh_code(&app);
    both("not the right words", &code).expect_problem(403, "wrong_password");
    refused(make_key(&app, &player.token));
    let token = text(&both(PASSWORD, &code).expect(200).json()["access_token"]);
    both(PASSWORD, &code).expect_problem(403, "wrong_two_factor_code");
    let amr = serde_json::from_str::<Value>(&payload_of(&token).text()).expect("JSON");
    assert_eq!(amr["amr"], json!(["pwd", "otp"]));
    make_key(&app, &token).expect(201);
    made(&token, &device.fresh_code(&app)).expect(200);
}

#[test]
fn a_recovery_code_proves_once() {
    let app = TestApp::new();
    let player = app.player("without-app");
    let device = enrol(&app, &player);
    wait(&app, 400);
    let body = json!({ "password": PASSWORD, "code": device.recovery_codes[0] });
    let token = text(&prove(&app, &player.token, &body).expect(200).json()["access_token"]);
    make_key(&app, &token).expect(201);
    prove(&app, &token, &body).expect_problem(403, "wrong_two_factor_code");
    let used = "SELECT count(*) FROM audit_log WHERE action = 'two_factor.recovery_code_used'";
    assert_eq!(app.count(used), 1);
}

/// The calls that carry their proof, with the password in each.
fn carriers() -> [(&'static str, &'static str, Value); 3] {
    let new = json!({ "current_password": PASSWORD, "new_password": "five other words in it" });
    let address = json!({ "current_password": PASSWORD, "email": "other@players.guild.gg" });
    [
        ("POST", "/api/v1/auth/password", new),
        ("PATCH", ME, address),
        ("DELETE", ME, json!({ "password": PASSWORD })),
    ]
}

#[test]
fn a_call_with_the_password_in_it_is_its_own_proof() {
    for (method, path, body) in carriers() {
        let app = TestApp::new();
        let player = app.player("carrier");
        wait(&app, 400);
        let answer = app.as_player(&player, method, path, &body);
        assert!(answer.status < 300, "{}: {}", answer.what, answer.status);
    }
}

#[test]
fn with_a_second_factor_a_call_carries_the_code_too_or_follows_a_proof() {
    for (method, path, body) in carriers() {
        let setting = || {
            let app = TestApp::new();
            let player = app.player("carrier");
            let device = enrol(&app, &player);
            (app, player, device)
        };
        let with = |code: &str| {
            let mut body = body.clone();
            body["code"] = code.into();
            body
        };
        // Right after the login, whose session has given the code.
        let (app, player, _) = setting();
        let answer = app.as_player(&player, method, path, &body);
        assert!(answer.status < 300, "{}: {}", answer.what, answer.status);

        let (app, player, device) = setting();
        wait(&app, 400);
        let users = || format!("{:?}", app.test.database.execute("SELECT * FROM users"));
        let before = users();
        let answer = refused(app.as_player(&player, method, path, &body));
        assert!(text(&answer.json()["detail"]).contains("code"));
        let wrong = with(&device.wrong_code(&app));
        let answer = app.as_player(&player, method, path, &wrong);
        answer.expect_problem(403, "wrong_two_factor_code");
        assert_eq!(users(), before);
        let code = device.fresh_code(&app);
        let answer = app.as_player(&player, method, path, &with(&code));
        assert!(answer.status < 300, "{}: {}", answer.what, answer.status);
    }
}

#[test]
fn a_name_is_changed_without_any_proof() {
    let app = TestApp::new();
    let player = app.player("renamed");
    wait(&app, 400);
    let answer = app.as_player(&player, "PATCH", ME, &json!({ "display_name": "Berta" }));
    answer.expect(200);
}

#[test]
fn no_proof_brings_a_login_back() {
    for (name, sql) in [
        ("ended", "UPDATE sessions SET ended_at = 1"),
        ("too old", "UPDATE sessions SET expires_at = 1"),
        (
            "from before the password changed",
            "UPDATE users SET password_changed_at = (SELECT authenticated_at + 1 FROM sessions)",
        ),
        ("disabled", "UPDATE users SET disabled_at = 1"),
    ] {
        let app = TestApp::new();
        let player = app.player("revenant");
        let since = || app.count("SELECT authenticated_at FROM sessions");
        let before = since();
        // Long enough that it would be moved, and looked at just now.
        wait(&app, 100);
        app.get(ME).token(&player.token).send().expect(200);
        app.test.database.execute(sql);
        let answer = prove(&app, &player.token, &json!({ "password": PASSWORD }));
        assert!(
            (400..500).contains(&answer.status),
            "{name}: {}",
            answer.status
        );
        assert_eq!(since(), before, "{name}");
        wait(&app, 11);
        let answer = app.get(ME).token(&player.token).send();
        answer.expect_problem(401, "invalid_token");
    }
}

#[test]
fn what_changes_between_the_look_and_the_write_leaves_a_proof_without_effect() {
    let factor = "INSERT INTO two_factor (user_id, sealed_secret, created_at, confirmed_at) \
                  SELECT id, x'00', 1, 1 FROM users";
    for sql in [
        "UPDATE users SET password_hash = 'another'",
        "UPDATE users SET password_changed_at = password_changed_at + 1000000000",
        "UPDATE users SET disabled_at = 1",
        "UPDATE sessions SET ended_at = 1",
        "DELETE FROM sessions",
        factor,
    ] {
        let app = TestApp::new();
        let player = app.player("raced");
        wait(&app, 100);
        let before = "UPDATE sessions SET authenticated_at";
        let body = json!({ "password": PASSWORD });
        let status = app.raced(
            before,
            sql.to_owned(),
            &player,
            ("POST", REAUTHENTICATE, &body),
        );
        assert!((400..500).contains(&status), "{sql}: {status}");
        let moved = "SELECT count(*) FROM sessions WHERE authenticated_at > created_at";
        assert_eq!(app.count(moved), 0, "{sql}");
    }
}

#[test]
fn who_makes_someone_an_officer_needs_a_proof_whichever_way() {
    let app = TestApp::new();
    let [leader, member] = ["leader", "member"].map(|name| app.player(name));
    let team = app.team(&[(&leader, "leader"), (&member, "member")]);
    let key = key_of(&app, &leader.token);
    let keyed = Player {
        token: key,
        ..app.player("key")
    };
    wait(&app, 301);
    let officer = json!({ "role": "officer" });
    refused(app.invite(&leader, &team, &officer));
    refused(app.invite(&keyed, &team, &officer));
    app.invite(&leader, &team, &json!({ "role": "member" }))
        .expect(201);
    app.invite(&keyed, &team, &json!({})).expect(201);
    refused(app.as_player(&leader, "PATCH", &member_path(&team, &member), &officer));
    let leader = Player {
        token: proved(&app, &leader.token),
        ..leader
    };
    app.invite(&leader, &team, &officer).expect(201);
    let answer = app.as_player(&leader, "PATCH", &member_path(&team, &member), &officer);
    answer.expect(200);
}

#[test]
fn who_has_not_the_right_is_told_that_and_not_to_prove_anything() {
    let app = TestApp::new();
    let player = app.player("nosy");
    wait(&app, 400);
    let path = format!("/api/v1/admin/users/{}", player.id);
    let answer = app.as_player(&player, "PATCH", &path, &json!({ "disabled": true }));
    answer.expect_problem(403, "insufficient_scope");
    let answer = app.call("POST", TWO_FACTOR).send();
    answer.expect_problem(401, "authentication_required");
}

/// The calls that each table of `docs/RECENT_PROOF.md` names, with the rest of their row.
fn documented() -> Vec<(&'static str, Vec<(String, String)>)> {
    let mut tables: Vec<(&str, Vec<(String, String)>)> = Vec::new();
    for line in include_str!("../../docs/RECENT_PROOF.md").lines() {
        let Some((first, rest)) = line
            .strip_prefix("| ")
            .and_then(|row| row.split_once(" | "))
        else {
            continue;
        };
        let calls: Vec<&str> = first.split('`').skip(1).step_by(2).collect();
        if calls.is_empty() {
            tables.push((first, Vec::new()));
            continue;
        }
        let rows = &mut tables.last_mut().expect("a heading").1;
        rows.extend(
            calls
                .into_iter()
                .map(|call| (call.to_owned(), rest.to_owned())),
        );
    }
    tables
}

#[test]
fn every_write_is_decided_on_in_the_docs() {
    let tables = documented();
    let [needs, some, carries, none] = &tables[..] else {
        panic!("four tables: {tables:?}");
    };
    let mut decided: Vec<&String> = tables
        .iter()
        .flat_map(|(_, rows)| rows.iter().map(|(call, _)| call))
        .collect();
    let writes = ROUTES.iter().filter(|route| {
        matches!(route.access, Access::Required(_)) && route.method.as_str() != "GET"
    });
    let mut routes: Vec<String> = writes.map(name_of).collect();
    routes.sort();
    decided.sort();
    assert_eq!(decided, routes.iter().collect::<Vec<_>>(), "each once");

    let mut listed: Vec<(String, bool)> = Vec::new();
    for (call, rest) in &needs.1 {
        listed.push((call.clone(), rest.starts_with("by scope")));
    }
    let mut expected: Vec<(String, bool)> = Vec::new();
    for route in ROUTES {
        match rule_of(route) {
            Some(rule) if rule.needs_proof => expected.push((name_of(route), rule.takes_api_keys)),
            _ => {}
        }
    }
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    assert_eq!(some.1.len(), 1);
    assert_eq!(carries.1.len(), carriers().len() + 2);
    assert!(none.1.iter().all(|(call, _)| call != "POST /auth/api-keys"));
}
