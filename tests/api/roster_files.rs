//! Rosters as files: export and import of JSON and CSV. An exported file is imported unchanged, and a
//! file is imported completely or not at all. `roster_mistakes` has bad files.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use testing::guild::{CSV, guild, player, players_of};
use testing::prelude::*;

#[test]
fn out_and_in_again() {
    let guild = guild();
    let build = text(&guild.app.build(&guild.officer, &json!({}))["id"]);
    let players = json!({ "players": [
        { "user_id": guild.member.id, "name": "=cmd|' /C calc'!A0",
          "builds": [{ "build_id": build, "preference": 5 }],
          "availability": [{ "day": "monday", "from": "19:00", "to": "23:00" },
                           { "day": "sunday", "from": "22:00", "to": "01:30" }],
          "notes": "Says \"no\",\r\nthen\n\n\tyes;" },
        { "user_id": null, "name": "'=not", "builds": [], "availability": [], "notes": "+1" },
        { "user_id": null, "name": "'Tis", "builds": [], "availability": [], "notes": "'" },
        { "user_id": null, "name": "\u{5d0}\u{5d1} \u{1f469}\u{200d}\u{1f680}", "builds": [],
          "availability": [], "notes": "\n@x" },
        { "user_id": null, "name": "hi;\u{ff1d}1", "builds": [], "availability": [],
          "notes": " , " },
    ]});
    guild.imports("", "application/json", players.to_string(), [5, 0, 0]);
    let json = guild.export("json");
    assert_eq!(json.json(), players);
    let named = |name: &str| format!("attachment; filename=\"{name}\"");
    json.expect_header("content-disposition", &named("roster.json"));
    let csv = guild.export("csv");
    csv.expect_header("content-type", "text/csv; charset=utf-8; header=present");
    csv.expect_header("cache-control", "private, no-store");
    csv.expect_header("content-disposition", &named("roster.csv"));
    let written = csv.text();
    let (member, times) = (&guild.member.id, "monday 19:00-23:00;sunday 22:00-01:30");
    let expected = [
        "name,user_id,builds,availability,notes\r\n",
        &format!("\"'=cmd|' /C calc'!A0\",{member},{build}:5,{times},"),
        "\"Says \"\"no\"\",\r\nthen\n\n\tyes;\"\r\n",
        "\"''=not\",,,,\"'+1\"\r\n",
        "'Tis,,,,'\r\n",
        "\u{5d0}\u{5d1} \u{1f469}\u{200d}\u{1f680},,,,\"'\n'@x\"\r\n",
        "\"hi;'\u{ff1d}1\",,,,\" , \"\r\n",
    ]
    .concat();
    assert_eq!(written, expected);
    // The same again is nothing, and into an empty roster it is the same.
    for (media_type, body) in [("application/json", &json.body), (CSV, &csv.body)] {
        guild.imports("mode=replace", media_type, body.clone(), [0, 0, 0]);
        guild.app.clear("team_players");
        guild.imports("", media_type, body.clone(), [5, 0, 0]);
        assert_eq!(guild.export("json").body, json.body);
        assert_eq!(guild.export("csv").body, csv.body);
    }
}

#[test]
fn a_byte_order_mark_is_there_when_it_is_asked_for_and_an_empty_roster_goes_out_and_in() {
    let guild = guild();
    guild.add(&json!({ "name": "Zo\u{eb}", "notes": "Brings food" }));
    let marked = guild.export("csv&bom=true").body;
    let plain = guild.export("csv").body;
    assert_eq!(marked, ["\u{feff}".as_bytes(), &plain].concat());
    assert_eq!(guild.export("csv&bom=false").body, plain);
    guild.imports("mode=replace", CSV, marked, [0, 0, 0]);
    let json = guild.export("json").body;
    assert_eq!(guild.export("json&bom=true").body, json);
    // Nor is anything in the way of an empty roster.
    guild.app.clear("team_players");
    let (json, csv) = (guild.export("json"), guild.export("csv"));
    assert_eq!(json.json(), json!({ "players": [] }));
    assert_eq!(csv.body, b"name,user_id,builds,availability,notes\r\n");
    for (media_type, body) in [("application/json", json.body), (CSV, csv.body)] {
        guild.imports("mode=replace", media_type, body, [0, 0, 0]);
    }
}

#[test]
fn a_roster_larger_than_a_body_comes_back_in_parts() {
    let guild = guild();
    let note = "x".repeat(2_000);
    let part = |from: usize| {
        let players =
            (from..from + 300).map(|n| json!({ "name": format!("Anna {n}"), "notes": note }));
        json!({ "players": players.collect::<Vec<_>>() }).to_string()
    };
    let send = |body: String| {
        guild.app.wait_ms(1_000);
        guild.imports("mode=add", "application/json", body, [300, 0, 0]);
    };
    send(part(0));
    send(part(300));
    let whole = guild.export("json");
    assert!(whole.body.len() > 1_048_576, "{}", whole.body.len());
    guild.app.clear("team_players");
    for part in array(&whole.json()["players"]).chunks(300) {
        send(json!({ "players": part }).to_string());
    }
    assert_eq!(guild.export("json").body, whole.body);
}

