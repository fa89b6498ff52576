//! Placing players over HTTP: responses, refusals and wording. The constraints are checked by an
//! independent count; the tests of the crate `assignment` and `scripts/check-assignment.mjs` check
//! optimality and the bound.

use testing::prelude::*;

const PATH: &str = "/api/v1/squads/assign";
const SPECIALIZATIONS: [u8; 8] = [62, 81, 43, 48, 61, 34, 66, 52];

fn player(number: usize) -> Value {
    let build = |at: usize, role: &str| json!({ "specialization": SPECIALIZATIONS[(number + at) % 8], "role": role, "preference": 4 - at });
    json!({ "name": format!("P{number}"), "builds": [build(0, "primary_support"), build(3, "melee_dps")] })
}

fn body(players: usize, more: Value) -> Value {
    let players: Vec<Value> = (0..players).map(player).collect();
    let mut body = json!({ "players": players, "moves": 3000 });
    for (name, value) in more.as_object().expect("an object") {
        body[name.as_str()] = value.clone();
    }
    body
}

fn assign(app: &TestApp, body: &Value) -> Value {
    app.post(PATH, body).ok()
}

/// Where a player stands: subgroup and build.
fn seat(answer: &Value, name: &str) -> Option<(u64, u64)> {
    answer["subgroups"].as_array()?.iter().find_map(|group| {
        let players = group["players"].as_array()?;
        let found = players.iter().find(|player| player["player"] == name)?;
        Some((group["subgroup"].as_u64()?, found["build"].as_u64()?))
    })
}

#[test]
fn everyone_is_placed_and_the_parts_add_up() {
    let app = TestApp::new();
    let answer = assign(&app, &body(13, json!({ "seed": 7 })));
    assert_eq!(answer["subgroups"].as_array().map(Vec::len), Some(3));
    for number in 0..13 {
        assert!(seat(&answer, &format!("P{number}")).is_some(), "{number}");
    }
    let number = |value: &Value| value.as_i64().expect("a number");
    let groups = array(&answer["subgroups"]).iter();
    let groups: i64 = groups.map(|it| number(&it["score"])).sum();
    let parts = &answer["parts"];
    assert_eq!(number(&parts["subgroups"]), groups);
    let total = groups + number(&parts["squad"]) + number(&parts["preferences"]);
    assert_eq!(number(&answer["score"]), total);
    let gap = number(&answer["bound"]) - total;
    assert!(gap >= 0 && number(&answer["gap"]["points"]) == gap);
    assert_eq!(answer["is_optimal"], gap == 0);
    let members = ["seed", "moves", "cut_short", "bench", "rerun"].map(|it| answer[it].clone());
    assert_eq!(json!(members), json!([7, 3000, false, [], null]));
    let asked = answer["ask_next"].as_array().expect("a list");
    assert!(
        asked.is_sorted_by(|a, b| number(&a["gain"]) >= number(&b["gain"])) && !asked.is_empty()
    );
    assert_eq!(
        assign(&app, &body(13, json!({ "seed": 7 }))),
        answer,
        "the same again"
    );
}

#[test]
fn constraints_hold() {
    let app = TestApp::new();
    let constraints = json!({
        "subgroups": 4,
        "pins": [{ "player": "P0", "subgroup": 4, "build": 1 }, { "player": "P1", "subgroup": 2 }, { "player": "P2" }],
        "together": [["P3", "P4", "P5"]],
        "apart": [["P3", "P6", "P7"]],
        "roles": [{ "role": "primary_support", "min": 4, "max": 6 }],
        "copies": [{ "specialization": 62, "max": 1 }],
        "copies_max": 4,
        "squad_size": 19,
    });
    let answer = assign(&app, &body(22, constraints));
    assert_eq!(seat(&answer, "P0"), Some((4, 1)));
    assert_eq!(seat(&answer, "P1").map(|seat| seat.0), Some(2));
    assert!(seat(&answer, "P2").is_some());
    let group = |name: &str| seat(&answer, name).map(|seat| seat.0);
    assert!(group("P3") == group("P4") && group("P4") == group("P5"));
    let apart = [group("P3"), group("P6"), group("P7")];
    let is_first = |(at, it): (usize, &Option<u64>)| it.is_none() || !apart[..at].contains(it);
    assert!(apart.iter().enumerate().all(is_first));
    let groups = array(&answer["subgroups"]).iter();
    let placed: Vec<&Value> = groups.flat_map(|it| array(&it["players"])).collect();
    let count = |member: &str, value: Value| placed.iter().filter(|it| it[member] == value).count();
    assert!((4..=6).contains(&count("role", json!("primary_support"))));
    assert!(count("specialization", json!(62)) <= 1);
    let copies = |id: &u8| count("specialization", json!(id));
    assert!(SPECIALIZATIONS.iter().all(|id| copies(id) <= 4));
    let bench = array(&answer["bench"]);
    assert!(placed.len() <= 19 && bench.len() == 22 - placed.len());
    assert!(bench.iter().all(|it| !text(&it["text"]).is_empty()));
    let relaxed = &answer["certificate"]["relaxed"];
    assert_eq!(*relaxed, json!(["subgroup_pins", "together", "must_play"]));
}

