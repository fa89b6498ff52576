//! What an API key gives access to, where it is read from, and until when: a row for every route with a
//! key of each scope. `api_keys` has creation, lists and ends of keys.

use testing::prelude::*;
use wvw_builder::auth::api_key::Key;
use wvw_builder::auth::model::{AccountRole, Scope};

use crate::api_keys::{all_scopes, me, refused};

/// What no key opens, whatever the table of permissions says.
const CLOSED: [&str; 3] = ["/auth/", "/admin/", "/users/me/"];
/// A key that was looked at is trusted for this long.
const RECHECK_MS: i64 = 10_000;

/// A target of a route, with an id of the right kind where it takes one.
fn target(route: &Route) -> String {
    route
        .path
        .replace("builds/{id}", "builds/build_01h455vb4pex5vsknk084sn02q")
        .replace(
            "sessions/{id}",
            "sessions/session_01h455vb4pex5vsknk084sn02q",
        )
        .replace("api-keys/{id}", "api-keys/key_01h455vb4pex5vsknk084sn02q")
}

#[test]
fn every_route_admits_the_keys_that_its_rule_does_and_no_others() {
    let (app, player) = TestApp::with_player("scopes");
    let mut keys: Vec<(Vec<&str>, String)> = all_scopes()
        .into_iter()
        .map(|scope| vec![scope])
        .chain([all_scopes()])
        .map(|scopes| (scopes.clone(), text(&app.api_key(&player, &scopes)["key"])))
        .collect();
    // What the service never gives: a key with all scopes, of an administrator.
    let forged = app.api_key(&player, &["builds:read"]);
    let all: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    app.execute(format!(
        "UPDATE api_keys SET scopes = '{}' WHERE id = '{}'",
        all.join(" "),
        text(&forged["id"])
    ));
    keys.push((all, text(&forged["key"])));
    for role in ["user", "administrator"] {
        app.execute(format!("UPDATE users SET role = '{role}'"));
        app.test.clock.advance_ms(RECHECK_MS);
        for route in ROUTES {
            let (Access::Optional(rule) | Access::Required(rule)) = route.access else {
                continue;
            };
            for (scopes, key) in &keys {
                let is_admitted = rule.takes_api_keys && scopes.contains(&rule.scope.as_str());
                let (method, path) = (route.method.as_str(), route.path);
                let what = format!("{role}: {method} {path} {scopes:?}");
                let is_closed = CLOSED.iter().any(|part| path.contains(part));
                assert!(!(is_admitted && is_closed), "{what}");
                let mut call = app.call(method, &target(route)).token(key);
                if matches!(route.method, Method::Post | Method::Put | Method::Patch) {
                    call = call.json(&json!({}));
                }
                let answer = call.send();
                if is_admitted {
                    assert!(!matches!(answer.status, 401 | 403 | 500..), "{what}");
                } else {
                    // What the key has the scope for, but nobody proves by a key.
                    let has_role = rule.role == AccountRole::User || role == "administrator";
                    let is_scoped = has_role && scopes.contains(&rule.scope.as_str());
                    let code = if is_scoped && rule.needs_proof {
                        "reauthentication_required"
                    } else {
                        "insufficient_scope"
                    };
                    answer.expect_problem(403, code);
                }
            }
        }
    }
    let kept = app.rows("api_keys");
    assert_eq!(usize::try_from(kept).expect("few"), keys.len());
}

#[test]
fn a_key_acts_for_its_owner() {
    let (app, [owner, stranger]) = TestApp::with_players(["keyed", "stranger"]);
    let writer = text(&app.api_key(&owner, &["builds:write", "builds:read"])["key"]);
    let reader = text(&app.api_key(&owner, &["builds:read"])["key"]);
    let others = text(&app.api_key(&stranger, &all_scopes())["key"]);
    let body = build_body(&json!({}));
    let build = app.post(BUILDS, &body).token(&writer).expect(201);
    let path = build_path(&build.json());
    assert_eq!(build.json()["owner_id"], owner.id);
    app.get(&path).token(&reader).expect(200);
    app.get(&path).token(&others).expect(404);
    let delete = |key: &str| app.call("DELETE", &path).token(key).send();
    delete(&reader).expect_problem(403, "insufficient_scope");
    delete(&others).expect(404);
    delete(&writer).expect(204);
}

