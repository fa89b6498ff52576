//! Compositions over HTTP: input, visibility, permissions and concurrent writes. Each rule on the input
//! has a case that breaks it. Versions, links and analyses have their own tests.

use testing::prelude::*;

fn slots(list: &Value) -> Value {
    json!([{ "slots": list }])
}

fn put<'a>(app: &'a TestApp, path: &str, tag: &str, body: &Value) -> Call<'a> {
    app.call("PUT", path).json(body).if_match(tag)
}

fn mistakes(answer: Answer) -> Vec<(String, String)> {
    answer.invalid()
}

#[test]
fn a_composition_comes_back_as_it_was_planned() {
    let app = TestApp::new();
    let player = app.player("planner");
    let build = app.build(&player, &json!({ "visibility": "private" }));
    let made = app.composition(
        &player,
        &json!({
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
        }),
    );
    assert_eq!(made["tags"], json!(["gvg"]));
    assert_eq!(made["player_count"], 3);
    assert_eq!(made["visibility"], "private");
    assert_eq!(made["updated_by"], *player.id);
    let slots = &made["subgroups"][0]["slots"];
    assert_eq!(slots[0]["specialization"], 62);
    assert_eq!(slots[0]["profession"], "Guardian");
    assert_eq!(slots[0]["player"], "Anna \u{1F409}");
    assert_eq!(slots[1]["profession"], "Necromancer");
    assert_eq!(slots[2]["profession"], "Thief");
    assert_eq!(slots[3]["specialization"], Value::Null);
    let path = path_of(&made);
    let read = app.get_as(&player, &path).expect(200);
    assert_eq!(read.json(), made);
    let tag = read.header("etag").expect("a tag").to_owned();
    let again = app.get(&path).by(&player);
    again.header(Header::IfNoneMatch, &tag).send().expect(304);
    // A patch keeps what it does not name, the build's specialization too.
    let change = app.call("PATCH", &path).json(&json!({ "name": "Friday" }));
    let change = change.if_match(&tag).by(&player);
    let changed = change.send().ok();
    assert_eq!(changed["subgroups"], made["subgroups"]);
    assert_eq!(changed["name"], "Friday");
    // The build is gone: what was planned with it stays.
    app.delete_as(&player, &format!("/api/v1/builds/{}", text(&build["id"])))
        .expect(204);
    let change = app.call("PATCH", &path).json(&json!({ "notes": null }));
    let change = change.if_match("\"2\"").by(&player);
    let changed = change.send().ok();
    assert_eq!(changed["subgroups"], made["subgroups"]);
    assert_eq!(changed["notes"], "");
    let gone = app.call("DELETE", &path).by(&player);
    gone.send().expect(204);
    app.get_as(&player, &path).expect(404);
}

#[test]
fn a_preset_lays_out_open_places() {
    let app = TestApp::new();
    let player = app.player("planner");
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
    let app = TestApp::new();
    let [player, stranger] = ["player", "stranger"].map(|name| app.player(name));
    let team = app.team(&[(&player, "leader")]);
    let elsewhere = app.team(&[(&stranger, "leader")]);
    let anna = app.roster_player(&team);
    let other = app.roster_player(&elsewhere);
    let hidden = app.build(&stranger, &json!({ "visibility": "private" }))["id"].clone();
    let seen = app.build(&stranger, &json!({ "visibility": "unlisted" }))["id"].clone();
    let shared = json!({ "visibility": "team", "team_id": elsewhere });
    let not_ours = app.build(&stranger, &shared)["id"].clone();
    let full: Vec<Value> = (0..51).map(|_| json!({})).collect();
    let two: Vec<Value> = [26, 25]
        .map(|n| json!({ "slots": vec![json!({}); n] }))
        .into();
    let sixteen: Vec<Value> = (0..16).map(|_| json!({ "slots": [] })).collect();
    for (changes, pointer, code) in [
        (json!({ "mode": "raid" }), "/mode", "invalid_choice"),
        (json!({ "preset": "raid_10" }), "/preset", "invalid_choice"),
        (json!({ "name": " " }), "/name", "invalid_length"),
        (json!({ "visibility": "team" }), "/team_id", "required"),
        (json!({ "team_id": elsewhere }), "/team_id", "unknown_team"),
        (
            json!({ "team_id": team, "visibility": "private" }),
            "/visibility",
            "conflicting_fields",
        ),
        (
            json!({ "subgroups": slots(&json!(full)) }),
            "/subgroups/0/slots",
            "invalid_length",
        ),
        (
            json!({ "subgroups": two }),
            "/subgroups",
            "too_many_players",
        ),
        (
            json!({ "subgroups": sixteen }),
            "/subgroups",
            "invalid_length",
        ),
        (
            json!({ "subgroups": slots(&json!([{ "build_id": hidden }])) }),
            "/subgroups/0/slots/0/build_id",
            "unknown_build",
        ),
        (
            json!({ "subgroups": slots(&json!([{}, { "build_id": not_ours }])) }),
            "/subgroups/0/slots/1/build_id",
            "unknown_build",
        ),
        (
            json!({ "subgroups": slots(&json!([{ "build_id": seen, "specialization": 62 }])) }),
            "/subgroups/0/slots/0/specialization",
            "conflicting_fields",
        ),
        (
            json!({ "subgroups": slots(&json!([{ "specialization": 255 }])) }),
            "/subgroups/0/slots/0/specialization",
            "unknown_specialization",
        ),
        (
            json!({ "subgroups": slots(&json!([{ "role": "king" }])) }),
            "/subgroups/0/slots/0/role",
            "invalid_choice",
        ),
        (
            json!({ "team_id": team, "subgroups": slots(&json!([{ "player_id": anna }, { "player_id": anna }])) }),
            "/subgroups/0/slots/1/player_id",
            "duplicate_player",
        ),
        (
            json!({ "team_id": team, "subgroups": slots(&json!([{ "player_id": other }])) }),
            "/subgroups/0/slots/0/player_id",
            "unknown_player",
        ),
        (
            json!({ "subgroups": slots(&json!([{ "player_id": anna }])) }),
            "/subgroups/0/slots/0/player_id",
            "unknown_player",
        ),
        (
            json!({ "subgroups": slots(&json!([{ "player": "a\nb" }])) }),
            "/subgroups/0/slots/0/player",
            "invalid_format",
        ),
        (
            json!({ "owner_id": player.id }),
            "/owner_id",
            "unknown_field",
        ),
        (json!({ "tags": ["a", "A"] }), "/tags/1", "duplicate_item"),
    ] {
        let call = app.post(COMPOSITIONS, &composition_body(&changes));
        let found = mistakes(call.by(&player).send());
        let is_found = found.iter().any(|(at, what)| at == pointer && what == code);
        assert!(is_found, "{changes}: {found:?}");
    }
}

