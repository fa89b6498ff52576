//! Compositions over HTTP: input, visibility, permissions and concurrent writes. Each rule on the input
//! has a case that breaks it. Versions, links and analyses have their own tests.

use testing::prelude::*;

fn slots(list: &Value) -> Value {
    json!([{ "slots": list }])
}

fn put<'a>(app: &'a TestApp, path: &str, tag: &str, body: &Value) -> Call<'a> {
    app.call("PUT", path).json(body).if_match(tag)
}

#[test]
fn a_composition_comes_back_as_it_was_planned() {
    let (app, player) = TestApp::with_player("planner");
    let build = app.build(&player, &json!({ "visibility": "private" }));
    let plan = json!({
        "preset": "gvg_15", "tags": ["GvG"], "notes": "Bring food.",
        "subgroups": [
            { "name": "Melee", "slots": [
                { "player": "Anna \u{1F409}", "build_id": build["id"], "role": "primary_support", "note": "On tag" },
                { "player": "\u{5D3}\u{5D5}\u{5D3}", "specialization": 60 },
                { "specialization": 7 },
                { "role": "strip" },
                {},
            ] },
            { "slots": [] },
        ],
    });
    let made = app.composition(&player, &plan);
    assert_has!(made, {
        "tags": ["gvg"], "player_count": 3, "visibility": "private", "updated_by": player.id,
    });
    let slots = &made["subgroups"][0]["slots"];
    assert_eq!(slots[0]["specialization"], 62);
    assert_has!(slots[0], { "profession": "Guardian", "player": "Anna \u{1F409}" });
    assert_eq!(slots[1]["profession"], "Necromancer");
    assert_eq!(slots[2]["profession"], "Thief");
    assert_eq!(slots[3]["specialization"], Value::Null);
    let path = path_of(&made);
    let read = app.get_as(&player, &path).expect(200);
    assert_eq!(read.json(), made);
    let tag = read.header("etag").expect("a tag").to_owned();
    let again = app.get(&path).by(&player);
    again.header(Header::IfNoneMatch, &tag).expect(304);
    // A patch keeps what it does not name, the build's specialization too.
    let change = app.call("PATCH", &path).json(&json!({ "name": "Friday" }));
    let change = change.if_match(&tag).by(&player);
    let changed = change.ok();
    assert_has!(changed, { "subgroups": made["subgroups"], "name": "Friday" });
    // The build is gone: what was planned with it stays.
    app.delete_as(&player, &build_path(&build)).expect(204);
    let change = app.call("PATCH", &path).json(&json!({ "notes": null }));
    let change = change.if_match("\"2\"").by(&player);
    let changed = change.ok();
    assert_has!(changed, { "subgroups": made["subgroups"], "notes": "" });
    app.delete_as(&player, &path).expect(204);
    app.get_as(&player, &path).expect(404);
}

