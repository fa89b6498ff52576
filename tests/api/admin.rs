//! Accounts for administrators: what they see and change, and that one administrator is left. Nobody else
//! has access, and a change and its audit entry are written together. `tests/edge/scripts.test.mjs` has
//! the script that names the first administrator.

use testing::prelude::*;

fn path(id: &str) -> String {
    format!("/api/v1/admin/users/{id}")
}

/// An administrator and a player.
struct Scene {
    app: TestApp,
    boss: Player,
    player: Player,
    /// The player's, for administrators.
    path: String,
    entries: usize,
}

fn scene() -> Scene {
    let app = TestApp::new();
    let boss = app.administrator("boss");
    let player = app.player("player");
    Scene {
        path: path(&player.id),
        entries: app.audit_entries().len(),
        app,
        boss,
        player,
    }
}

impl Scene {
    /// A change by the administrator.
    #[track_caller]
    fn patch(&self, of: &Player, body: &Value) -> Answer {
        let call = self.app.call("PATCH", &path(&of.id)).by(&self.boss);
        call.raw("application/merge-patch+json", body.to_string())
            .send()
    }

    /// Action and detail of what was logged since, but for logins.
    fn logged(&self) -> Value {
        let entries = self.app.audit_entries().split_off(self.entries);
        let entries = entries
            .iter()
            .filter(|it| it["action"] != "session.created");
        entries
            .map(|it| json!([it["action"], it["detail"]]))
            .collect()
    }
}

#[test]
fn an_account_is_seen_with_its_state() {
    let scene = scene();
    let (app, boss, player) = (&scene.app, &scene.boss, &scene.player);
    app.log_in(&player.email);
    let get = |tag: &str| {
        let call = app.get(&scene.path).by(boss);
        call.header(Header::IfNoneMatch, tag).send()
    };
    let answer = get("").expect(200);
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
    get(&answer.etag()).expect(304);
    // Equal tags mean equal bytes: a login more, and the password disabled, are no new version.
    app.log_in(&player.email);
    let again = get(&answer.etag()).expect(200);
    app.set_user(player, "password_disabled_at = 1");
    get(&again.etag()).expect(200);
    for id in ["nobody", "user_00000000000000000000000000", "user_%27--"] {
        app.get_as(boss, &path(id)).expect_problem(404, "not_found");
    }
}

#[test]
fn only_an_administrator_of_now_gets_in() {
    let scene = scene();
    let (app, player, target) = (&scene.app, &scene.player, &scene.path);
    // A token of before has no scope for it; one of an administrator who is none any more, no role.
    scene
        .patch(player, &json!({ "role": "administrator" }))
        .expect(200);
    app.get_as(player, target)
        .expect_problem(403, "insufficient_scope");
    let promoted = app.logged_in_again(player);
    app.get_as(&promoted, target).expect(200);
    scene.patch(player, &json!({ "role": "user" })).expect(200);
    app.get_as(&promoted, target)
        .expect_problem(403, "insufficient_scope");
    let changes =
        ["administrator", "user"].map(|it| json!(["account.role_changed", { "role": it }]));
    assert_eq!(scene.logged(), json!(changes));
}

#[test]
fn a_disabled_account_is_out_everywhere_until_it_is_enabled() {
    let scene = scene();
    let (app, player) = (&scene.app, &scene.player);
    let elsewhere = app.isolate(2);
    elsewhere.get_as(player, ME).expect(200);
    let answer = scene
        .patch(player, &json!({ "disabled": true }))
        .expect(200);
    assert_has!(answer.json(), { "disabled": true, "sessions": 0 });
    let read = app.get_as(&scene.boss, &scene.path);
    assert_eq!((read.json(), read.etag()), (answer.json(), answer.etag()));
    assert_eq!(scene.logged(), json!([["account.disabled", null]]));
    app.get_as(player, ME).expect_problem(401, "invalid_token");
    app.test.clock.advance_ms(10_000);
    elsewhere
        .get_as(player, ME)
        .expect_problem(401, "invalid_token");
    let log_in = || app.log_in_with(&player.email, PASSWORD);
    log_in().expect_problem(401, "invalid_credentials");
    app.refresh(&player.refresh_token)
        .expect_problem(401, "invalid_refresh_token");
    scene
        .patch(player, &json!({ "disabled": false }))
        .expect(200);
    log_in().expect(200);
    // What has ended has ended.
    app.get_as(player, ME).expect_problem(401, "invalid_token");
}