#[test]
fn all_mistakes_are_named_at_once_and_nothing_is_stored() {
    let app = TestApp::new();
    let [player, stranger] = ["player", "stranger"].map(|name| app.player(name));
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
    let found = mistakes(app.post_as(&player, COMPOSITIONS, &body));
    assert_eq!(found.len(), 5, "{found:?}");
    assert_eq!(app.rows("compositions"), 1);
}

#[test]
fn who_may_do_what() {
    let app = TestApp::new();
    let [leader, officer, member, stranger] =
        ["leader", "officer", "member", "stranger"].map(|name| app.player(name));
    let team = app.team(&[
        (&leader, "leader"),
        (&officer, "officer"),
        (&member, "member"),
    ]);
    let own = |visibility: &str| json!({ "visibility": visibility });
    let of_team = |visibility: &str| json!({ "visibility": visibility, "team_id": team });
    // Statuses of a read and of a write for leader, officer (who made it), member, stranger, nobody.
    for (changes, read, written) in [
        (
            own("private"),
            [404, 200, 404, 404, 404],
            [404, 200, 404, 404, 401],
        ),
        (
            own("unlisted"),
            [200, 200, 200, 200, 200],
            [403, 200, 403, 403, 401],
        ),
        (
            own("public"),
            [200, 200, 200, 200, 200],
            [403, 200, 403, 403, 401],
        ),
        (
            of_team("team"),
            [200, 200, 200, 404, 404],
            [200, 200, 403, 404, 401],
        ),
        (
            of_team("public"),
            [200, 200, 200, 200, 200],
            [200, 200, 403, 403, 401],
        ),
    ] {
        let callers = [
            Some(&leader),
            Some(&officer),
            Some(&member),
            Some(&stranger),
            None,
        ];
        for (place, caller) in callers.into_iter().enumerate() {
            let made = app.composition(&officer, &changes);
            let path = path_of(&made);
            let as_caller = |call: Call<'_>| {
                let answer = match caller {
                    Some(player) => call.by(player).send(),
                    None => call.send(),
                };
                answer.status
            };
            assert_eq!(as_caller(app.get(&path)), read[place], "{changes} {place}");
            let body = composition_body(&changes);
            assert_eq!(
                as_caller(put(&app, &path, "\"1\"", &body)),
                written[place],
                "{changes} {place}"
            );
            let deletion = if written[place] == 200 {
                204
            } else {
                written[place]
            };
            assert_eq!(
                as_caller(app.call("DELETE", &path)),
                deletion,
                "{changes} {place}"
            );
        }
    }
    // Who plans for a team.
    for (player, status) in [
        (&leader, 201),
        (&officer, 201),
        (&member, 403),
        (&stranger, 422),
    ] {
        let call = app.post(COMPOSITIONS, &composition_body(&of_team("team")));
        assert_eq!(call.token(&player.token).send().status, status);
    }
    // Whoever made it for the team and left it is a stranger.
    let made = app.composition(&officer, &of_team("team"));
    app.test.database.execute(&format!(
        "DELETE FROM team_members WHERE user_id = '{}'",
        officer.id
    ));
    let read = app.get_as(&officer, &path_of(&made));
    assert_eq!(read.status, 404);
}

