//! Accounts for administrators: what they see and change, and that one administrator is left. Nobody else
//! has access, and a change and its audit entry are written together. `tests/edge/scripts.test.mjs` has
//! the script that names the first administrator.

use testing::prelude::*;

fn path(id: &str) -> String {
    format!("/api/v1/admin/users/{id}")
}

#[track_caller]
fn patch(app: &TestApp, by: &Player, id: &str, body: &Value) -> Answer {
    let call = app.call("PATCH", &path(id)).by(by);
    call.raw("application/merge-patch+json", body.to_string())
        .send()
}

/// Actions and details in the log since row `seq`.
fn logged(app: &TestApp, seq: i64) -> Vec<(String, Value)> {
    let sql = format!("SELECT entry FROM audit_log WHERE seq > {seq} ORDER BY seq");
    let rows = app.test.database.execute(&sql);
    let read = |row: &wvw_builder::platform::Row| {
        let entry: Value = serde_json::from_str(row.text(0).expect("text")).expect("JSON");
        (text(&entry["action"]), entry["detail"].clone())
    };
    rows.iter().map(read).collect()
}

fn last_seq(app: &TestApp) -> i64 {
    app.count("SELECT max(seq) FROM audit_log")
}

#[test]
fn an_account_is_seen_with_its_state() {
    let app = TestApp::new();
    let boss = app.administrator("boss");
    let player = app.player("player");
    app.log_in(&player.email);
    let get = || app.get(&path(&player.id)).by(&boss);
    let answer = get().send().expect(200);
    assert_eq!(
        answer.json(),
        json!({
            "id": player.id,
            "email": player.email,
            "email_verified": false,
            "pending_email": null,
            "display_name": "A player",
            "role": "user",
            "created_at": "2026-11-22T00:00:00.000Z",
            "updated_at": "2026-11-22T00:00:00.000Z",
            "disabled": false,
            "password_disabled": false,
            "two_factor": false,
            "sessions": 2,
        })
    );
    let again = get().header(Header::IfNoneMatch, &answer.etag());
    again.send().expect(304);
    // Equal tags mean equal bytes: a login more, and the password disabled, are no new version.
    app.log_in(&player.email);
    let again = get().header(Header::IfNoneMatch, &answer.etag());
    let again = again.send().expect(200);
    app.test.database.execute(&format!(
        "UPDATE users SET password_disabled_at = 1 WHERE id = '{}'",
        player.id
    ));
    get()
        .header(Header::IfNoneMatch, &again.etag())
        .send()
        .expect(200);
    for id in ["nobody", "user_00000000000000000000000000", "user_'--"] {
        let target = path(id).replace('\'', "%27");
        app.get_as(&boss, &target).expect_problem(404, "not_found");
    }
}

#[test]
fn nobody_else_gets_in() {
    let app = TestApp::new();
    let boss = app.administrator("boss");
    let player = app.player("player");
    let target = path(&player.id);
    let before = last_seq(&app);
    for (method, target) in [
        ("GET", target.as_str()),
        ("PATCH", target.as_str()),
        ("GET", "/api/v1/admin/audit-log"),
    ] {
        let call = || {
            app.call(method, target)
                .json(&json!({ "role": "administrator" }))
        };
        call().send().expect_problem(401, "authentication_required");
        call()
            .by(&player)
            .send()
            .expect_problem(403, "insufficient_scope");
    }
    for odd in [
        format!("{target}/"),
        target.replace("admin", "Admin"),
        target.replace("/users", "%2fusers"),
        target.replace("/users", "//users"),
        target.replace("/admin", "/./admin"),
    ] {
        app.get_as(&boss, &odd).expect_problem(404, "not_found");
    }
    // A token of before has no scope for it; one of an administrator who is none any more, no role.
    patch(&app, &boss, &player.id, &json!({ "role": "administrator" })).expect(200);
    let get = |token: &str| app.get(&target).token(token).send();
    get(&player.token).expect_problem(403, "insufficient_scope");
    let tokens = app.log_in(&player.email);
    let token = text(&tokens["access_token"]);
    get(&token).expect(200);
    patch(&app, &boss, &player.id, &json!({ "role": "user" })).expect(200);
    get(&token).expect_problem(403, "insufficient_scope");
    assert_eq!(
        logged(&app, before)
            .into_iter()
            .filter(|(action, _)| action != "session.created")
            .collect::<Vec<_>>(),
        [
            (
                "account.role_changed".to_owned(),
                json!({ "role": "administrator" })
            ),
            ("account.role_changed".to_owned(), json!({ "role": "user" })),
        ]
    );
}

