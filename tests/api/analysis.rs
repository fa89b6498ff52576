//! Analyses over HTTP: access, which scores and builds are used, and cost. A team's scores stay in the
//! team. The unit tests of `squads::analysis` have the sums and the words.

use testing::prelude::*;

/// Guardian, Firebrand.
const FIREBRAND: u8 = 62;
const TABLE: &str = "/api/v1/game/functions";

fn analysis(app: &TestApp, composition: &Value, player: Option<&Player>) -> Answer {
    let call = app.get(&format!("{}/analysis", path_of(composition)));
    call.by(player).send()
}

fn codes(analysis: &Value) -> Vec<String> {
    let warnings = analysis["warnings"].as_array().expect("a list");
    warnings.iter().map(|it| text(&it["code"])).collect()
}

fn sum_of(analysis: &Value, function: &str) -> Value {
    let rows = array(&analysis["subgroups"][0]["coverage"]).iter();
    let mut rows = rows.chain(array(&analysis["squad"]));
    rows.find(|row| row["function"] == function).expect("a row")["sum"].clone()
}

#[test]
fn a_squad_is_added_up() {
    let (app, player) = TestApp::with_player("planner");
    let build = app.build(&player, &json!({}));
    let made = app.composition(
        &player,
        &json!({ "preset": "gvg_15", "subgroups": [
            { "name": "Melee", "slots": [
                { "player": "Anna", "build_id": build["id"], "role": "primary_support" },
                { "specialization": 34, "role": "melee_dps" }, { "role": "strip" },
            ] },
            { "slots": [{ "player": "anna", "specialization": 5 }, { "player": "Ben" }] },
        ] }),
    );
    let answer = analysis(&app, &made, Some(&player)).expect(200);
    let found = answer.json();
    assert_has!(found, { "composition_id": made["id"], "player_count": 4 });
    assert_eq!(found["subgroups"][0]["name"], "Melee");
    assert_eq!(
        found["subgroups"][0]["coverage"][0],
        json!({ "function": "stability", "sum": 3, "target": 3, "covered": 100,
                "from_others": { "least": 0, "players": 1 } })
    );
    assert_eq!(found["shortfalls"][0]["code"], "none_in_subgroup");
    let worst = "Subgroup 2 has no stability: put a Firebrand or Luminary there.";
    assert_eq!(found["shortfalls"][0]["text"], worst);
    assert_eq!(found["roles"]["preset"], "gvg_15");
    let expected = ["open_slots", "no_stability", "duplicate_player"];
    assert_eq!(codes(&found), expected);
    assert_eq!(found["players"].as_array().map(Vec::len), Some(4));
    assert_eq!(found["players"][0]["name"], "Firebrand");
    assert_eq!(found["players"][3]["specialization"], Value::Null);
    // Once more costs nothing but the reads.
    let path = format!("{}/analysis", path_of(&made));
    let again = app.get(&path).header(Header::IfNoneMatch, &answer.etag());
    again.by(&player).expect(304);
}

#[test]
fn the_tag_moves_with_all_that_an_analysis_is_made_of() {
    let (app, player) = TestApp::with_player("planner");
    let team = app.team(&[(&player, "leader")]);
    let build = app.build(&player, &json!({}));
    let slots = json!([{ "slots": [{ "build_id": build["id"] }] }]);
    let body = json!({ "team_id": team, "visibility": "team", "subgroups": slots });
    let made = app.composition(&player, &body);
    let tag = || analysis(&app, &made, Some(&player)).expect(200).etag();
    let mut seen = vec![tag()];
    assert_eq!(tag(), seen[0]);
    let scores = json!({ "scores": { "62": { "stability": 1 } } });
    let moves = [
        ("PATCH", build_path(&build), json!({ "game_build": 5 })),
        ("PUT", format!("{TEAMS}/{team}/scores"), scores),
        ("PATCH", path_of(&made), json!({ "name": "Friday" })),
    ];
    for (method, path, body) in moves {
        let read = app.get_as(&player, &path).expect(200).etag();
        let call = app.call(method, &path).by(&player).json(&body);
        call.if_match(&read).expect(200);
        let shifted = tag();
        assert!(!seen.contains(&shifted), "{method} {path}");
        seen.push(shifted);
    }
    let other = app.isolate_configured(7, &[("GAME_BALANCE_BUILD", "100")]);
    let found = analysis(&other, &made, Some(&player)).expect(200);
    assert!(!seen.contains(&found.etag()));
    assert_eq!(codes(&found.json()), ["stale_build"]);
}

#[test]
fn what_one_may_not_see_is_not_there() {
    let (app, [owner, member]) = TestApp::with_players(["owner", "member"]);
    let private = app.composition(&owner, &json!({}));
    let team = app.team(&[(&owner, "leader"), (&member, "member")]);
    let shared = app.composition(&owner, &json!({ "team_id": team, "visibility": "team" }));
    for (composition, who, status) in [
        (&private, Some(&member), 404),
        (&private, None, 404),
        (&shared, Some(&member), 200),
        (&shared, None, 404),
    ] {
        analysis(&app, composition, who).expect(status);
    }
    for id in ["nonsense", "composition_01kanp2xc0e8br5v0xmvhv7j2e"] {
        let path = format!("/api/v1/compositions/{id}/analysis");
        app.get(&path).expect_problem(404, "not_found");
    }
}

