//! What a composition references and others change: edited builds, renamed players. Analysis, comparison
//! and page show the present state to users who may see it, and the copied state to others; their `ETag`s
//! change. `compositions` has the composition itself.

use testing::prelude::*;

const WILLBENDER: u8 = 65;

fn get(app: &TestApp, path: &str, player: Option<&Player>) -> Answer {
    app.get(path).by(player).send().expect(200)
}

/// The path of a page that shows the composition.
fn share(app: &TestApp, player: &Player, composition: &Value) -> String {
    let url = text(&app.share_link(player, composition)["url"]);
    url.strip_prefix(ISSUER).expect("ours").to_owned()
}

/// What the first player of an analysis plays, and the stability of the first subgroup.
fn played(analysis: &Value) -> (String, i64) {
    let row = &analysis["subgroups"][0]["coverage"][0];
    assert_eq!(row["function"], "stability");
    let sum = row["sum"].as_i64().expect("a sum");
    (text(&analysis["players"][0]["name"]), sum)
}

fn become_willbender(app: &TestApp, owner: &Player, build: &Value) {
    let body = json!({ "chat_code": null, "template": {
        "profession": { "id": "Guardian" }, "specializations": [null, null, { "id": WILLBENDER }],
    } });
    app.patch_as(owner, &build_path(build), &body).expect(200);
}

#[test]
fn a_build_counts_as_it_is_played_now_for_those_who_see_it() {
    let (app, [owner, stranger]) = TestApp::with_players(["owner", "stranger"]);
    let build = app.build(&owner, &json!({ "visibility": "private" }));
    let plan = |slot: Value| {
        let subgroups = json!([{ "slots": [slot] }]);
        let plan = json!({ "visibility": "public", "subgroups": subgroups });
        app.composition(&owner, &plan)
    };
    let made = plan(json!({ "player": "Anna", "build_id": build["id"] }));
    let other = plan(json!({ "player": "Anna", "specialization": 62 }));
    let analysis = format!("{}/analysis", path_of(&made));
    let compare = format!("{}/compare/{}", path_of(&other), text(&made["id"]));
    let page = share(&app, &owner, &made);
    let before = [&analysis, &compare, &page].map(|path| get(&app, path, Some(&owner)));
    let firebrand = ("Firebrand".to_owned(), 3);
    assert_eq!(played(&before[0].json()), firebrand);
    assert_eq!(before[1].json()["subgroups"][0]["coverage"], json!([]));
    become_willbender(&app, &owner, &build);

    let after = [&analysis, &compare, &page].map(|path| get(&app, path, Some(&owner)));
    for (before, after) in before.iter().zip(&after) {
        assert_ne!(before.etag(), after.etag());
    }
    let willbender = ("Willbender".to_owned(), 0);
    assert_eq!(played(&after[0].json()), willbender);
    let changed = &after[1].json();
    let other = &changed["players"]["changed"][0]["other"];
    assert_eq!(other["name"], "Willbender");
    assert_eq!(changed["subgroups"][0]["coverage"][0]["change"], -3);
    // Whoever does not see the build sees what was copied from it: analysis, comparison and page.
    let shown = get(&app, &analysis, Some(&stranger)).json();
    assert_eq!(played(&shown), firebrand);
    let shown = get(&app, &compare, None).json();
    assert_eq!(shown["subgroups"][0]["coverage"], json!([]));
    let shown = after[2].text();
    assert!(shown.contains("Firebrand") && !shown.contains("Willbender"));
    // And once they may see it, what it is.
    let place = build_path(&build);
    let public = json!({ "visibility": "public" });
    app.patch_as(&owner, &place, &public).expect(200);
    let shown = get(&app, &page, None).text();
    assert!(shown.contains("<span>Willbender</span>") && !shown.contains("<span>Firebrand</span>"));
    assert_eq!(played(&get(&app, &analysis, None).json()), willbender);
    // Gone, it is what it was when it was put there.
    app.delete_as(&owner, &place).expect(204);
    let gone = get(&app, &analysis, Some(&owner)).json();
    assert_eq!(played(&gone), firebrand);
}

#[test]
fn players_of_the_roster_have_their_names() {
    let (app, [leader, stranger]) = TestApp::with_players(["leader", "stranger"]);
    let team = app.team(&[(&leader, "leader")]);
    let id = app.roster_player(&team);
    let slots = json!([{ "slots": [{ "player_id": id }, { "player": "anna" }] }]);
    let plan = json!({ "team_id": team, "visibility": "public", "subgroups": slots });
    let made = app.composition(&leader, &plan);
    let analysis = format!("{}/analysis", path_of(&made));
    let compare = format!("{}/compare/{}", path_of(&made), text(&made["id"]));
    let page = share(&app, &leader, &made);
    let warned = |analysis: &Value| {
        let warnings = array(&analysis["warnings"]);
        warnings.iter().any(|it| it["code"] == "duplicate_player")
    };
    let own = get(&app, &analysis, Some(&leader)).json();
    assert_eq!(own["players"][0]["player"], "Anna");
    assert!(warned(&own), "Anna by her id, and Anna as she is typed");
    let others = get(&app, &analysis, Some(&stranger)).json();
    assert_eq!(others["players"][0]["player"], Value::Null);
    assert!(!warned(&others), "nothing of a roster that they do not see");
    let before = get(&app, &page, None);
    let shown = before.text();
    assert!(shown.contains("<bdi>Anna</bdi>") && shown.contains("stands at 2 places"));
    // Two statements, and three.
    for (path, statements) in [(&analysis, 2), (&compare, 3)] {
        let call = || drop(get(&app, path, Some(&leader)));
        assert_eq!(app.calls_of(call), statements, "{path}");
    }
    app.execute("UPDATE team_players SET name = 'Bert', version = 2");
    let after = get(&app, &page, None);
    assert_ne!(before.etag(), after.etag());
    assert!(after.text().contains("<bdi>Bert</bdi>"));
    // Nobody of another team's roster.
    let foreign = app.team(&[(&stranger, "leader")]);
    app.execute(format!("UPDATE team_players SET team_id = '{foreign}'"));
    let shown = get(&app, &page, None).text();
    assert!(!shown.contains("Bert") && shown.contains("Somebody of the roster"));
}