#[test]
fn a_key_ends_with_its_time_its_account_and_its_revocation() {
    for (name, sql, after_ms) in [
        ("expired", "SELECT 1", 365 * DAY_MS),
        ("revoked elsewhere", "DELETE FROM api_keys", RECHECK_MS),
        ("disabled", "UPDATE users SET disabled_at = 1", RECHECK_MS),
        ("deleted", "DELETE FROM users", RECHECK_MS),
    ] {
        let (app, player) = TestApp::with_player("ending");
        let key = app.api_key(&player, &all_scopes());
        let fresh = app.isolate(3);
        me(&app, &key).expect(200);
        app.test.clock.advance_ms(after_ms - 1);
        me(&app, &key).expect(200);
        app.execute(sql);
        app.test.clock.advance_ms(1);
        if name != "expired" {
            refused(me(&fresh, &key).send());
            app.test.clock.advance_ms(RECHECK_MS);
        }
        refused(me(&app, &key).send());
        refused(me(&fresh, &key).send());
    }
    // An account that is enabled again has its keys again.
    let (app, player) = TestApp::with_player("again");
    let key = app.api_key(&player, &all_scopes());
    app.disable(&player);
    refused(me(&app, &key).send());
    app.enable(&player);
    // Where it was refused just now, after as long as elsewhere what has ended goes on.
    app.test.clock.advance_ms(RECHECK_MS);
    me(&app, &key).expect(200);
}

#[test]
fn what_is_no_key_costs_no_look_at_the_database() {
    let (app, player) = TestApp::with_player("garbage");
    let key = text(&app.api_key(&player, &all_scopes())["key"]);
    let last = if key.ends_with('0') { "1" } else { "0" };
    let wrong_checksum = format!("{}{last}", &key[..key.len() - 1]);
    for token in [
        wrong_checksum.as_str(),
        "wvw_",
        &key[..key.len() - 1],
        &format!("{key}0"),
        &format!("wvw_{}", "0".repeat(49)),
        &key.replace("wvw_", "wvw_."),
        &key.replace("wvw_", "WVW_"),
        &format!("wvw_{}", "a".repeat(4000)),
    ] {
        let calls = app.calls_of(|| refused(app.get(ME).token(token).send()));
        assert_eq!(calls, 0, "{token}");
    }
    // One that was ours is looked for once in 10 seconds, one that someone else made never.
    let (platform, _) = TestPlatform::new();
    let revoked = Key::fresh(&platform, &pepper());
    let made_up = Key::fresh(&platform, &Secret::new(vec![9; 32]));
    for (name, key, waited_ms, expected) in [
        ("ours", &revoked, 0, 1),
        ("ours again", &revoked, RECHECK_MS - 1, 0),
        ("ours, later", &revoked, 1, 1),
        ("made up", &made_up, 0, 0),
    ] {
        app.test.clock.advance_ms(waited_ms);
        let calls = app.calls_of(|| refused(app.get(ME).token(key.expose()).send()));
        assert_eq!(calls, expected, "{name}");
    }
    // One that is known is looked at again every 10 seconds.
    let get = || app.calls_of(|| drop(app.get(ME).token(&key).expect(200)));
    let with_note = get();
    assert_eq!(with_note, 3, "the key, its use, the profile");
    assert_eq!(get(), 1);
    app.test.clock.advance_ms(RECHECK_MS);
    assert_eq!(get(), 2);
}

#[test]
fn keys_outlive_logins_and_passwords() {
    let (app, player) = TestApp::with_player("outlives");
    let key = app.api_key(&player, &all_scopes());
    me(&app, &key).expect(200);
    app.change_password(&player, "another four words here")
        .expect(204);
    let logout = json!({ "refresh_token": player.refresh_token });
    app.post(LOGOUT, &logout).expect(204);
    me(&app, &key).expect(200);
}
