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
    app.post(PATH, body).send().ok()
}

/// Where a player stands: subgroup and build.
fn seat(answer: &Value, name: &str) -> Option<(u64, u64)> {
    answer["subgroups"].as_array()?.iter().find_map(|group| {
        let players = group["players"].as_array()?;
        let found = players.iter().find(|player| player["player"] == name)?;
        Some((group["subgroup"].as_u64()?, found["build"].as_u64()?))
    })
}

/// Codes and pointers of what is wrong with a body.
fn mistakes(app: &TestApp, body: &Value) -> Vec<(String, String)> {
    let answer = app.post(PATH, body).send().expect(422).json();
    assert_eq!(answer["code"], "invalid_input");
    let errors = answer["errors"].as_array().expect("errors");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    errors
        .iter()
        .map(|it| (text(&it["code"]), text(&it["pointer"])))
        .collect()
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
    let groups: i64 = answer["subgroups"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| number(&it["score"]))
        .sum();
    let parts = &answer["parts"];
    assert_eq!(number(&parts["subgroups"]), groups);
    assert_eq!(
        number(&answer["score"]),
        groups + number(&parts["squad"]) + number(&parts["preferences"])
    );
    assert_eq!(
        number(&answer["gap"]["points"]),
        number(&answer["bound"]) - number(&answer["score"])
    );
    assert!(number(&answer["bound"]) >= number(&answer["score"]));
    assert_eq!(
        answer["is_optimal"],
        json!(answer["bound"] == answer["score"])
    );
    assert_eq!(
        (&answer["seed"], &answer["moves"], &answer["cut_short"]),
        (&json!(7), &json!(3000), &json!(false))
    );
    assert_eq!(
        (&answer["bench"], &answer["rerun"]),
        (&json!([]), &json!(null))
    );
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
    let answer = assign(
        &app,
        &body(
            22,
            json!({
                "subgroups": 4,
                "pins": [{ "player": "P0", "subgroup": 4, "build": 1 }, { "player": "P1", "subgroup": 2 }, { "player": "P2" }],
                "together": [["P3", "P4", "P5"]],
                "apart": [["P3", "P6", "P7"]],
                "roles": [{ "role": "primary_support", "min": 4, "max": 6 }],
                "copies": [{ "specialization": 62, "max": 1 }],
                "copies_max": 4,
                "squad_size": 19,
            }),
        ),
    );
    assert_eq!(seat(&answer, "P0"), Some((4, 1)));
    assert_eq!(seat(&answer, "P1").map(|seat| seat.0), Some(2));
    assert!(seat(&answer, "P2").is_some());
    let group = |name: &str| seat(&answer, name).map(|seat| seat.0);
    assert!(group("P3") == group("P4") && group("P4") == group("P5"));
    let apart = [group("P3"), group("P6"), group("P7")];
    assert!(
        apart
            .iter()
            .enumerate()
            .all(|(at, it)| it.is_none() || !apart[..at].contains(it))
    );
    let groups = answer["subgroups"].as_array().expect("a list").iter();
    let placed: Vec<&Value> = groups
        .flat_map(|it| it["players"].as_array().expect("a list"))
        .collect();
    let count = |member: &str, value: Value| placed.iter().filter(|it| it[member] == value).count();
    assert!((4..=6).contains(&count("role", json!("primary_support"))));
    assert!(count("specialization", json!(62)) <= 1);
    assert!(
        SPECIALIZATIONS
            .iter()
            .all(|id| count("specialization", json!(id)) <= 4)
    );
    let bench = answer["bench"].as_array().expect("a list");
    assert!(placed.len() <= 19 && bench.len() == 22 - placed.len());
    assert!(
        bench
            .iter()
            .all(|it| !it["text"].as_str().unwrap_or_default().is_empty())
    );
    let relaxed = &answer["certificate"]["relaxed"];
    assert_eq!(*relaxed, json!(["subgroup_pins", "together", "must_play"]));
}

