//! Builds older than the game's last change of balance, and where they are reported. Analyses and
//! dashboards name the same ones, builds pasted without a number are dated, and a date changes only with
//! its chat code. The unit tests of `squads::analysis` have the wording.

use testing::prelude::*;

/// The same database, under a service that knows this change of balance.
fn since(app: &TestApp, seed: u64, balance_build: &str) -> TestApp {
    app.isolate_configured(seed, &[("GAME_BALANCE_BUILD", balance_build)])
}

fn dated(app: &TestApp, player: &Player, method: &str, build: &Value, body: &Value) -> Value {
    let call = app.call(method, &build_path(build)).json(body);
    call.by(player).send().expect(200).json()["game_build"].clone()
}

fn other_code() -> Value {
    json!({ "profession": { "id": "Guardian" }, "specializations": [null, null, { "id": 65 }] })
}

#[test]
fn analyses_and_dashboards_name_the_same_builds() {
    let (app, player) = TestApp::with_player("planner");
    let undated = app.build(&player, &json!({ "name": "undated" }));
    assert_eq!(undated["game_build"], Value::Null);
    let old = since(&app, 11, "100");
    let before = old.build(&player, &json!({ "name": "pasted before" }));
    assert_eq!(before["game_build"], 100);
    let new = since(&app, 12, "200");
    let after = new.build(&player, &json!({ "name": "pasted after" }));
    let said = new.build(&player, &json!({ "name": "said", "game_build": 150 }));
    let builds = [&undated, &before, &after, &said];
    let slots = builds.map(|build| json!({ "build_id": build["id"] }));
    let made = new.composition(&player, &json!({ "subgroups": [{ "slots": slots }] }));
    let get = |app: &TestApp, path: &str| app.get_as(&player, path).ok();
    // By the name of each build, what the analysis says of it.
    let warned = |app: &TestApp| {
        let analysis = get(app, &format!("{}/analysis", path_of(&made)));
        let warnings = array(&analysis["warnings"]).iter();
        let mut found: Vec<(String, String)> = warnings
            .filter_map(|warning| {
                let pointer = text(&warning["pointers"][0]);
                let place = pointer.strip_prefix("/subgroups/0/slots/")?;
                let place = place.strip_suffix("/build_id")?;
                let build = builds[place.parse::<usize>().expect("a place")];
                Some((text(&build["name"]), text(&warning["code"])))
            })
            .collect();
        found.sort();
        found
    };
    let attention = |app: &TestApp| {
        let dashboard = get(app, "/api/v1/users/me/dashboard");
        let stale = &dashboard["attention"]["stale_builds"];
        let mut names = texts_of(array(&stale["data"]), "name");
        assert_eq!(stale["count"], names.len());
        names.sort();
        names
    };
    let named = |found: &[(String, String)]| -> Vec<String> {
        found.iter().map(|(name, _)| name.clone()).collect()
    };
    let pair = |name: &str, code: &str| (name.to_owned(), code.to_owned());
    let expected = [
        pair("pasted before", "stale_build"),
        pair("said", "stale_build"),
        pair("undated", "unknown_game_build"),
    ];
    assert_eq!(warned(&new), expected);
    assert_eq!(attention(&new), named(&expected));
    assert_eq!(warned(&old), expected[2..]);
    assert_eq!(attention(&old), named(&expected[2..]));
    // Who does not know a change of balance calls nothing old.
    assert_eq!((warned(&app), attention(&app)), (vec![], vec![]));
}

#[test]
fn a_date_stays_with_its_chat_code() {
    let (app, player) = TestApp::with_player("planner");
    let build = since(&app, 11, "100").build(&player, &json!({}));
    let new = since(&app, 12, "200");
    let put = |body: &Value| dated(&new, &player, "PUT", &build, body);
    let patch = |body: &Value| dated(&new, &player, "PATCH", &build, body);
    let same = json!({ "name": "Renamed", "chat_code": GUARDIAN_CODE });
    assert_eq!(put(&same), 100);
    assert_eq!(patch(&json!({ "notes": "Looked at." })), 100);
    assert_eq!(patch(&json!({ "game_build": null })), 100);
    assert_eq!(patch(&json!({ "game_build": 170 })), 170);
    let other = json!({ "template": other_code() });
    assert_eq!(patch(&other), 200, "another code is of now");
    assert_eq!(put(&same), 200);
    let both = json!({ "template": other_code(), "game_build": 120 });
    assert_eq!(patch(&both), 120, "unless its owner knows better");
    let renamed = dated(&app, &player, "PATCH", &build, &json!({ "name": "n" }));
    assert_eq!(renamed, 120);
    let lost = dated(&app, &player, "PUT", &build, &same);
    assert_eq!(lost, Value::Null, "no service knows, so nobody does");
}
