//! Comparisons over HTTP: both compositions must be visible, and both are measured alike, in three
//! statements at most. The unit tests of `squads::compare` have the differences.

use testing::prelude::*;

fn compare(app: &TestApp, base: &Value, other: &Value, player: Option<&Player>) -> Answer {
    let path = format!("{}/compare/{}", path_of(base), text(&other["id"]));
    let call = app.get(&path);
    call.by(player).send()
}

fn squad(slots: &Value) -> Value {
    json!([{ "slots": slots }])
}

#[test]
fn what_differs_is_told() {
    let (app, player) = TestApp::with_player("planner");
    let base = app.composition(
        &player,
        &json!({ "name": "Before", "subgroups": squad(&json!([
            { "player": "Anna", "specialization": 62, "role": "primary_support" },
            { "player": "Ben", "specialization": 61, "role": "strip" },
        ])) }),
    );
    let other = app.composition(
        &player,
        &json!({ "name": "After", "subgroups": [
            { "slots": [{ "player": "anna", "specialization": 81, "role": "primary_support" }] },
            { "slots": [{ "player": "Cleo", "specialization": 5 }] },
        ] }),
    );
    let answer = compare(&app, &base, &other, Some(&player)).expect(200);
    let found = answer.json();
    let expected = json!({ "composition_id": base["id"], "name": "Before", "player_count": 2 });
    assert_eq!(found["base"], expected);
    assert_eq!(found["other"]["name"], "After");
    let players = &found["players"];
    assert_eq!(players["changed"][0]["base"]["name"], "Firebrand");
    assert_eq!(players["changed"][0]["other"]["name"], "Luminary");
    assert_eq!(players["removed"][0]["player"], "Ben");
    assert_eq!(players["added"][0]["subgroup"], 2);
    assert_eq!(players["moved"], json!([]));
    let mut rows = array(&found["squad"]).iter();
    let strip = rows.find(|row| row["function"] == "strip").expect("strip");
    assert_eq!(strip["change"], -3);
    let roles = json!([
        { "role": "strip", "base": 1, "other": 0, "change": -1 },
        { "role": "none", "base": 0, "other": 1, "change": 1 },
    ]);
    assert_eq!(found["roles"], roles);
    let path = format!("{}/compare/{}", path_of(&base), text(&other["id"]));
    let again = app.get(&path).header(Header::IfNoneMatch, &answer.etag());
    again.by(&player).expect(304);
    let back = compare(&app, &other, &base, Some(&player)).expect(200);
    assert_ne!(back.etag(), answer.etag());
}

#[test]
fn both_must_be_visible() {
    let (app, [owner, stranger]) = TestApp::with_players(["owner", "stranger"]);
    let private = app.composition(&owner, &json!({}));
    let public = app.composition(&owner, &json!({ "visibility": "public" }));
    for (base, other, who, status) in [
        (&private, &public, Some(&owner), 200),
        (&private, &public, Some(&stranger), 404),
        (&public, &private, Some(&stranger), 404),
        (&public, &private, None, 404),
        (&public, &public, None, 200),
    ] {
        compare(&app, base, other, who).expect(status);
    }
    compare(&app, &public, &json!({ "id": "nonsense" }), None).expect_problem(404, "not_found");
}

