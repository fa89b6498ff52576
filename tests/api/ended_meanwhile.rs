//! Accounts deleted during a request of their own. No row names the account afterwards, whatever the
//! request was about to write; a proof that expires during the request is none. `interleavings` has other
//! ends.

use testing::points::{Points, platform_with};
use testing::prelude::*;
use wvw_builder::auth::permissions::PROOF_SECONDS;

use crate::interleavings_seeded::claim;
use crate::personal_data::places;

const NEVER: usize = usize::MAX;

#[test]
fn an_account_that_is_deleted_beside_its_own_request_leaves_no_row() {
    let mut wrong = Vec::new();
    let is_post_of_one = |route: &&wvw_builder::routes::Route| {
        route.method == Method::Post
            && route.access.rule().is_some()
            && !route.path.starts_with("/api/v1/admin")
    };
    for route in ROUTES.iter().filter(is_post_of_one) {
        let walk = Walk::with(1);
        let (app, call) = (&walk.app, walk.call(route));
        let token = call.bearer().expect("a token");
        let user = claim(token, "sub").expect("an account");
        let request = call.request();
        let delete = app.call("DELETE", ME).token(token);
        let delete = Rc::new(delete.json(&json!({ "password": PASSWORD })).request());
        let attempt = |at: usize| {
            app.test.database.undone(|| {
                let (test, delete) = (Rc::clone(&app.test), Rc::clone(&delete));
                let deleted = Rc::new(Cell::new(0));
                let status = Rc::clone(&deleted);
                let points = Points::acting(at, move || {
                    let other = App::new(test.platform(78), Config::load(config_value));
                    status.set(block_on(other.handle(&delete)).status);
                });
                let isolate = app.isolate_with(platform_with(&app.test, 77, &points), config_value);
                let status = block_on(isolate.app.handle(&request)).status;
                let mut left = places(app, &user);
                left.retain(|place| place.0 != "audit_log");
                (status, points.passed(), deleted.get(), left)
            })
        };
        let (_, awaits, ..) = attempt(NEVER);
        for at in 0..awaits {
            let (status, _, deleted, left) = attempt(at);
            if deleted != 204 || !left.is_empty() {
                let path = route.path;
                wrong.push(format!(
                    "{path} at {at}: {status}, deletion {deleted}, {left:?}"
                ));
            }
        }
        app.skip_log();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_proof_that_grows_too_old_on_the_way_is_none() {
    let (app, player) = TestApp::with_player("player");
    app.test.clock.advance_ms(PROOF_SECONDS * 1000 - 1000);
    let body = json!({ "name": "A bot", "scopes": ["builds:read"] });
    let call = app.post(API_KEYS, &body);
    let request = call.by(&player).request();
    let attempt = |at: usize| {
        app.test.database.undone(|| {
            let clock = app.test.clock.clone();
            let points = Points::acting(at, move || clock.advance_ms(2000));
            let isolate = app.isolate_with(platform_with(&app.test, 77, &points), config_value);
            let status = block_on(isolate.app.handle(&request)).status;
            let passed = points.passed();
            if passed > at {
                app.test.clock.advance_ms(-2000);
            }
            (status, passed, app.rows("api_keys"))
        })
    };
    let (status, awaits, made) = attempt(NEVER);
    assert_eq!((status, made), (201, 1));
    // The time is read when the batch is made, two reads of the audit log's head before it is run.
    for at in 0..awaits - 2 {
        let (status, _, made) = attempt(at);
        assert_eq!((status, made), (403, 0), "too old before await {at}");
    }
    app.skip_log();
}

#[test]
fn an_administrator_who_is_being_demoted_promotes_nobody() {
    let app = TestApp::new();
    let (boss, accomplice) = (app.administrator("boss"), app.player("accomplice"));
    app.administrator("other");
    let call = app.call("PATCH", &format!("/api/v1/admin/users/{}", accomplice.id));
    let call = call.by(&boss).json(&json!({ "role": "administrator" }));
    let request = call.request();
    let demote = format!("UPDATE users SET role = 'user' WHERE id = '{}'", boss.id);
    let promoted = format!(
        "SELECT count(*) FROM users WHERE id = '{}' AND role = 'administrator'",
        accomplice.id
    );
    let attempt = |at: usize| {
        app.test.database.undone(|| {
            let (database, demote) = (app.test.database.clone(), demote.clone());
            let points = Points::acting(at, move || drop(database.execute(&demote)));
            let isolate = app.isolate_with(platform_with(&app.test, 77, &points), config_value);
            let status = block_on(isolate.app.handle(&request)).status;
            (status, points.passed(), app.count(promoted.as_str()))
        })
    };
    let (status, awaits, made) = attempt(NEVER);
    assert_eq!((status, made), (200, 1));
    for at in 0..awaits {
        let (status, _, made) = attempt(at);
        assert_eq!((status, made), (403, 0), "demoted before await {at}");
    }
    app.skip_log();
}