#[test]
fn members_see_it_by_their_teams_scores_and_others_by_the_defaults() {
    let (app, [owner, stranger]) = TestApp::with_players(["owner", "stranger"]);
    let team = app.team(&[(&owner, "leader")]);
    let scores = json!({ "62": { "stability": 1, "strip": 3 } });
    app.set_scores(&owner, &team, scores);
    let plays = json!([{ "slots": [{ "player": "Anna", "specialization": FIREBRAND }] }]);
    let plan = json!({ "team_id": team, "visibility": "public", "subgroups": plays });
    let made = app.composition(&owner, &plan);
    let own = analysis(&app, &made, Some(&owner)).expect(200);
    assert_eq!(sum_of(&own.json(), "stability"), 1);
    assert_eq!(sum_of(&own.json(), "strip"), 3);
    assert_eq!(
        own.json()["scores"],
        json!([{ "specialization": 62, "name": "Firebrand", "confidence": "A", "edited": [
            { "function": "stability", "default": 3, "score": 1 },
            { "function": "strip", "default": 0, "score": 3 },
        ] }])
    );
    for who in [Some(&stranger), None] {
        let others = analysis(&app, &made, who).expect(200);
        assert_eq!(sum_of(&others.json(), "stability"), 3);
        assert_eq!(others.json()["scores"][0]["edited"], json!([]));
        assert_ne!(others.etag(), own.etag());
    }
}

#[test]
fn builds_are_looked_at_as_far_as_the_caller_sees_them() {
    let app = TestApp::configured(&[("GAME_BALANCE_BUILD", "100")]);
    let [owner, stranger] = app.players(["owner", "stranger"]);
    let hidden = app.build(&owner, &json!({ "game_build": 99 }));
    let body = json!({ "visibility": "public", "game_build": 100 });
    let shown = app.build(&owner, &body);
    // A Firebrand with a longbow, which is the Dragonhunter's.
    let bow = json!({ "chat_code": null, "visibility": "public", "template": {
        "profession": { "id": "Guardian" },
        "specializations": [null, null, { "id": 62 }], "weapons": [{ "id": 35 }, { "id": 5 }],
    } });
    let bow = app.build(&owner, &bow);
    let slots: Vec<Value> = [&hidden, &shown, &bow]
        .iter()
        .map(|build| json!({ "build_id": build["id"] }))
        .collect();
    let body = json!({ "visibility": "public", "subgroups": [{ "slots": slots }] });
    let made = app.composition(&owner, &body);
    let own = analysis(&app, &made, Some(&owner)).ok();
    assert_eq!(codes(&own), ["stale_build", "weapon_gating"]);
    let others = analysis(&app, &made, Some(&stranger)).ok();
    assert_eq!(codes(&others), ["missing_build", "weapon_gating"]);
    let expected = json!(["/subgroups/0/slots/0/build_id"]);
    assert_eq!(others["warnings"][0]["pointers"], expected);
    // What is gone still counts as it was planned.
    let path = build_path(&shown);
    app.delete_as(&owner, &path).expect(204);
    let own = analysis(&app, &made, Some(&owner)).ok();
    let expected = ["stale_build", "missing_build", "weapon_gating"];
    assert_eq!(codes(&own), expected);
    assert_eq!(sum_of(&own, "stability"), 9);
}

#[test]
fn two_statements() {
    let (app, player) = TestApp::with_player("planner");
    let team = app.team(&[(&player, "leader")]);
    let builds: Vec<Value> = (0..30).map(|_| app.build(&player, &json!({}))).collect();
    let slots: Vec<Value> = builds
        .iter()
        .map(|build| json!({ "build_id": build["id"] }))
        .collect();
    let groups: Vec<Value> = slots.chunks(5).map(|it| json!({ "slots": it })).collect();
    let body = json!({ "team_id": team, "visibility": "public", "subgroups": groups });
    let made = app.composition(&player, &body);
    let warm = || drop(analysis(&app, &made, Some(&player)).expect(200));
    warm();
    assert_eq!(app.calls_of(warm), 2);
    let nobody = || drop(analysis(&app, &made, None).expect(200));
    assert_eq!(app.calls_of(nobody), 2);
}

#[test]
fn the_table_of_functions_is_everyones() {
    let app = TestApp::new();
    let answer = app.get(TABLE).expect(200);
    let table = answer.json();
    assert_eq!(table["functions"].as_array().map(Vec::len), Some(23));
    assert_eq!(table["specializations"].as_array().map(Vec::len), Some(36));
    let mut rows = array(&table["specializations"]).iter();
    let firebrand = rows.find(|row| row["specialization"] == FIREBRAND);
    let firebrand = firebrand.expect("Firebrand");
    let expected = ["Firebrand", "A"];
    assert_eq!([&firebrand["name"], &firebrand["confidence"]], expected);
    assert_eq!(firebrand["scores"]["stability"], 3);
    let again = app.get(TABLE).header(Header::IfNoneMatch, &answer.etag());
    again.expect(304);
}
