//! The content of builds over HTTP: create, read, change, and refusals. Every mistake is reported with its
//! location. `builds_access` has permissions, `builds_lists` lists.

use testing::prelude::*;
use wvw_builder::game::model::REFERENCE_VERSION;

/// The chat code of a template.
fn encoded(app: &TestApp, template: &Value) -> String {
    let body = json!({ "template": template });
    text(&app.post(ENCODE, &body).ok()["code"])
}

/// Expects these members, among others.
#[track_caller]
fn expect_members(document: &Value, expected: &Value) {
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(document[name], *value, "{name}");
    }
}

/// A template with these specializations and nothing else.
fn template(profession: &str, specializations: [u8; 3]) -> Value {
    let slots = specializations.map(|id| match id {
        0 => Value::Null,
        id => json!({ "id": id }),
    });
    json!({ "profession": { "id": profession }, "specializations": slots })
}

#[test]
fn from_chat_code_to_json_and_through_every_change() {
    let (app, player) = TestApp::with_player("walk");
    let token = player.token.as_str();
    let body = json!({
        "name": "  Support Firebrand ", "chat_code": GUARDIAN_CODE, "visibility": "public",
        "roles": ["primary_support"], "tags": [" Zerg ", "EU"], "notes": "Stand on\nthe tag.",
        "gear": { "stats": "Minstrel's", "sigils": ["Energy"] }, "game_build": 180_000,
    });
    let answer = app.post(BUILDS, &body).token(token).expect(201);
    let made = answer.json();
    assert_eq!(answer.header("location"), Some(build_path(&made).as_str()));
    assert_eq!(answer.etag(), format!("\"1-{REFERENCE_VERSION}\""));
    expect_members(
        &made,
        &json!({
            "owner_id": player.id, "name": "Support Firebrand", "profession": "Guardian",
            "chat_code": GUARDIAN_CODE, "visibility": "public", "team_id": null,
            "tags": ["zerg", "eu"], "notes": "Stand on\nthe tag.", "game_build": 180_000,
            "created_at": "2026-11-22T00:00:00.000Z", "updated_at": "2026-11-22T00:00:00.000Z",
        }),
    );
    assert_eq!(made["gear"]["stats"], "Minstrel's");
    assert_eq!(made["template"]["specializations"][2]["name"], "Firebrand");
    let decoded = app.post(DECODE, &json!({ "code": GUARDIAN_CODE })).ok();
    assert_eq!(decoded["template"], made["template"]);

    let read = app.get(&build_path(&made)).expect(200);
    assert_eq!((read.json(), read.etag()), (made.clone(), answer.etag()));

    app.test.clock.advance_ms(5_000);
    let patch = json!({ "notes": null, "gear": { "rune": "Monk" }, "tags": ["roam"] });
    let patched = app.call("PATCH", &build_path(&made)).token(token);
    let patched = patched
        .raw("application/merge-patch+json", patch.to_string())
        .expect(200);
    let mut expected = made.clone();
    expected["notes"] = json!("");
    expected["gear"]["rune"] = json!("Monk");
    expected["tags"] = json!(["roam"]);
    expected["updated_at"] = json!("2026-11-22T00:00:05.000Z");
    assert_eq!(patched.json(), expected);
    assert_eq!(patched.etag(), format!("\"2-{REFERENCE_VERSION}\""));

    let new = build_body(&json!({ "name": "New" }));
    let put = app.put_as(&player, &build_path(&made), &new).ok();
    expect_members(
        &put,
        // The build of the game stays with its chat code.
        &json!({
            "name": "New", "visibility": "private", "roles": [], "tags": [], "gear": null,
            "game_build": 180_000, "created_at": made["created_at"],
        }),
    );
    app.delete_as(&player, &build_path(&made)).expect(204);
    app.get_as(&player, &build_path(&made)).expect(404);
    app.delete_as(&player, &build_path(&made)).expect(404);
    for table in ["builds", "build_facets"] {
        assert_eq!(app.rows(table), 0, "{table}");
    }
}