#[test]
fn a_disabled_password_can_be_enabled_and_not_the_other_way_round() {
    let scene = scene();
    let (app, player) = (&scene.app, &scene.player);
    let disabled = json!({ "password_disabled": true });
    scene
        .patch(player, &disabled)
        .expect_mistakes("/password_disabled invalid_choice");
    app.set_user(player, "password_disabled_at = 1");
    // What it is already may be sent along.
    let same = json!({ "password_disabled": true, "disabled": false, "role": "user" });
    scene.patch(player, &same).expect(200);
    assert_eq!(scene.logged(), json!([]));
    let enabled = scene
        .patch(player, &json!({ "password_disabled": false }))
        .ok();
    assert_eq!(enabled["password_disabled"], false);
    assert_eq!(scene.logged(), json!([["password.enabled", null]]));
    assert_eq!(app.rows("users WHERE password_disabled_at IS NOT NULL"), 0);
}

#[test]
fn what_administrators_may_not_change_is_refused_by_name() {
    let scene = scene();
    let table = r#"
        /role invalid_choice          { "role": "king" }
        /role required                { "role": null }
        /disabled invalid_type        { "disabled": "yes" }
        /disabled required            { "disabled": null }
        /email unknown_field          { "email": "a@b.gg" }
        /password_hash unknown_field  { "password_hash": "x" }
        /version unknown_field        { "version": 1 }
        /two_factor unknown_field     { "two_factor": false }
    "#;
    for (mistakes, body) in refusals(table) {
        scene.patch(&scene.player, &body).expect_mistakes(mistakes);
    }
    let nobody = path("user_00000000000000000000000000");
    let answer = scene
        .app
        .patch_as(&scene.boss, &nobody, &json!({ "disabled": true }));
    answer.expect_problem(404, "not_found");
}

#[test]
fn the_last_administrator_stays_one() {
    let scene = scene();
    let (app, boss) = (&scene.app, &scene.boss);
    let refuse_all = || {
        for body in [
            json!({ "role": "user" }),
            json!({ "disabled": true }),
            json!({ "role": "user", "disabled": true }),
        ] {
            scene
                .patch(boss, &body)
                .expect_problem(409, "last_administrator");
        }
        app.delete_account(boss)
            .expect_problem(409, "last_administrator");
    };
    refuse_all();
    assert_eq!(scene.logged(), json!([]), "what did not happen");
    // One who cannot log in is no help.
    let second = app.administrator("second");
    scene
        .patch(&second, &json!({ "disabled": true }))
        .expect(200);
    refuse_all();
    scene.patch(&second, &json!({ "role": "user" })).expect(200);
    refuse_all();
    let both = json!({ "role": "administrator", "disabled": false });
    scene.patch(&second, &both).expect(200);
    scene.patch(boss, &json!({ "role": "user" })).expect(200);
    app.delete_account(boss).expect(204);
    let left = "users WHERE role = 'administrator' AND disabled_at IS NULL";
    assert_eq!(app.rows(left), 1);
}

#[test]
fn two_administrators_who_demote_each_other_at_once_leave_one() {
    let app = TestApp::new();
    let (one, two) = (app.administrator("one"), app.administrator("two"));
    let demote = |by: &Player, of: &Player| {
        let call = app.call("PATCH", &path(&of.id)).by(by);
        call.json(&json!({ "role": "user" }))
    };
    let answers = at_once(
        &app.slow_isolates(2..4),
        [demote(&one, &two), demote(&two, &one)],
    );
    // The second is no administrator any more when it comes to its write.
    assert_eq!([200, 403].map(|status| count_of(&answers, status)), [1, 1]);
    assert_eq!(app.rows("users WHERE role = 'administrator'"), 1);
}

#[test]
fn a_change_names_the_version_it_was_made_for() {
    let scene = scene();
    let (app, boss, player) = (&scene.app, &scene.boss, &scene.player);
    let tag = app.get_as(boss, &scene.path).etag();
    let with_tag = |body: &Value| {
        let call = app.call("PATCH", &scene.path).by(boss);
        call.if_match(&tag).json(body).send()
    };
    with_tag(&json!({ "disabled": true })).expect(200);
    with_tag(&json!({ "disabled": false })).expect_problem(412, "precondition_failed");
    let promotion = json!({ "role": "administrator" });
    let raced = |sql: &str| app.racing("", sql).patch_as(boss, &scene.path, &promotion);
    let moved = raced("UPDATE users SET version = version + 1");
    moved.expect_problem(412, "precondition_failed");
    let gone = raced(&format!("DELETE FROM users WHERE id = '{}'", player.id));
    gone.expect_problem(404, "not_found");
    assert_eq!(scene.logged(), json!([["account.disabled", null]]));
}