#[test]
fn both_are_measured_by_the_same_scores() {
    let (app, [owner, stranger]) = TestApp::with_players(["owner", "stranger"]);
    let team = app.team(&[(&owner, "leader")]);
    app.set_scores(&owner, &team, json!({ "62": { "stability": 1 } }));
    let firebrands = |count: usize| squad(&json!(vec![json!({ "specialization": 62 }); count]));
    let body = json!({ "team_id": team, "visibility": "public", "subgroups": firebrands(1) });
    let of_team = app.composition(&owner, &body);
    let body = json!({ "visibility": "public", "subgroups": firebrands(2) });
    let own = app.composition(&owner, &body);
    let stability = |base: &Value, other: &Value, who: Option<&Player>| {
        let found = compare(&app, base, other, who).ok();
        let row = &found["subgroups"][0]["coverage"][0];
        assert_eq!(row["function"], "stability");
        row["change"].as_i64()
    };
    assert_eq!(stability(&of_team, &own, Some(&owner)), Some(1));
    assert_eq!(stability(&own, &of_team, Some(&owner)), Some(-1));
    assert_eq!(stability(&of_team, &own, Some(&stranger)), Some(3));
    assert_eq!(stability(&of_team, &own, None), Some(3));
    let call = || drop(compare(&app, &of_team, &own, Some(&owner)).expect(200));
    assert_eq!(app.calls_of(call), 3);
}

#[test]
fn versions_say_what_changed_and_how() {
    let (app, [leader, member, stranger]) = TestApp::with_players(["leader", "member", "stranger"]);
    let team = app.team(&[(&leader, "leader"), (&member, "member")]);
    let plays = |id: u8| squad(&json!([{ "player": "Anna", "specialization": id }]));
    let plan = json!({ "team_id": team, "visibility": "public", "notes": "First", "subgroups": plays(62) });
    let made = app.composition(&leader, &plan);
    let path = path_of(&made);
    for (version, body) in [
        (1, json!({ "notes": "Second", "tags": ["a"] })),
        (2, json!({ "subgroups": plays(34) })),
        (3, json!({})),
    ] {
        let call = app.call("PATCH", &path).json(&body);
        let call = call.if_match(&format!("\"{version}\""));
        call.by(&leader).expect(200);
    }
    let changed = |rows: &Value| {
        let rows = array(&rows["data"]).iter();
        rows.map(|row| row["changed"].clone()).collect::<Vec<_>>()
    };
    let versions = format!("{path}/versions");
    let list = || changed(&app.get_as(&leader, &versions).ok());
    let second = json!(["notes", "tags"]);
    let expected = [json!([]), json!(["subgroups"]), second.clone(), Value::Null];
    assert_eq!(list(), expected);

    let id = text(&made["id"]);
    let ask = |query: &str, player: Option<&Player>| {
        let call = app.get(&format!("{path}/compare/{id}?{query}"));
        call.by(player).send()
    };
    let all = ask("base_version=1", Some(&leader)).expect(200);
    let found = all.json();
    assert_eq!(found["changed"], json!(["notes", "tags", "subgroups"]));
    let player = &found["players"]["changed"][0];
    assert_eq!(player["base"]["name"], "Firebrand");
    assert_eq!(player["other"]["name"], "Reaper");
    assert_eq!(found["subgroups"][0]["coverage"][0]["change"], -3);
    let back = ask("base_version=2&other_version=1", Some(&leader)).expect(200);
    assert_eq!(back.json()["changed"], second);
    assert_eq!(back.json()["players"]["changed"], json!([]));
    assert_ne!(back.etag(), all.etag());
    let call = || drop(ask("base_version=1&other_version=3", Some(&leader)).expect(200));
    assert_eq!(app.calls_of(call), 3);

    // What it was is for those who may change it.
    ask("base_version=1", Some(&member)).expect_problem(403, "insufficient_team_role");
    ask("base_version=1", Some(&stranger)).expect_problem(403, "not_owner");
    ask("other_version=1", None).expect(401);
    ask("base_version=9", Some(&leader)).expect_problem(404, "not_found");
    ask("base_version=0", Some(&leader)).expect(422);
    let other = app.composition(&leader, &json!({}));
    let across = format!("{path}/compare/{}?base_version=1", text(&other["id"]));
    let answer = app.get_as(&leader, &across);
    answer.expect_mistakes("?base_version conflicting_fields");
    // The first that is kept has nothing to be compared with.
    app.execute("DELETE FROM composition_versions WHERE version = 1");
    assert_eq!(list()[2], Value::Null);
}