#[test]
fn all_mistakes_at_once() {
    let (app, player) = TestApp::with_player("mistakes");
    let body = json!({
        "chat_code": "[&DQ==]", "template": template("Guardian", [4, 62, 62]),
        "visibility": "everyone", "team_id": "team_x", "roles": ["king", "filler", "filler"],
        "tags": ["", " ", "x", "X", 5, "\u{130}".repeat(32)], "notes": "a\u{7}b",
        "gear": { "stats": "", "helmet": "x", "sigils": [1] }, "game_build": -1,
        "is_admin": true, "owner_id": player.id, "id": "build_x", "a/b~c": 1,
    });
    let answer = app.post_as(&player, BUILDS, &body);
    let mistakes = answer.expect_problem(422, "invalid_input").mistakes();
    for (pointer, code) in [
        ("/name", "required"),
        ("/chat_code", "truncated"),
        ("/visibility", "invalid_choice"),
        ("/team_id", "invalid_length"),
        ("/roles/0", "invalid_choice"),
        ("/roles/2", "duplicate_item"),
        ("/tags/0", "invalid_length"),
        ("/tags/1", "invalid_length"),
        ("/tags/3", "duplicate_item"),
        ("/tags/4", "invalid_type"),
        ("/notes", "invalid_format"),
        ("/gear/stats", "invalid_length"),
        ("/gear/helmet", "unknown_field"),
        ("/gear/sigils/0", "invalid_type"),
        ("/game_build", "out_of_range"),
        ("/is_admin", "unknown_field"),
        ("/owner_id", "unknown_field"),
        ("/id", "unknown_field"),
        ("/a~1b~0c", "unknown_field"),
    ] {
        let wanted = (pointer.to_owned(), code.to_owned());
        assert!(mistakes.contains(&wanted), "{wanted:?} in {mistakes:?}");
    }
    assert_eq!(app.rows("builds"), 0);
}

#[test]
fn a_tag_that_grows_in_lower_case_is_measured_as_it_is_kept() {
    let (app, player) = TestApp::with_player("tags");
    let call = |tag: String| {
        let body = build_body(&json!({ "tags": [tag] }));
        app.post_as(&player, BUILDS, &body)
    };
    let refused = call("\u{130}".repeat(32));
    refused.expect_mistakes("/tags/0 invalid_length");
    let build = call("\u{130}".repeat(16)).created();
    // What was taken can be patched.
    let patch = app
        .call("PATCH", &build_path(&build))
        .by(&player)
        .json(&json!({ "name": "x" }));
    patch.expect(200);
}

#[test]
fn what_the_game_would_not_allow_is_named_with_its_place() {
    let (app, player) = TestApp::with_player("game");
    for (slots, index, code) in [
        // A Warrior's in a Guardian.
        ([4, 0, 0], 0, "specialization_of_other_profession"),
        ([0, 62, 0], 1, "elite_not_in_third_slot"),
        ([42, 42, 0], 1, "duplicate_specialization"),
        // Unknown to the tables.
        ([0, 200, 200], 2, "duplicate_specialization"),
    ] {
        let template = template("Guardian", slots);
        let by_template = json!({ "chat_code": null, "template": template });
        let by_code = json!({ "chat_code": encoded(&app, &template) });
        for (body, pointer) in [
            (by_template, format!("/template/specializations/{index}")),
            (by_code, "/chat_code".to_owned()),
        ] {
            let body = build_body(&body);
            let answer = app.post_as(&player, BUILDS, &body);
            let answer = answer.expect_mistakes(&format!("{pointer} {code}"));
            let detail = text(&answer.json()["errors"][0]["detail"]);
            let is_placed = !body["template"].is_null() || detail.contains("/specializations/");
            assert!(is_placed, "{detail}");
        }
    }
    // What only the tables do not know is kept.
    let newer = template("Guardian", [42, 46, 200]);
    let build = app.build(&player, &json!({ "chat_code": null, "template": newer }));
    assert_has!(build["template"]["specializations"][2], { "id": 200, "name": null });
}

#[test]
fn chat_code_and_template_must_agree() {
    let (app, player) = TestApp::with_player("agree");
    let code = json!({ "code": GUARDIAN_CODE });
    let same = app.post(DECODE, &code).ok()["template"].clone();
    let other = template("Warrior", [4, 0, 18]);
    let create = |body: &Value| {
        let body = build_body(body);
        app.post_as(&player, BUILDS, &body)
    };
    let build = create(&json!({ "template": same })).created();
    let refused = create(&json!({ "template": other }));
    refused.expect_mistakes("/template conflicting_fields");
    let refused = create(&json!({ "chat_code": null }));
    refused.expect_mistakes("/chat_code required");
    let both = json!({ "chat_code": GUARDIAN_CODE, "template": other });
    for (patch, status, profession) in [
        (json!({ "template": other }), 200, "Warrior"),
        (json!({ "chat_code": GUARDIAN_CODE }), 200, "Guardian"),
        (both, 422, "Guardian"),
        (
            json!({ "chat_code": null, "template": other }),
            200,
            "Warrior",
        ),
        (json!({ "chat_code": null }), 422, "Warrior"),
        (json!({ "template": null }), 200, "Warrior"),
        (json!([]), 422, "Warrior"),
        (json!(null), 422, "Warrior"),
        (json!({ "name": null }), 422, "Warrior"),
    ] {
        let call = app.call("PATCH", &build_path(&build)).by(&player);
        let answer = call.json(&patch).send();
        assert_eq!(answer.status, status, "{patch}");
        let read = app.get_as(&player, &build_path(&build)).ok();
        assert_eq!(read["profession"], profession, "{patch}");
    }
}