#[test]
fn clashing_constraints_are_named_in_words() {
    let app = TestApp::new();
    let clash = |more: Value| {
        let answer = app.post(PATH, &body(12, more)).send();
        let answer = answer.expect_problem(422, "constraints_clash").json();
        let detail = text(&answer["detail"]);
        let end = "without any one of them the others can be met.";
        assert!(detail.ends_with(end), "{detail}");
        let clash = array(&answer["errors"]).iter();
        let rows = clash.map(|it| [&it["pointer"], &it["detail"]].map(text).join(" "));
        rows.collect::<Vec<_>>()
    };
    let found = clash(json!({
        "together": [["P1", "P2"], ["P5", "P6"]],
        "pins": [{ "player": "P1", "subgroup": 1 }, { "player": "P2", "subgroup": 3 }, { "player": "P9", "subgroup": 3 }],
    }));
    assert_eq!(
        found,
        [
            "/pins/0/subgroup P1 must be in subgroup 1.",
            "/pins/1/subgroup P2 must be in subgroup 3.",
            "/together/0 P1 and P2 must be in one subgroup.",
        ]
    );
    let found = clash(json!({ "roles": [{ "role": "scout", "min": 1 }], "apart": [["P1", "P2"]] }));
    assert_eq!(found, ["/roles/0/min At least 1 must play the role Scout."]);
    let found = clash(json!({ "copies_max": 0, "bench_max": 11 }));
    assert_eq!(
        found.len(),
        9,
        "eight specializations and the bench: {found:?}"
    );
    assert_eq!(found[8], "/bench_max At most 11 may be on the bench.");
}

#[test]
fn fifty_who_are_all_apart() {
    let app = TestApp::new();
    let all: Vec<String> = (0..50).map(|number| format!("P{number}")).collect();
    let answer = assign(&app, &body(50, json!({ "apart": [all] })));
    let bench = array(&answer["bench"]);
    assert_eq!(bench.len(), 40, "one in each of ten subgroups");
    assert!(bench.iter().all(|it| it["reason"] == "constraint"));
    let short = json!({ "apart": [all], "bench_max": 39 });
    let answer = app.post(PATH, &body(50, short)).expect(422).json();
    let errors = array(&answer["errors"]).iter();
    let pointers: Vec<&Value> = errors.map(|it| &it["pointer"]).collect();
    assert_eq!(pointers, ["/apart/0", "/bench_max"]);
}

#[test]
fn a_re_run_keeps_who_stands_well() {
    let app = TestApp::new();
    let first = assign(&app, &body(15, json!({ "moves": 20_000 })));
    let present = |names: std::ops::Range<usize>| -> Vec<Value> {
        let seat = |number: usize| {
            let (subgroup, build) = seat(&first, &format!("P{number}"))?;
            Some(json!({ "player": format!("P{number}"), "subgroup": subgroup, "build": build }))
        };
        names.filter_map(seat).collect()
    };
    let same = json!({ "moves": 20_000, "present": present(0..15) });
    let again = assign(&app, &body(15, same));
    assert_eq!(again["rerun"]["moved"], json!([]));
    assert_eq!(again["score"], first["score"]);
    // The first leaves, two join.
    let more = json!({ "moves": 20_000, "subgroups": 4, "present": present(0..15) });
    let mut less = body(17, more);
    less["players"].as_array_mut().expect("a list").remove(0);
    let again = assign(&app, &less);
    let moved = array(&again["rerun"]["moved"]).len();
    let best = again["rerun"]["best_score"].as_i64().expect("a number");
    assert!(again["score"].as_i64().expect("a number") * 1000 >= best * 995);
    assert!(moved < 8, "{moved} of 14 have moved");
}

#[test]
fn functions_of_ones_own_and_candidates() {
    let app = TestApp::new();
    let asked = json!({
        "functions": [{ "id": "hugs", "kind": "party", "weight": 7, "target": 3 }, { "id": "strip", "target": 4 }],
        "players": [{ "name": "Anna", "builds": [{ "name": "Hugger", "scores": { "hugs": 2 } }] }, { "name": "Bert", "builds": [{ "specialization": 61 }] }],
        "candidates": [{ "name": "Cleo", "builds": [{ "specialization": 66 }, { "scores": { "hugs": 1 } }] }],
        "moves": 500,
    });
    let answer = assign(&app, &asked);
    // Two of three hugs at 7; Spellbreaker's three strips at 8.
    let expected = json!([38, true]);
    assert_eq!(json!([answer["score"], answer["is_optimal"]]), expected);
    let lacks = json!([{ "function": "hugs", "have": 2, "target": 3, "points": 7 }]);
    assert_eq!(answer["subgroups"][0]["shortfalls"], lacks);
    let next = ["player", "specialization", "gain"].map(|it| &answer["ask_next"][0][it]);
    assert_eq!(json!(next), json!(["Cleo", 66, 8]));
    let mut edited = asked.clone();
    edited["scores"] = json!({ "61": { "strip": 1 } });
    assert_eq!(assign(&app, &edited)["score"], json!(22));
}