#[test]
fn clashing_constraints_are_named_in_words() {
    let app = TestApp::new();
    let clash = |more: Value| {
        let answer = app.post(PATH, &body(12, more)).send().expect(422).json();
        assert_eq!(answer["code"], "constraints_clash");
        let detail = answer["detail"].as_str().expect("text");
        assert!(
            detail.ends_with("without any one of them the others can be met."),
            "{detail}"
        );
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let clash = answer["errors"].as_array().expect("a list").iter();
        let rows = clash.map(|it| (text(&it["pointer"]), text(&it["detail"])));
        rows.collect::<Vec<_>>()
    };
    let said = |pointer: &str, text: &str| (pointer.to_owned(), text.to_owned());
    let found = clash(json!({
        "together": [["P1", "P2"], ["P5", "P6"]],
        "pins": [{ "player": "P1", "subgroup": 1 }, { "player": "P2", "subgroup": 3 }, { "player": "P9", "subgroup": 3 }],
    }));
    assert_eq!(
        found,
        [
            said("/pins/0/subgroup", "P1 must be in subgroup 1."),
            said("/pins/1/subgroup", "P2 must be in subgroup 3."),
            said("/together/0", "P1 and P2 must be in one subgroup."),
        ]
    );
    let found = clash(json!({ "roles": [{ "role": "scout", "min": 1 }], "apart": [["P1", "P2"]] }));
    assert_eq!(
        found,
        [said("/roles/0/min", "At least 1 must play the role Scout.")]
    );
    let found = clash(json!({ "copies_max": 0, "bench_max": 11 }));
    assert_eq!(
        found.len(),
        9,
        "eight specializations and the bench: {found:?}"
    );
    assert_eq!(
        found[8],
        said("/bench_max", "At most 11 may be on the bench.")
    );
}