#[test]
fn a_preset_lays_out_open_places() {
    let (app, player) = TestApp::with_player("planner");
    for (preset, players) in [("zerg_30", 30), ("minstrel_blob_50", 50), ("gvg_15", 15)] {
        let made = app.composition(&player, &json!({ "preset": preset }));
        let subgroups = made["subgroups"].as_array().expect("a list");
        assert_eq!(subgroups.len() * 5, players);
        assert_eq!(made["player_count"], 0);
        for subgroup in subgroups {
            assert_eq!(subgroup["slots"][0]["role"], "primary_support");
        }
    }
    let made = app.composition(&player, &json!({ "preset": "gvg_15", "subgroups": [] }));
    assert_eq!(made["subgroups"], json!([]));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let (app, [player, stranger]) = TestApp::with_players(["player", "stranger"]);
    let team = app.team(&[(&player, "leader")]);
    let elsewhere = app.team(&[(&stranger, "leader")]);
    let anna = app.roster_player(&team);
    let other = app.roster_player(&elsewhere);
    let hidden = app.build(&stranger, &json!({ "visibility": "private" }))["id"].clone();
    let seen = app.build(&stranger, &json!({ "visibility": "unlisted" }))["id"].clone();
    let shared = json!({ "visibility": "team", "team_id": elsewhere });
    let not_ours = app.build(&stranger, &shared)["id"].clone();
    let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
    let table = r#"
        /mode invalid_choice          { "mode": "raid" }
        /preset invalid_choice        { "preset": "raid_10" }
        /name invalid_length          { "name": " " }
        /owner_id unknown_field       { "owner_id": "user_01kanp2xc0e8br5v0xmvhv7j2d" }
        /tags/1 duplicate_item        { "tags": ["a", "A"] }
        /team_id required             { "visibility": "team" }
        /team_id unknown_team         { "team_id": ELSEWHERE }
        /visibility conflicting_fields  { "team_id": TEAM, "visibility": "private" }
        /subgroups too_many_players, /subgroups/0/slots invalid_length  { "subgroups": [{ "slots": 51_SLOTS }] }
        /subgroups too_many_players   { "subgroups": [{ "slots": 26_SLOTS }, { "slots": 25_SLOTS }] }
        /subgroups invalid_length     { "subgroups": 16_GROUPS }
        /subgroups/0/slots/0/build_id unknown_build   { "subgroups": [{ "slots": [{ "build_id": HIDDEN }] }] }
        /subgroups/0/slots/1/build_id unknown_build   { "subgroups": [{ "slots": [{}, { "build_id": NOT_OURS }] }] }
        /subgroups/0/slots/0/specialization conflicting_fields  { "subgroups": [{ "slots": [{ "build_id": SEEN, "specialization": 62 }] }] }
        /subgroups/0/slots/0/specialization unknown_specialization  { "subgroups": [{ "slots": [{ "specialization": 255 }] }] }
        /subgroups/0/slots/0/role invalid_choice      { "subgroups": [{ "slots": [{ "role": "king" }] }] }
        /subgroups/0/slots/0/player invalid_format    { "subgroups": [{ "slots": [{ "player": "a\nb" }] }] }
        /subgroups/0/slots/0/player_id unknown_player  { "subgroups": [{ "slots": [{ "player_id": ANNA }] }] }
        /subgroups/0/slots/0/player_id unknown_player  { "team_id": TEAM, "subgroups": [{ "slots": [{ "player_id": OTHER }] }] }
        /subgroups/0/slots/1/player_id duplicate_player  { "team_id": TEAM, "subgroups": [{ "slots": [{ "player_id": ANNA }, { "player_id": ANNA }] }] }
    "#;
    let ids = [
        ("ELSEWHERE", json!(elsewhere)),
        ("TEAM", json!(team)),
        ("HIDDEN", hidden),
        ("NOT_OURS", not_ours),
        ("SEEN", seen),
        ("ANNA", json!(anna)),
        ("OTHER", json!(other)),
    ];
    let table = [51, 26, 25].iter().fold(table.to_owned(), |table, count| {
        table.replace(&format!("{count}_SLOTS"), &list("{}", *count))
    });
    let table = table.replace("16_GROUPS", &list("{\"slots\":[]}", 16));
    let fill = |table: String, (name, id): &(&str, Value)| table.replace(name, &id.to_string());
    for (mistakes, changes) in refusals(&ids.iter().fold(table, fill)) {
        let answer = app.post_as(&player, COMPOSITIONS, &composition_body(&changes));
        answer.expect_mistakes(mistakes);
    }
}

#[test]
fn all_mistakes_are_named_at_once_and_nothing_is_stored() {
    let (app, [player, stranger]) = TestApp::with_players(["player", "stranger"]);
    let team = app.team(&[(&player, "leader")]);
    let anna = app.roster_player(&team);
    let hidden = app.build(&stranger, &json!({ "visibility": "private" }))["id"].clone();
    let seen = app.build(&stranger, &json!({ "visibility": "unlisted" }))["id"].clone();
    let fine = json!({
        "team_id": team,
        "subgroups": slots(&json!([{ "build_id": seen }, { "player_id": anna, "player": "\u{16a0}".repeat(100) }])),
    });
    let made = app.composition(&player, &fine);
    assert_eq!(made["visibility"], "team");
    // All at once.
    let body = json!({ "name": "", "mode": "x", "subgroups": slots(&json!([{ "role": "king" }, { "build_id": hidden }, { "build_id": "x" }])) });
    let found = app.post_as(&player, COMPOSITIONS, &body).invalid();
    assert_eq!(found.len(), 5, "{found:?}");
    assert_eq!(app.rows("compositions"), 1);
}