#[test]
fn a_disabled_account_is_out_everywhere_until_it_is_enabled() {
    let app = TestApp::new();
    let boss = app.administrator("boss");
    let player = app.player("player");
    let elsewhere = app.isolate(2);
    elsewhere.get_as(&player, ME).expect(200);
    let before = last_seq(&app);
    let answer = patch(&app, &boss, &player.id, &json!({ "disabled": true })).expect(200);
    assert_eq!(answer.json()["disabled"], true);
    assert_eq!(answer.json()["sessions"], 0);
    let read = app.get_as(&boss, &path(&player.id));
    assert_eq!((read.json(), read.etag()), (answer.json(), answer.etag()));
    assert_eq!(
        logged(&app, before),
        [("account.disabled".to_owned(), Value::Null)]
    );
    let refused = |app: &TestApp, token: &str| {
        let answer = app.get(ME).token(token).send();
        answer.expect_problem(401, "invalid_token");
    };
    refused(&app, &player.token);
    app.test.clock.advance_ms(10_000);
    refused(&elsewhere, &player.token);
    let right = json!({ "email": player.email, "password": PASSWORD });
    let log_in = || app.post("/api/v1/auth/login", &right).send();
    log_in().expect_problem(401, "invalid_credentials");
    let refresh = json!({ "refresh_token": player.refresh_token });
    let answer = app.post("/api/v1/auth/refresh", &refresh).send();
    answer.expect_problem(401, "invalid_refresh_token");
    patch(&app, &boss, &player.id, &json!({ "disabled": false })).expect(200);
    log_in().expect(200);
    // What has ended has ended.
    refused(&app, &player.token);
}

#[test]
fn a_disabled_password_can_be_enabled_and_not_the_other_way_round() {
    let app = TestApp::new();
    let boss = app.administrator("boss");
    let player = app.player("player");
    let refused = patch(
        &app,
        &boss,
        &player.id,
        &json!({ "password_disabled": true }),
    );
    let mistakes = refused.invalid();
    let pointer = "/password_disabled".to_owned();
    assert_eq!(mistakes, [(pointer, "invalid_choice".to_owned())]);
    app.test.database.execute(&format!(
        "UPDATE users SET password_disabled_at = 1 WHERE id = '{}'",
        player.id
    ));
    let before = last_seq(&app);
    // What it is already may be sent along.
    let same = json!({ "password_disabled": true, "disabled": false, "role": "user" });
    patch(&app, &boss, &player.id, &same).expect(200);
    assert_eq!(logged(&app, before), []);
    let answer = patch(
        &app,
        &boss,
        &player.id,
        &json!({ "password_disabled": false }),
    );
    assert_eq!(answer.expect(200).json()["password_disabled"], false);
    assert_eq!(
        logged(&app, before),
        [("password.enabled".to_owned(), Value::Null)]
    );
    let disabled = "SELECT count(*) FROM users WHERE password_disabled_at IS NOT NULL";
    assert_eq!(app.count(disabled), 0);
}

#[test]
fn what_administrators_may_not_change_is_refused_by_name() {
    let app = TestApp::new();
    let boss = app.administrator("boss");
    let player = app.player("player");
    for (body, pointer, code) in [
        (json!({ "role": "king" }), "/role", "invalid_choice"),
        (json!({ "role": null }), "/role", "required"),
        (json!({ "disabled": "yes" }), "/disabled", "invalid_type"),
        (json!({ "disabled": null }), "/disabled", "required"),
        (json!({ "email": "a@b.gg" }), "/email", "unknown_field"),
        (
            json!({ "password_hash": "x" }),
            "/password_hash",
            "unknown_field",
        ),
        (json!({ "version": 1 }), "/version", "unknown_field"),
        (
            json!({ "two_factor": false }),
            "/two_factor",
            "unknown_field",
        ),
    ] {
        let mistakes = patch(&app, &boss, &player.id, &body).invalid();
        let expected = (pointer.to_owned(), code.to_owned());
        assert_eq!(mistakes, [expected], "{body}");
    }
    let nobody = "user_00000000000000000000000000";
    patch(&app, &boss, nobody, &json!({ "disabled": true })).expect_problem(404, "not_found");
}

