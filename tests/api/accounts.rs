//! The profile of an account for its owner: what changes, what does not, and what proof it takes. Of two
//! concurrent changes one wins and the other is told. `personal_data` has deletion and export, `admin`
//! changes by administrators.

use testing::prelude::*;

#[track_caller]
fn patch(app: &TestApp, player: &Player, body: &Value) -> Answer {
    let call = app.call("PATCH", ME).by(player);
    call.raw("application/merge-patch+json", body.to_string())
        .send()
}

#[test]
fn a_name_is_changed_and_nothing_else() {
    let app = TestApp::new();
    let player = app.player("name");
    let before = app.get_as(&player, ME).expect(200);
    app.test.clock.advance_ms(1_000);
    let changed = patch(&app, &player, &json!({ "display_name": " Ry\u{301}t " })).expect(200);
    let mut expected = before.json();
    expected["display_name"] = "R\u{fd}t".into();
    expected["updated_at"] = "2026-11-22T00:00:01.000Z".into();
    assert_eq!(changed.json(), expected);
    assert_ne!(changed.etag(), before.etag());
    let read = app.get_as(&player, ME).expect(200);
    assert_eq!((read.json(), read.etag()), (changed.json(), changed.etag()));
    // What changes nothing is no change.
    let same = patch(&app, &player, &json!({ "display_name": "R\u{fd}t" })).expect(200);
    assert_eq!(same.etag(), changed.etag());
    assert_eq!(app.logged("account.changed"), 1);
}

#[test]
fn what_is_not_the_owners_to_change_is_refused_by_name() {
    let app = TestApp::new();
    let player = app.player("mass");
    for (body, pointer, code) in [
        (json!({ "role": "administrator" }), "/role", "unknown_field"),
        (json!({ "is_admin": true }), "/is_admin", "unknown_field"),
        (json!({ "id": player.id }), "/id", "unknown_field"),
        (json!({ "version": 9 }), "/version", "unknown_field"),
        (json!({ "disabled": false }), "/disabled", "unknown_field"),
        (
            json!({ "password": PASSWORD }),
            "/password",
            "unknown_field",
        ),
        (json!({ "display_name": null }), "/display_name", "required"),
        (
            json!({ "display_name": "" }),
            "/display_name",
            "invalid_length",
        ),
        (
            json!({ "display_name": "  " }),
            "/display_name",
            "invalid_length",
        ),
        (
            json!({ "display_name": "a\nb" }),
            "/display_name",
            "invalid_format",
        ),
        (
            json!({ "display_name": ["a"] }),
            "/display_name",
            "invalid_type",
        ),
        (
            json!({ "email": null, "current_password": PASSWORD }),
            "/email",
            "required",
        ),
        (
            json!({ "email": "a@b", "current_password": PASSWORD }),
            "/email",
            "invalid_format",
        ),
        (
            json!({ "email": "new@guild.gg" }),
            "/current_password",
            "required",
        ),
        (
            json!({ "email": "new@guild.gg", "current_password": null }),
            "/current_password",
            "required",
        ),
        (
            json!({ "email": "new@guild.gg", "current_password": "a".repeat(257) }),
            "/current_password",
            "password_too_long",
        ),
    ] {
        let answer = patch(&app, &player, &body).expect_problem(422, "invalid_input");
        let expected = (pointer.to_owned(), code.to_owned());
        assert!(
            answer.mistakes().contains(&expected),
            "{body}: {:?}",
            answer.mistakes()
        );
    }
    patch(&app, &player, &json!([])).expect_problem(422, "invalid_input");
    let touched = "SELECT count(*) FROM users WHERE version > 1 OR role <> 'user'";
    assert_eq!(app.count(touched), 0);
}

#[test]
fn an_address_is_changed_only_by_who_knows_the_password() {
    let app = TestApp::new();
    let player = app.player("address");
    let other = app.player("other");
    let body =
        |email: &str, password: &str| json!({ "email": email, "current_password": password });
    patch(&app, &player, &body("new@guild.gg", "another four words"))
        .expect_problem(403, "wrong_password");
    // Whether someone else has it is not told, and until it is proved nothing changes.
    for wanted in [&other.email.to_uppercase(), "New@Guild.gg"] {
        let waiting = patch(&app, &player, &body(wanted, PASSWORD)).expect(200);
        assert_eq!(waiting.json()["email"], json!(player.email));
        assert_eq!(waiting.json()["pending_email"], json!(wanted));
        app.log_in(&player.email);
    }
    app.prove_address(&player);
    let me = app.get_as(&player, ME).ok();
    assert_eq!(me["email"], "New@Guild.gg");
    assert_eq!(me["pending_email"], Value::Null);
    app.log_in("new@guild.gg");
    let old = json!({ "email": player.email, "password": PASSWORD });
    app.post("/api/v1/auth/login", &old)
        .send()
        .expect_problem(401, "invalid_credentials");
    // Neither address is in the audit log, only that there is another one.
    let rows = app
        .test
        .database
        .execute("SELECT entry FROM audit_log WHERE action = 'account.changed'");
    let entry: Value = serde_json::from_str(rows[0].text(0).expect("text")).expect("JSON");
    assert_eq!(rows.len(), 3, "asked for twice, and done");
    assert_eq!(entry["detail"], json!({ "changed": ["email"] }));
    assert_eq!(entry["actor"], json!(player.id));
}

#[test]
fn a_change_names_the_version_it_was_made_for() {
    let app = TestApp::new();
    let player = app.player("version");
    let tag = app.get_as(&player, ME).expect(200).etag();
    let with_tag = |tag: &str, name: &str| {
        app.call("PATCH", ME)
            .by(&player)
            .if_match(tag)
            .json(&json!({ "display_name": name }))
            .send()
    };
    with_tag(&tag, "First").expect(200);
    with_tag(&tag, "Second").expect_problem(412, "precondition_failed");
    // Without a tag too, nobody's change is written over while it is being made.
    for (sql, body) in [
        (
            "UPDATE users SET version = version + 1",
            json!({ "display_name": "Third" }),
        ),
        (
            "UPDATE users SET password_hash = 'another'",
            json!({ "email": "third@guild.gg", "current_password": PASSWORD }),
        ),
    ] {
        let (racing, sql_slot) = app.racing_isolate("UPDATE users", None);
        racing.get_as(&player, ME).expect(200);
        *sql_slot.borrow_mut() = Some(sql.to_owned());
        patch(&racing, &player, &body).expect_problem(412, "precondition_failed");
    }
    let me = app.get_as(&player, ME).ok();
    assert_eq!(me["display_name"], "First");
    assert_eq!(me["email"], json!(player.email));
    assert_eq!(
        app.logged("account.changed"),
        1,
        "what did not happen is not in the log"
    );
}