#[test]
fn who_may_do_what() {
    let scene = testing::guild::guild();
    let (app, team, officer) = (&scene.app, &scene.team, &scene.officer);
    let others = [&scene.leader, &scene.member, &scene.stranger];
    let of_team = |visibility: &str| json!({ "visibility": visibility, "team_id": team });
    // Statuses of a read and of a write for leader, officer (who made it), member, stranger, nobody.
    for [changes, read, written] in rows(
        r#"
        { "visibility": "private" }                     404 200 404 404 404  404 200 404 404 401
        { "visibility": "unlisted" }                    200 200 200 200 200  403 200 403 403 401
        { "visibility": "public" }                      200 200 200 200 200  403 200 403 403 401
        { "visibility": "team", "team_id": "TEAM" }     200 200 200 404 404  200 200 403 404 401
        { "visibility": "public", "team_id": "TEAM" }   200 200 200 200 200  200 200 403 403 401
        "#,
    ) {
        let changes = json_of(&changes.replace("TEAM", team));
        let [read, written] = [read, written].map(|row| -> Vec<u16> {
            row.split(' ')
                .map(|it| it.parse().expect("a status"))
                .collect()
        });
        let [leader, member, stranger] = others.map(Some);
        let callers = [leader, Some(officer), member, stranger, None];
        for (place, caller) in callers.into_iter().enumerate() {
            let path = path_of(&app.composition(officer, &changes));
            let body = composition_body(&changes);
            let is_written = written[place] == 200;
            let deleted = if is_written { 204 } else { written[place] };
            for (call, expected) in [
                (app.get(&path), read[place]),
                (put(app, &path, "\"1\"", &body), written[place]),
                (app.call("DELETE", &path), deleted),
            ] {
                let answer = call.by(caller).send();
                assert_eq!(answer.status, expected, "{place}: {}", answer.what);
            }
        }
    }
    // Who plans for a team.
    let [leader, member, stranger] = others;
    let planners = [leader, officer, member, stranger];
    for (player, status) in planners.into_iter().zip([201, 201, 403, 422]) {
        let body = composition_body(&of_team("team"));
        app.post_as(player, COMPOSITIONS, &body).expect(status);
    }
    // Whoever made it for the team and left it is a stranger.
    let made = app.composition(officer, &of_team("team"));
    app.delete_as(officer, &member_path(team, officer))
        .expect(200);
    app.get_as(officer, &path_of(&made)).expect(404);
}

#[test]
fn two_officers_never_overwrite_each_other() {
    let (app, [one, two]) = TestApp::with_players(["one", "two"]);
    let team = app.team(&[(&one, "leader"), (&two, "officer")]);
    let made = app.composition(&one, &json!({ "team_id": team }));
    let path = path_of(&made);
    let body = composition_body(&json!({ "name": "Of one", "team_id": team }));
    let blind = app.call("PUT", &path).json(&body).by(&one);
    blind.expect_problem(428, "precondition_required");
    put(&app, &path, "\"1\"", &body).by(&one).expect(200);
    let body = composition_body(&json!({ "name": "Of two", "team_id": team }));
    let late = put(&app, &path, "\"1\"", &body).by(&two);
    late.expect_problem(412, "precondition_failed");
    let now = app.get_as(&two, &path).json();
    assert_has!(now, { "name": "Of one", "updated_by": one.id });
    let moved = composition_body(&json!({ "team_id": null }));
    let moved = put(&app, &path, "\"2\"", &moved).by(&two);
    moved.expect_mistakes("/team_id immutable");
    // Left out, it stays.
    let kept = put(&app, &path, "\"2\"", &composition_body(&json!({}))).by(&two);
    assert_eq!(kept.ok()["team_id"], *team);
}

#[test]
fn what_no_list_is_narrowed_by_is_refused() {
    let (app, [player, stranger]) = TestApp::with_players(["player", "stranger"]);
    let team = app.team(&[(&player, "member")]);
    let plan = json!({ "visibility": "public", "tags": ["zerg"], "notes": "Needle in hay" });
    app.composition(&player, &plan);
    for query in ["tag=ZERG", "q=NEEDLE"] {
        let found = app.pages(None, &format!("{COMPOSITIONS}?{query}"));
        assert_eq!(found.concat().len(), 1, "{query}");
    }
    for caller in [None, Some(&stranger)] {
        let of_team = app.get(&format!("{COMPOSITIONS}?team_id={team}"));
        of_team.by(caller).expect_mistakes("?team_id unknown_team");
    }
    app.get_as(&player, &format!("{COMPOSITIONS}?tag=zerg&tag=eu"))
        .expect(422);
    app.get(&format!("{COMPOSITIONS}?owner=me")).expect(401);
}
