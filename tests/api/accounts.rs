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
    let (app, player) = TestApp::with_player("name");
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
    let (app, player) = TestApp::with_player("mass");
    let table = r#"
        /disabled unknown_field              { "disabled": false }
        /password unknown_field              { "password": "four words in a row" }
        /display_name required               { "display_name": null }
        /display_name invalid_length         { "display_name": "" }
        /display_name invalid_length         { "display_name": " " }
        /display_name invalid_format         { "display_name": "a\nb" }
        /display_name invalid_type           { "display_name": ["a"] }
        /email required                      { "email": null, "current_password": "four words in a row" }
        /email invalid_format                { "email": "a@b", "current_password": "four words in a row" }
        /current_password required           { "email": "new@guild.gg" }
        /current_password required           { "email": "new@guild.gg", "current_password": null }
        /current_password password_too_long  { "email": "new@guild.gg", "current_password": "LONG" }
    "#;
    for (mistakes, body) in refusals(&table.replace("LONG", &"a".repeat(257))) {
        patch(&app, &player, &body).expect_mistakes(mistakes);
    }
    patch(&app, &player, &json!([])).expect_problem(422, "invalid_input");
    assert_eq!(app.rows("users WHERE version > 1 OR role <> 'user'"), 0);
}

#[test]
fn an_address_is_changed_only_by_who_knows_the_password() {
    let (app, [player, other]) = TestApp::with_players(["address", "other"]);
    let wrong = json!({ "email": "new@guild.gg", "current_password": "another four words" });
    patch(&app, &player, &wrong).expect_problem(403, "wrong_password");
    // Whether someone else has it is not told, and until it is proved nothing changes.
    for wanted in [&other.email.to_uppercase(), "New@Guild.gg"] {
        let waiting = app.move_to(&player, wanted).ok();
        assert_has!(waiting, { "email": player.email, "pending_email": wanted });
        app.log_in(&player.email);
    }
    app.prove_address(&player);
    let me = app.get_as(&player, ME).ok();
    assert_has!(me, { "email": "New@Guild.gg", "pending_email": null });
    app.log_in("new@guild.gg");
    let old = app.log_in_with(&player.email, PASSWORD);
    old.expect_problem(401, "invalid_credentials");
    // Neither address is in the audit log, only that there is another one.
    let mut entries = app.audit_entries();
    entries.retain(|entry| entry["action"] == "account.changed");
    assert_eq!(entries.len(), 3, "asked for twice, and done");
    assert_has!(entries[0], { "detail": { "changed": ["email"] }, "actor": player.id });
}

#[test]
fn a_change_names_the_version_it_was_made_for() {
    let (app, player) = TestApp::with_player("version");
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
    assert_has!(me, { "display_name": "First", "email": player.email });
    assert_eq!(
        app.logged("account.changed"),
        1,
        "what did not happen is not in the log"
    );
}