#[test]
fn more_moves_than_the_service_allows_are_cut_short() {
    let app = TestApp::configured(&[("ASSIGN_MAX_MOVES", "1000")]);
    let answer = assign(&app, &body(6, json!({ "moves": 3_000_000 })));
    let expected = json!([1000, true]);
    assert_eq!(json!([answer["moves"], answer["cut_short"]]), expected);
}

/// Expects each of these to be refused in the body for three players.
fn refuse_each(table: &str) {
    let app = TestApp::new();
    for (mistakes, more) in refusals(table) {
        app.post(PATH, &body(3, more)).expect_mistakes(mistakes);
    }
}

#[test]
fn bad_input_is_refused_where_it_stands() {
    refuse_each(
        r#"
        /players invalid_length                    { "players": [] }
        /players/0/builds invalid_length           { "players": [{ "name": "Anna", "builds": [] }] }
        /players/0/builds/0/specialization required  { "players": [{ "name": "Anna", "builds": [{ "role": "strip" }] }] }
        /players/0/builds/0/specialization unknown_specialization  { "players": [{ "name": "Anna", "builds": [{ "specialization": 200 }] }] }
        /pins/0/subgroup unknown_subgroup          { "pins": [{ "player": "P1", "subgroup": 2 }] }
        /pins/0/subgroup out_of_range              { "pins": [{ "player": "P1", "subgroup": 0 }] }
        /pins/0/build unknown_build                { "pins": [{ "player": "P1", "build": 2 }] }
        /pins/0/player unknown_player              { "pins": [{ "player": "Nobody" }] }
        /apart/0/1 unknown_player                  { "apart": [["P0", "P9"]] }
        /hugs unknown_field                        { "hugs": 1 }
    "#,
    );
    let app = TestApp::new();
    let many: Vec<Value> = (0..51).map(player).collect();
    for (players, mistakes) in [
        (many, "/players invalid_length"),
        (
            vec![player(1), player(1)],
            "/players/1/name duplicate_player",
        ),
    ] {
        let body = body(3, json!({ "players": players }));
        app.post(PATH, &body).expect_mistakes(mistakes);
    }
}

#[test]
fn bad_functions_and_weights_are_refused_where_they_stand() {
    refuse_each(
        r#"
        /functions/0/weight out_of_range       { "functions": [{ "id": "strip", "weight": -1 }] }
        /functions/0/weight out_of_range       { "functions": [{ "id": "strip", "weight": 1000001 }] }
        /functions/0/id unknown_function       { "functions": [{ "id": "hugs", "weight": 3 }] }
        /functions/1/id duplicate_function     { "functions": [{ "id": "strip" }, { "id": "strip" }] }
        /players/0/builds/0/scores/hugs unknown_function  { "players": [{ "name": "Anna", "builds": [{ "scores": { "hugs": 1 } }] }] }
        /players/0/builds/0/scores/strip out_of_range     { "players": [{ "name": "Anna", "builds": [{ "scores": { "strip": -1 } }] }] }
        /functions weights_too_large           { "functions": [{ "id": "strip", "weight": 1000000, "target": 100000 }] }
    "#,
    );
    let app = TestApp::new();
    for (kind, count) in [("party", 17), ("squad", 9)] {
        let own = |at| json!({ "id": format!("f{at}"), "kind": kind, "weight": 1, "target": 1 });
        let functions: Vec<Value> = (0..count).map(own).collect();
        let call = app.post(PATH, &body(3, json!({ "functions": functions })));
        call.expect_mistakes("/functions too_many_functions");
    }
    // The greatest weights that are no mistake.
    let heavy = ["stability", "heal", "strip", "dps_melee"];
    let heavy = heavy.map(|id| json!({ "id": id, "weight": 1_000_000 }));
    assign(&app, &body(50, json!({ "functions": heavy, "moves": 200 })));
}

#[test]
fn a_megabyte_of_constraints_is_refused() {
    let app = TestApp::new();
    let send = |count: usize| {
        let apart = vec![["P0", "P1"]; count];
        app.post(PATH, &body(3, json!({ "apart": apart }))).send()
    };
    send(60_000).expect_mistakes("/apart invalid_length");
    send(200_000).expect(413);
}