#[test]
fn two_officers_never_overwrite_each_other() {
    let app = TestApp::new();
    let [one, two] = ["one", "two"].map(|name| app.player(name));
    let team = app.team(&[(&one, "leader"), (&two, "officer")]);
    let made = app.composition(&one, &json!({ "team_id": team }));
    let path = path_of(&made);
    let body = composition_body(&json!({ "name": "Of one", "team_id": team }));
    let blind = app.call("PUT", &path).json(&body).by(&one);
    blind.send().expect_problem(428, "precondition_required");
    put(&app, &path, "\"1\"", &body).by(&one).send().expect(200);
    let body = composition_body(&json!({ "name": "Of two", "team_id": team }));
    let late = put(&app, &path, "\"1\"", &body).by(&two);
    late.send().expect_problem(412, "precondition_failed");
    let now = app.get_as(&two, &path).json();
    assert_eq!(now["name"], "Of one");
    assert_eq!(now["updated_by"], *one.id);
    let moved = composition_body(&json!({ "team_id": null }));
    let moved = put(&app, &path, "\"2\"", &moved).by(&two).send();
    let found = mistakes(moved);
    assert!(
        found.contains(&("/team_id".to_owned(), "immutable".to_owned())),
        "{found:?}"
    );
    // Left out, it stays.
    let kept = put(&app, &path, "\"2\"", &composition_body(&json!({}))).by(&two);
    assert_eq!(kept.send().expect(200).json()["team_id"], *team);
}

#[test]
fn lists_show_what_one_may_see_and_are_narrowed() {
    let app = TestApp::new();
    let [player, mate, stranger] = ["player", "mate", "stranger"].map(|name| app.player(name));
    let team = app.team(&[(&player, "member"), (&mate, "officer")]);
    let elsewhere = app.team(&[(&stranger, "leader")]);
    let named = |name: &str, changes: &Value| {
        let mut changes = changes.clone();
        changes["name"] = name.into();
        changes
    };
    for (owner, name, changes) in [
        (&player, "own", json!({ "mode": "gvg" })),
        (
            &player,
            "public",
            json!({ "visibility": "public", "tags": ["eu", "zerg"] }),
        ),
        (
            &mate,
            "team",
            json!({ "team_id": team, "is_template": true }),
        ),
        (
            &mate,
            "team public",
            json!({ "team_id": team, "visibility": "public", "tags": ["zerg"] }),
        ),
        (&mate, "private of mate", json!({})),
        (&mate, "unlisted", json!({ "visibility": "unlisted" })),
        (&stranger, "other team", json!({ "team_id": elsewhere })),
        (
            &stranger,
            "other public",
            json!({ "visibility": "public", "notes": "Needle in hay" }),
        ),
    ] {
        app.composition(owner, &named(name, &changes));
    }
    let everything = ["other public", "team public", "team", "public", "own"];
    for (query, caller, expected) in [
        ("", None, vec!["other public", "team public", "public"]),
        ("", Some(&player), everything.to_vec()),
        ("owner=me", Some(&player), vec!["public", "own"]),
        (
            "owner=me",
            Some(&mate),
            vec!["unlisted", "private of mate", "team public", "team"],
        ),
        ("team_id=TEAM", Some(&player), vec!["team public", "team"]),
        ("mode=gvg", Some(&player), vec!["own"]),
        ("tag=ZERG", Some(&player), vec!["team public", "public"]),
        ("tag=zerg&tag=eu", Some(&player), vec![]),
        ("is_template=true", Some(&player), vec!["team"]),
        (
            "is_template=false&team_id=TEAM",
            Some(&player),
            vec!["team public"],
        ),
        ("q=needle", None, vec!["other public"]),
        ("q=team", Some(&player), vec!["team public", "team"]),
        ("q=ow", Some(&player), vec!["own"]),
    ] {
        let target = format!("{COMPOSITIONS}?limit=2&{}", query.replace("TEAM", &team));
        let mut seen = Vec::new();
        let mut next = target.clone();
        loop {
            let call = app.get(&next);
            let call = match caller {
                Some(player) => call.by(player),
                None => call,
            };
            let answer = call.send();
            if query.matches("tag=").count() == 2 {
                assert_eq!(answer.status, 422);
                break;
            }
            let page = answer.ok();
            let items = array(&page["data"]).to_vec();
            seen.extend(items.iter().map(|item| text(&item["name"])));
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("{target}&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{query}");
    }
    for call in [
        app.get(&format!("{COMPOSITIONS}?team_id={team}")),
        app.get(&format!("{COMPOSITIONS}?team_id={team}"))
            .by(&stranger),
    ] {
        let found = mistakes(call.send());
        assert_eq!(found, [("?team_id".to_owned(), "unknown_team".to_owned())]);
    }
    app.get(&format!("{COMPOSITIONS}?owner=me"))
        .send()
        .expect(401);
}