#[test]
fn the_last_administrator_stays_one() {
    let app = TestApp::new();
    let boss = app.administrator("boss");
    let delete = |player: &Player| {
        let call = app.call("DELETE", ME).by(player);
        call.json(&json!({ "password": PASSWORD })).send()
    };
    let before = last_seq(&app);
    let refuse_all = || {
        for body in [
            json!({ "role": "user" }),
            json!({ "disabled": true }),
            json!({ "role": "user", "disabled": true }),
        ] {
            patch(&app, &boss, &boss.id, &body).expect_problem(409, "last_administrator");
        }
        delete(&boss).expect_problem(409, "last_administrator");
    };
    refuse_all();
    assert_eq!(logged(&app, before), [], "what did not happen");
    // One who cannot log in is no help.
    let second = app.administrator("second");
    patch(&app, &boss, &second.id, &json!({ "disabled": true })).expect(200);
    refuse_all();
    patch(&app, &boss, &second.id, &json!({ "role": "user" })).expect(200);
    refuse_all();
    let both = json!({ "role": "administrator", "disabled": false });
    patch(&app, &boss, &second.id, &both).expect(200);
    patch(&app, &boss, &boss.id, &json!({ "role": "user" })).expect(200);
    delete(&boss).expect(204);
    let left = "SELECT count(*) FROM users WHERE role = 'administrator' AND disabled_at IS NULL";
    assert_eq!(app.count(left), 1);
}

#[test]
fn two_administrators_who_demote_each_other_at_once_leave_one() {
    let app = TestApp::new();
    let (one, two) = (app.administrator("one"), app.administrator("two"));
    let slow = |seed| app.slow_isolate(seed);
    let (left, right) = (slow(2), slow(3));
    let request = |app: &TestApp, by: &Player, of: &Player| {
        let call = app.call("PATCH", &path(&of.id)).by(by);
        call.json(&json!({ "role": "user" })).request()
    };
    let (first, second) = (request(&left, &one, &two), request(&right, &two, &one));
    let (first, second) =
        pollster::block_on(async { together(left.app.handle(&first), right.app.handle(&second)) });
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    // The second is no administrator any more when it comes to its write.
    assert_eq!(statuses, [200, 403]);
    let left = "SELECT count(*) FROM users WHERE role = 'administrator'";
    assert_eq!(app.count(left), 1);
}

#[test]
fn a_change_names_the_version_it_was_made_for() {
    let app = TestApp::new();
    let boss = app.administrator("boss");
    let player = app.player("player");
    let tag = app.get_as(&boss, &path(&player.id)).etag();
    let with_tag = |body: &Value| {
        let call = app.call("PATCH", &path(&player.id)).by(&boss);
        call.if_match(&tag).json(body).send()
    };
    with_tag(&json!({ "disabled": true })).expect(200);
    with_tag(&json!({ "disabled": false })).expect_problem(412, "precondition_failed");
    let (racing, sql) = app.racing_isolate("", None);
    *sql.borrow_mut() = Some("UPDATE users SET version = version + 1".to_owned());
    let before = last_seq(&app);
    patch(
        &racing,
        &boss,
        &player.id,
        &json!({ "role": "administrator" }),
    )
    .expect_problem(412, "precondition_failed");
    *sql.borrow_mut() = Some(format!("DELETE FROM users WHERE id = '{}'", player.id));
    patch(
        &racing,
        &boss,
        &player.id,
        &json!({ "role": "administrator" }),
    )
    .expect_problem(404, "not_found");
    assert_eq!(logged(&app, before), []);
}