#[test]
fn a_file_replaces_by_name_and_keeps_ids() {
    let guild = guild();
    let (app, officer) = (&guild.app, &guild.officer);
    let file = format!(
        "name,user_id,notes\nAnna,{},first\nBert,,x\nTwin,,one\nTwin,,two\nGone,,\n",
        guild.member.id
    );
    guild.import("mode=replace", CSV, file).expect(200);
    let list = || app.get_as(officer, &guild.path).ok();
    let before = list()["data"].clone();
    app.wait_ms(60_000);
    // Members change places, too.
    let file = format!(
        "notes,NAME , user_id\none,Twin,\nx,Bert,{}\nfirst,Anna,\nnew two,Twin,\n,Carla,\n",
        guild.member.id
    );
    guild.imports("mode=replace&dry_run=true", CSV, file.as_str(), [1, 3, 1]);
    assert_eq!(list()["data"], before);
    guild.imports("mode=replace", CSV, file.as_str(), [1, 3, 1]);
    let after = list()["data"].clone();
    for (index, name, notes, is_changed) in [
        (0, "Anna", "first", true),
        (1, "Bert", "x", true),
        (2, "Twin", "one", false),
        (3, "Twin", "new two", true),
    ] {
        let (was, is) = (&before[index], &after[index]);
        assert_has!(is, {
            "name": name, "notes": notes, "id": was["id"], "created_at": was["created_at"],
        });
        assert_eq!(is["updated_at"] != was["updated_at"], is_changed, "{name}");
        let tag = app.get_as(officer, &guild.one(is)).expect(200).etag();
        assert_eq!(tag, if is_changed { "\"2\"" } else { "\"1\"" }, "{name}");
    }
    assert_eq!(after[4]["name"], "Carla");
    assert_eq!(after[1]["user_id"], json!(guild.member.id));
    assert_eq!(after[0]["user_id"], Value::Null);
}

#[test]
fn adding_takes_only_new_players() {
    let guild = guild();
    let file = format!("name,user_id\nAnna,{}\n", guild.member.id);
    guild.import("", CSV, file).expect(200);
    let file = format!(
        "name,user_id\nBert,{}\nAnna,\nCarla,\nCarla,\nanna,{1}\nDora,{1}\n",
        guild.member.id, guild.leader.id
    );
    let rows = "/lines/2/user_id member_has_player, /lines/3/name name_taken, \
        /lines/5/name name_taken, /lines/7/user_id member_has_player";
    guild.refuses("mode=add", &file, rows);
    guild.imports("mode=add", CSV, "name\nBert\n", [1, 0, 0]);
    assert_eq!(guild.count(), 2);
}

#[test]
fn builds_that_players_had_come_in_again() {
    let guild = guild();
    let (app, officer) = (&guild.app, &guild.officer);
    let hidden = text(&app.build(&guild.member, &json!({}))["id"]);
    let mine = json!({ "name": "Me", "user_id": guild.member.id,
        "builds": [{ "build_id": hidden, "preference": 5 }] });
    player(app, &guild.team, &guild.member, &mine);
    let csv = String::from_utf8(guild.export("csv").body).expect("UTF-8");
    let changed = csv.replace(":5", ":3") + &format!("Other,,{hidden}:1,,\r\n");
    let mistake = "/lines/3/builds/0/build_id unknown_build";
    guild.refuses("mode=replace", &changed, mistake);
    let changed = csv.replace(":5", ":3");
    guild.imports("mode=replace", CSV, changed.as_str(), [0, 1, 0]);
    let list = app.get_as(officer, &guild.path).expect(200);
    assert_eq!(list.json()["data"][0]["builds"][0]["preference"], 3);
}

