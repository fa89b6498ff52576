//! Which calls need a proof of the last five minutes, and which carry one themselves. Every write of the
//! route table is decided on in `docs/RECENT_PROOF.md`. `reauthentication` has the proof,
//! `api_keys_access` each scope of keys.

use testing::authenticator::{TWO_FACTOR, enrol};
use testing::prelude::*;
use wvw_builder::auth::model::Scope;
use wvw_builder::auth::permissions::{PROOF_SECONDS, Rule, scopes_for_api_keys};

use crate::reauthentication::{KEYS, proved, refused, session_of, wait};

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
        let writes = || app.rows("audit_log");
        let before = writes();
        let late = aged(&token, PROOF_SECONDS + 1);
        refused(call.clone().token(&late).send());
        assert_eq!(writes(), before, "{name}");

        let is_guarded = app.rows(&format!(
            "two_factor WHERE confirmed_at IS NOT NULL AND user_id = \
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

/// A key of whoever has this token, with all scopes that a key can have.
fn key_of(app: &TestApp, token: &str) -> String {
    let scopes: Vec<&str> = scopes_for_api_keys().iter().map(Scope::as_str).collect();
    let body = json!({ "name": "All", "scopes": scopes });
    let made = app.post(KEYS, &body).token(token).send();
    text(&made.created()["key"])
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
fn a_call_with_the_password_in_it_is_its_own_proof_also_of_the_second_factor() {
    let accepted = |answer: Answer| assert!(answer.status < 300, "{answer:?}");
    for (method, path, body) in carriers() {
        let setting = || TestApp::with_player("carrier");
        let (app, player) = setting();
        wait(&app, 400);
        accepted(app.as_player(&player, method, path, &body));
        // With a second factor, right after the login, whose session has given the code.
        let (app, player) = setting();
        enrol(&app, &player);
        accepted(app.as_player(&player, method, path, &body));
        // Later the call carries the code too.
        let (app, player) = setting();
        let device = enrol(&app, &player);
        let with = |code: &str| {
            let mut body = body.clone();
            body["code"] = code.into();
            app.as_player(&player, method, path, &body)
        };
        wait(&app, 400);
        let users = || format!("{:?}", app.execute("SELECT * FROM users"));
        let before = users();
        let answer = refused(app.as_player(&player, method, path, &body));
        assert!(text(&answer.json()["detail"]).contains("code"));
        with(&device.wrong_code(&app)).expect_problem(403, "wrong_two_factor_code");
        assert_eq!(users(), before);
        accepted(with(&device.fresh_code(&app)));
    }
}

#[test]
fn who_makes_someone_an_officer_needs_a_proof_whichever_way() {
    let (app, [mut leader, member]) = TestApp::with_players(["leader", "member"]);
    let team = app.team(&[(&leader, "leader"), (&member, "member")]);
    let mut keyed = app.player("key");
    keyed.token = key_of(&app, &leader.token);
    wait(&app, 301);
    let officer = json!({ "role": "officer" });
    refused(app.invite(&leader, &team, &officer));
    refused(app.invite(&keyed, &team, &officer));
    app.invite(&leader, &team, &json!({ "role": "member" }))
        .expect(201);
    app.invite(&keyed, &team, &json!({})).expect(201);
    refused(app.patch_as(&leader, &member_path(&team, &member), &officer));
    leader.token = proved(&app, &leader.token);
    app.invite(&leader, &team, &officer).expect(201);
    let answer = app.patch_as(&leader, &member_path(&team, &member), &officer);
    answer.expect(200);
}

#[test]
fn a_name_needs_no_proof_and_who_has_not_the_right_is_told_that_and_not_to_prove_anything() {
    let (app, player) = TestApp::with_player("nosy");
    wait(&app, 400);
    app.patch_as(&player, ME, &json!({ "display_name": "Berta" }))
        .expect(200);
    let path = format!("/api/v1/admin/users/{}", player.id);
    let answer = app.patch_as(&player, &path, &json!({ "disabled": true }));
    answer.expect_problem(403, "insufficient_scope");
    let answer = app.call("POST", TWO_FACTOR).send();
    answer.expect_problem(401, "authentication_required");
}

/// The calls that each table of `docs/RECENT_PROOF.md` names, with the rest of their row.
fn documented() -> Vec<(&'static str, Vec<(String, String)>)> {
    let mut tables: Vec<(&str, Vec<(String, String)>)> = Vec::new();
    for line in include_str!("../../docs/RECENT_PROOF.md").lines() {
        let row = line.strip_prefix("| ");
        let Some((first, rest)) = row.and_then(|row| row.split_once(" | ")) else {
            continue;
        };
        let calls: Vec<&str> = first.split('`').skip(1).step_by(2).collect();
        if calls.is_empty() {
            tables.push((first, Vec::new()));
            continue;
        }
        let rows = &mut tables.last_mut().expect("a heading").1;
        let row = |call: &str| (call.to_owned(), rest.to_owned());
        rows.extend(calls.into_iter().map(row));
    }
    tables
}

#[test]
fn every_write_is_decided_on_in_the_docs() {
    let tables = documented();
    let [needs, some, carries, none] = &tables[..] else {
        panic!("four tables: {tables:?}");
    };
    let rows = tables.iter().flat_map(|(_, rows)| rows);
    let mut decided: Vec<&String> = rows.map(|(call, _)| call).collect();
    let writes = ROUTES.iter().filter(|route| {
        matches!(route.access, Access::Required(_)) && route.method.as_str() != "GET"
    });
    let mut routes: Vec<String> = writes.map(name_of).collect();
    routes.sort();
    decided.sort();
    assert_eq!(decided, routes.iter().collect::<Vec<_>>(), "each once");

    let row = |(call, rest): &(String, String)| (call.clone(), rest.starts_with("by scope"));
    let listed: BTreeSet<(String, bool)> = needs.1.iter().map(row).collect();
    let expected = ROUTES.iter().filter_map(|route| {
        let rule = rule_of(route).filter(|rule| rule.needs_proof)?;
        Some((name_of(route), rule.takes_api_keys))
    });
    assert_eq!(listed, expected.collect());
    assert_eq!(some.1.len(), 1);
    assert_eq!(carries.1.len(), carriers().len() + 2);
    assert!(none.1.iter().all(|(call, _)| call != "POST /auth/api-keys"));
}