#[test]
fn fifty_who_are_all_apart() {
    let app = TestApp::new();
    let all: Vec<String> = (0..50).map(|number| format!("P{number}")).collect();
    let answer = assign(&app, &body(50, json!({ "apart": [all] })));
    let bench = answer["bench"].as_array().expect("a list");
    assert_eq!(bench.len(), 40, "one in each of ten subgroups");
    assert!(bench.iter().all(|it| it["reason"] == "constraint"));
    let answer = app
        .post(PATH, &body(50, json!({ "apart": [all], "bench_max": 39 })))
        .send()
        .expect(422)
        .json();
    let pointers: Vec<&Value> = answer["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| &it["pointer"])
        .collect();
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
    let again = assign(
        &app,
        &body(15, json!({ "moves": 20_000, "present": present(0..15) })),
    );
    assert_eq!(again["rerun"]["moved"], json!([]));
    assert_eq!(again["score"], first["score"]);
    // The first leaves, two join.
    let mut less = body(
        17,
        json!({ "moves": 20_000, "subgroups": 4, "present": present(0..15) }),
    );
    less["players"].as_array_mut().expect("a list").remove(0);
    let again = assign(&app, &less);
    let moved = again["rerun"]["moved"].as_array().expect("a list").len();
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
    assert_eq!(
        (&answer["score"], &answer["is_optimal"]),
        (&json!(38), &json!(true))
    );
    let lacks = &answer["subgroups"][0]["shortfalls"];
    assert_eq!(
        *lacks,
        json!([{ "function": "hugs", "have": 2, "target": 3, "points": 7 }])
    );
    let next = &answer["ask_next"][0];
    assert_eq!(
        (&next["player"], &next["specialization"], &next["gain"]),
        (&json!("Cleo"), &json!(66), &json!(8))
    );
    let scores = json!({ "61": { "strip": 1 } });
    let mut edited = asked.clone();
    edited["scores"] = scores;
    assert_eq!(assign(&app, &edited)["score"], json!(22));
}

#[test]
fn more_moves_than_the_service_allows_are_cut_short() {
    let app = TestApp::with(|name| match name {
        "ASSIGN_MAX_MOVES" => Some("1000".to_owned()),
        name => config_value(name),
    });
    let answer = assign(&app, &body(6, json!({ "moves": 3_000_000 })));
    assert_eq!(
        (&answer["moves"], &answer["cut_short"]),
        (&json!(1000), &json!(true))
    );
}

#[test]
fn bad_input_is_refused_where_it_stands() {
    let app = TestApp::new();
    let one = |more: Value| mistakes(&app, &body(3, more));
    let at = |code: &str, pointer: &str| vec![(code.to_owned(), pointer.to_owned())];
    assert_eq!(
        one(json!({ "players": [] })),
        at("invalid_length", "/players")
    );
    let many: Vec<Value> = (0..51).map(player).collect();
    assert_eq!(
        one(json!({ "players": many })),
        at("invalid_length", "/players")
    );
    assert_eq!(
        one(json!({ "players": json!([{ "name": "Anna", "builds": [] }]) })),
        at("invalid_length", "/players/0/builds")
    );
    assert_eq!(
        one(json!({ "players": json!([{ "name": "Anna", "builds": [{ "role": "strip" }] }]) })),
        at("required", "/players/0/builds/0/specialization")
    );
    let unknown = json!([{ "name": "Anna", "builds": [{ "specialization": 200 }] }]);
    assert_eq!(
        one(json!({ "players": unknown })),
        at(
            "unknown_specialization",
            "/players/0/builds/0/specialization"
        )
    );
    assert_eq!(
        one(json!({ "players": json!([player(1), player(1)]) })),
        at("duplicate_player", "/players/1/name")
    );
    let pin = |more: Value| {
        let mut pin = json!({ "player": "P1" });
        pin.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        one(json!({ "pins": [pin] }))
    };
    assert_eq!(
        pin(json!({ "subgroup": 2 })),
        at("unknown_subgroup", "/pins/0/subgroup")
    );
    assert_eq!(
        pin(json!({ "subgroup": 0 })),
        at("out_of_range", "/pins/0/subgroup")
    );
    assert_eq!(
        pin(json!({ "build": 2 })),
        at("unknown_build", "/pins/0/build")
    );
    assert_eq!(
        pin(json!({ "player": "Nobody" })),
        at("unknown_player", "/pins/0/player")
    );
    assert_eq!(
        one(json!({ "apart": [["P0", "P9"]] })),
        at("unknown_player", "/apart/0/1")
    );
}

#[test]
fn bad_functions_and_weights_are_refused_where_they_stand() {
    let app = TestApp::new();
    let one = |more: Value| mistakes(&app, &body(3, more));
    let at = |code: &str, pointer: &str| vec![(code.to_owned(), pointer.to_owned())];
    for weight in [-1, 1_000_001] {
        let functions = json!([{ "id": "strip", "weight": weight }]);
        assert_eq!(
            one(json!({ "functions": functions })),
            at("out_of_range", "/functions/0/weight")
        );
    }
    let hugs = json!([{ "id": "hugs", "weight": 3 }]);
    assert_eq!(
        one(json!({ "functions": hugs })),
        at("unknown_function", "/functions/0/id")
    );
    assert_eq!(
        one(json!({ "functions": json!([{ "id": "strip" }, { "id": "strip" }]) })),
        at("duplicate_function", "/functions/1/id")
    );
    let scored = json!([{ "name": "Anna", "builds": [{ "scores": { "hugs": 1 } }] }]);
    assert_eq!(
        one(json!({ "players": scored })),
        at("unknown_function", "/players/0/builds/0/scores/hugs")
    );
    let scored = json!([{ "name": "Anna", "builds": [{ "scores": { "strip": -1 } }] }]);
    assert_eq!(
        one(json!({ "players": scored })),
        at("out_of_range", "/players/0/builds/0/scores/strip")
    );
    let large = json!([{ "id": "strip", "weight": 1_000_000, "target": 100_000 }]);
    assert_eq!(
        one(json!({ "functions": large })),
        at("weights_too_large", "/functions")
    );
    let own = |kind: &str, count: usize| -> Vec<Value> {
        (0..count)
            .map(|at| json!({ "id": format!("f{at}"), "kind": kind, "weight": 1, "target": 1 }))
            .collect()
    };
    assert_eq!(
        one(json!({ "functions": own("party", 17) })),
        at("too_many_functions", "/functions")
    );
    assert_eq!(
        one(json!({ "functions": own("squad", 9) })),
        at("too_many_functions", "/functions")
    );
    assert_eq!(one(json!({ "hugs": 1 })), at("unknown_field", "/hugs"));
    // The greatest weights that are no mistake.
    let heavy: Vec<Value> = ["stability", "heal", "strip", "dps_melee"]
        .iter()
        .map(|id| json!({ "id": id, "weight": 1_000_000 }))
        .collect();
    assign(&app, &body(50, json!({ "functions": heavy, "moves": 200 })));
}

#[test]
fn a_megabyte_of_constraints_is_refused() {
    let app = TestApp::new();
    let pairs: Vec<Value> = (0..60_000).map(|_| json!(["P0", "P1"])).collect();
    let found = mistakes(&app, &body(3, json!({ "apart": pairs })));
    assert_eq!(found, [("invalid_length".to_owned(), "/apart".to_owned())]);
    let pairs: Vec<Value> = (0..200_000).map(|_| json!(["P0", "P1"])).collect();
    app.post(PATH, &body(3, json!({ "apart": pairs })))
        .send()
        .expect(413);
}