#[test]
fn a_roster_that_changes_meanwhile_is_left_alone() {
    let guild = guild();
    guild.import("", CSV, "name\nAnna\nBert\n").expect(200);
    let anna = "UPDATE team_players SET version = version + 1 WHERE name = 'Anna'";
    let bert = "DELETE FROM team_players WHERE name = 'Bert'";
    // Who is named leaves the team, and the roster fills up to what a team may have.
    let leaves = sql::leaves(&guild.member);
    let fills = sql::fill_roster(&guild.team, 10_000, "");
    let file = "name,notes,user_id\nAnna,x,\nCarla,,\n".to_owned();
    let member = format!("name,user_id\nCarla,{}\n", guild.member.id);
    let rows = [
        ("mode=replace", anna.to_owned(), &file),
        ("mode=replace", bert.to_owned(), &file),
        ("mode=replace", sql::leaves(&guild.officer), &file),
        ("mode=add", leaves, &member),
        ("mode=add", fills, &"name\nCarla\n".to_owned()),
    ];
    for (query, sql, body) in rows {
        let joins = sql::joins(&guild.officer, &guild.team, "officer");
        guild.app.execute(joins);
        let isolate = guild.app.racing("INSERT INTO team_players", sql);
        let call = isolate.call("POST", &format!("{}/import?{query}", guild.path));
        let answer = call.by(&guild.officer).raw(CSV, body.as_str()).send();
        answer.expect_problem(409, "roster_changed");
        let added = guild.app.rows("team_players WHERE name = 'Carla'");
        assert_eq!(added, 0, "{body}");
    }
}

/// A name or a note as people, and attackers, write them.
fn words() -> impl Strategy<Value = String> {
    let pieces = "= + - @ ' \" , ; : a Zo\u{eb} \u{1f469}\u{200d}\u{1f680} \u{5e9}\u{5dc} \u{e9} \
                  \u{ff1d} 1 \\ null";
    let pieces = pieces.split(' ').chain([" "]);
    let piece = prop::sample::select(pieces.collect::<Vec<_>>());
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn notes() -> impl Strategy<Value = String> {
    let ends = prop::sample::select(vec!["", "\n", "\r\n", "\r", "\t", "\n\n"]);
    (ends.clone(), words(), ends, words()).prop_map(|(a, b, c, d)| [a, &b, c, &d].concat())
}

#[test]
fn whatever_goes_out_comes_in_the_same() {
    let guild = guild();
    let other = players_of(&guild.app.team(&[(&guild.officer, "leader")]));
    let rosters = prop::collection::vec((words(), notes(), 0..3_usize), 1..6);
    let empty = "{\"players\":[]}";
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(100)
    });
    let outcome = runner.run(&rosters, |players| {
        let players = players.into_iter().enumerate();
        let players = players.map(|(index, (name, notes, times))| {
            let marks = "\u{316}".repeat(index % 4);
            let time = json!({ "day": "friday", "from": "20:00", "to": "02:00" });
            json!({ "name": format!("{name}{index}{marks}"), "notes": (notes + &marks),
                "availability": vec![time; times] })
        });
        let players: Vec<Value> = players.collect();
        let body = json!({ "players": players }).to_string();
        let json_type = "application/json";
        guild.import("mode=replace", json_type, empty).expect(200);
        guild.import("", json_type, body).expect(200);
        let (json, csv) = (guild.export("json").body, guild.export("csv").body);
        for (media_type, body) in [(json_type, &json), (CSV, &csv)] {
            let import = |query: &str, media_type: &str, body: &[u8]| {
                let answer = guild.import_to(&other, query, media_type, body);
                answer.expect(200);
            };
            import("mode=replace", json_type, empty.as_bytes());
            import("", media_type, body);
            prop_assert_eq!(&guild.export_of(&other, "json").body, &json);
            prop_assert_eq!(&guild.export_of(&other, "csv").body, &csv);
        }
        Ok(())
    });
    outcome.expect("the same");
}

/// Ten thousand lines; the one at `bad` says when nobody plays.
fn many(build: &str, bad: Option<usize>) -> String {
    let mut file = "name,builds,availability\n".to_owned();
    for line in 2..10_002 {
        let is_bad = bad == Some(line);
        let day = if is_bad { "someday" } else { "friday" };
        writeln!(file, "Player {line},{build}:5,{day} 19:00-23:00").expect("a String takes it");
    }
    file
}

#[test]
fn ten_thousand_lines_come_in_at_once_or_not_at_all() {
    let guild = guild();
    let build = text(&guild.app.build(&guild.officer, &json!({}))["id"]);
    let mistake = "/lines/7001/availability/0/day invalid_choice";
    guild.refuses("", &many(&build, Some(7_001)), mistake);
    let file = many(&build, None);
    let longer = format!("{file}One more,,\n");
    guild.refuses("", &longer, "/lines/10002 too_many_lines");
    let import = || guild.imports("", CSV, file.as_str(), [10_000, 0, 0]);
    let calls = guild.app.calls_of(import);
    // Who is calling, who is in the team, what is named, what is there, and one batch.
    assert!(calls <= 7, "{calls}");
    assert_eq!(guild.count(), 10_000);
    let out = guild.export("csv");
    let lines = out.text().lines().count();
    assert_eq!(lines, 10_001);
    let changed = file.replace(":5", ":4");
    guild.imports("mode=replace", CSV, changed, [0, 10_000, 0]);
}
