//! The roster of a team, from the outside: who sees it, who changes what, and what is refused.
//! Promises that outsiders learn nothing, and that members change only what is theirs.
//! Leaves files to `roster_files`.

use std::rc::Rc;

use pollster::block_on;
use serde_json::{Value, json};
use wvw_builder::http::request::Header;
use wvw_builder::ids::{TeamId, UserId};
use wvw_builder::platform::Database as _;
use wvw_builder::teams::roster::store;

use crate::support::databases::{Raced, platform_on};
use crate::support::{Player, TestApp, text};

/// Makes a team of these members.
pub fn team(app: &TestApp, members: &[(&Player, &str)]) -> String {
    let seed = 4_000 + app.count("SELECT count(*) FROM teams").cast_unsigned();
    let id = TeamId::fresh(&app.test.platform(seed));
    app.test.database.execute(&format!(
        "INSERT INTO teams (id, name, tag, description, version, created_at, updated_at) \
         VALUES ('{id}', 'A guild', 'RED', '', 1, 0, 0)"
    ));
    for (player, role) in members {
        app.test.database.execute(&format!(
            "INSERT INTO team_members (team_id, user_id, role, display_name, joined_at) \
             VALUES ('{id}', '{}', '{role}', 'A player', 0)",
            player.id
        ));
    }
    id.to_string()
}

pub fn players_of(team: &str) -> String {
    format!("/api/v1/teams/{team}/players")
}

/// Adds a player to the roster.
#[track_caller]
pub fn player(app: &TestApp, team: &str, by: &Player, body: &Value) -> Value {
    let call = app.post(&players_of(team), body).token(&by.token);
    call.send().expect(201).json()
}

/// A team with a leader, an officer and a member, and someone who is not in it.
pub struct Guild {
    pub app: TestApp,
    pub leader: Player,
    pub officer: Player,
    pub member: Player,
    pub stranger: Player,
    pub team: String,
    pub path: String,
}

pub fn guild() -> Guild {
    let app = TestApp::new();
    let [leader, officer, member, stranger] =
        ["leader", "officer", "member", "stranger"].map(|name| app.player(name));
    let roles = [
        (&leader, "leader"),
        (&officer, "officer"),
        (&member, "member"),
    ];
    let team = team(&app, &roles);
    Guild {
        path: players_of(&team),
        app,
        leader,
        officer,
        member,
        stranger,
        team,
    }
}

impl Guild {
    fn one(&self, player: &Value) -> String {
        format!("{}/{}", self.path, text(&player["id"]))
    }

    #[track_caller]
    fn add(&self, body: &Value) -> Value {
        // Lists are in the order of the clock.
        self.app.test.clock.advance_ms(1);
        player(&self.app, &self.team, &self.officer, body)
    }

    fn names(&self, query: &str) -> Vec<String> {
        let call = self.app.get(&format!("{}?{query}", self.path));
        let list = call.token(&self.member.token).send().expect(200).json();
        let data = list["data"].as_array().expect("a list");
        data.iter().map(|player| text(&player["name"])).collect()
    }
}

impl Guild {
    /// How many players each page of the list has.
    fn sizes_of_pages(&self) -> Vec<usize> {
        let (mut pages, mut query) = (Vec::new(), "limit=100".to_owned());
        loop {
            let list = self.app.get(&format!("{}?{query}", self.path));
            let list = list.token(&self.member.token).send().expect(200).json();
            pages.push(list["data"].as_array().expect("a list").len());
            match list["next_cursor"].as_str() {
                Some(cursor) => query = format!("limit=100&cursor={cursor}"),
                None => return pages,
            }
        }
    }
}

#[test]
fn a_player_through_every_change() {
    let guild = guild();
    let Guild {
        app, officer, path, ..
    } = &guild;
    let build = app.build(officer, &json!({ "visibility": "public" }));
    let body = json!({
        "name": "  Anna \u{2694} ", "user_id": guild.member.id,
        "builds": [{ "build_id": build["id"], "preference": 5 }],
        "availability": [{ "day": "thursday", "from": "20:00", "to": "01:30" }],
        "notes": "Brings\nfood.",
    });
    let answer = app.post(path, &body).token(&officer.token).send();
    let answer = answer.expect(201);
    let made = answer.json();
    let one = guild.one(&made);
    assert_eq!(answer.header("location"), Some(one.as_str()));
    assert_eq!(answer.etag(), "\"1\"");
    let mut expected = body.clone();
    expected["name"] = json!("Anna \u{2694}");
    expected["id"] = made["id"].clone();
    expected["team_id"] = json!(guild.team);
    expected["created_at"] = json!("2026-11-22T00:00:00.000Z");
    expected["updated_at"] = expected["created_at"].clone();
    assert_eq!(made, expected);

    let read = app.get(&one).token(&guild.member.token);
    let read = read.send().expect(200);
    assert_eq!((read.json(), read.etag()), (made.clone(), answer.etag()));
    let again = app.get(&one).token(&officer.token);
    again
        .header(Header::IfNoneMatch, "\"1\"")
        .send()
        .expect(304);

    app.test.clock.advance_ms(5_000);
    let patch = json!({ "notes": null, "user_id": null, "availability": [] });
    let call = app.call("PATCH", &one).token(&officer.token).json(&patch);
    let patched = call.header(Header::IfMatch, "\"1\"").send().expect(200);
    expected["notes"] = json!("");
    expected["user_id"] = Value::Null;
    expected["availability"] = json!([]);
    expected["updated_at"] = json!("2026-11-22T00:00:05.000Z");
    assert_eq!(
        (patched.json(), patched.etag()),
        (expected, "\"2\"".to_owned())
    );

    let put = app.call("PUT", &one).token(&officer.token);
    let stale = put
        .json(&json!({ "name": "Bert" }))
        .header(Header::IfMatch, "\"1\"");
    stale.send().expect_problem(412, "precondition_failed");
    let put = app.call("PUT", &one).token(&officer.token);
    let put = put.json(&json!({ "name": "Bert" })).send().expect(200);
    assert_eq!(put.etag(), "\"3\"");
    let put = put.json();
    assert_eq!(put["builds"], json!([]));
    assert_eq!(put["created_at"], made["created_at"]);

    let delete = || app.call("DELETE", &one).token(&officer.token);
    let stale = delete().header(Header::IfMatch, "\"2\"").send();
    stale.expect_problem(412, "precondition_failed");
    delete().send().expect(204);
    delete().send().expect_problem(404, "not_found");
    assert_eq!(app.count("SELECT count(*) FROM team_players"), 0);
}

#[test]
fn a_team_that_one_is_not_in_is_not_there() {
    let guild = guild();
    let app = &guild.app;
    let one = guild.one(&guild.add(&json!({ "name": "Anna" })));
    let boss = app.administrator("boss");
    let nowhere = players_of("team_01h455vb4pex5vsknk084sn02q");
    let body = json!({ "name": "Bert" });
    for (method, target) in [
        ("GET", String::new()),
        ("POST", String::new()),
        ("GET", "/export".to_owned()),
        ("POST", "/import".to_owned()),
        ("GET", one.replace(&guild.path, "")),
        ("PUT", one.replace(&guild.path, "")),
        ("PATCH", one.replace(&guild.path, "")),
        ("DELETE", one.replace(&guild.path, "")),
    ] {
        for player in [&guild.stranger, &boss] {
            let call = |base: &str| {
                let call = app.call(method, &[base, &target].concat());
                let answer = call.token(&player.token).json(&body).send();
                answer.expect_problem(404, "not_found").without_request_id()
            };
            assert_eq!(call(&guild.path), call(&nowhere), "{method} {target}");
        }
    }
    // An id of another team's roster is none of this one's.
    let other = team(app, &[(&guild.stranger, "leader")]);
    let elsewhere = one.replace(&guild.team, &other);
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let call = app.call(method, &elsewhere).token(&guild.stranger.token);
        call.json(&body).send().expect_problem(404, "not_found");
    }
    assert_eq!(guild.names(""), ["Anna"]);
}

#[test]
fn members_write_their_own_entry_and_no_other() {
    let guild = guild();
    let (app, member) = (&guild.app, &guild.member);
    let refused = |method: &str, target: &str, body: Value| {
        let call = app.call(method, target).token(&member.token).json(&body);
        call.send().expect_problem(403, "insufficient_team_role");
    };
    let anna = guild.one(&guild.add(&json!({ "name": "Anna" })));
    let theirs = guild.one(&guild.add(&json!({ "name": "O", "user_id": guild.officer.id })));
    let own = json!({ "name": "Me", "user_id": member.id });
    refused("POST", &guild.path, json!({ "name": "Me" }));
    let other = json!({ "name": "Me", "user_id": guild.leader.id });
    refused("POST", &guild.path, other.clone());
    let mine = guild.one(&player(app, &guild.team, member, &own));
    for target in [&anna, &theirs] {
        refused("PUT", target, own.clone());
        refused("PATCH", target, json!({ "notes": "x" }));
        refused("PATCH", target, json!({ "user_id": member.id }));
        refused("DELETE", target, json!({}));
    }
    refused("PUT", &mine, other);
    refused("PUT", &mine, json!({ "name": "Me" }));
    refused("PATCH", &mine, json!({ "user_id": null }));
    refused(
        "POST",
        &format!("{}/import", guild.path),
        json!({ "players": [] }),
    );
    let call = |method: &str| app.call(method, &mine).token(&member.token);
    call("PUT").json(&own).send().expect(200);
    call("PATCH")
        .json(&json!({ "notes": "x" }))
        .send()
        .expect(200);
    app.get(&format!("{}/export", guild.path))
        .token(&member.token)
        .send()
        .expect(200);
    call("DELETE").send().expect(204);
    assert_eq!(guild.names(""), ["Anna", "O"]);
    // Leaders write every entry.
    let call = app.call("DELETE", &theirs).token(&guild.leader.token);
    call.send().expect(204);
}

#[test]
fn all_mistakes_at_once() {
    let guild = guild();
    let build = "build_01h455vb4pex5vsknk084sn02q";
    let body = json!({
        "name": " ", "user_id": guild.stranger.id, "id": "x", "team_id": guild.team,
        "builds": [
            { "build_id": build, "preference": 6 },
            { "build_id": build, "preference": 0 },
            { "build_id": "build_01H455VB4PEX5VSKNK084SN02Q", "preference": 1.5 },
            { "preference": 1, "note": "" },
        ],
        "availability": [
            { "day": "Monday", "from": "24:00", "to": "9:00" },
            { "day": "monday", "from": "20:00" },
        ],
        "notes": "a\u{7}",
    });
    let call = guild.app.post(&guild.path, &body);
    let answer = call.token(&guild.officer.token).send();
    let mistakes = answer.expect_problem(422, "invalid_input").mistakes();
    let expected: Vec<(String, String)> = [
        ("/availability/0/day", "invalid_choice"),
        ("/availability/0/from", "invalid_format"),
        ("/availability/0/to", "invalid_length"),
        ("/availability/1/to", "required"),
        ("/builds/0/build_id", "unknown_build"),
        ("/builds/0/preference", "out_of_range"),
        ("/builds/1/build_id", "duplicate_item"),
        ("/builds/1/build_id", "unknown_build"),
        ("/builds/2/build_id", "invalid_format"),
        ("/builds/2/preference", "invalid_type"),
        ("/builds/3/build_id", "required"),
        ("/builds/3/note", "unknown_field"),
        ("/id", "unknown_field"),
        ("/name", "invalid_length"),
        ("/notes", "invalid_format"),
        ("/team_id", "unknown_field"),
        ("/user_id", "unknown_member"),
    ]
    .map(|(pointer, code)| (pointer.to_owned(), code.to_owned()))
    .into();
    assert_eq!(mistakes, expected);
}

#[test]
fn each_member_has_one_entry() {
    let guild = guild();
    let (app, officer) = (&guild.app, &guild.officer);
    let body = json!({ "name": "Me", "user_id": guild.member.id });
    let first = guild.add(&body);
    let again = || app.post(&guild.path, &body).token(&officer.token);
    again().send().expect_problem(409, "member_has_player");
    let other = guild.one(&guild.add(&json!({ "name": "Anna" })));
    let call = app.call("PATCH", &other).token(&officer.token);
    let call = call.json(&json!({ "user_id": guild.member.id }));
    call.send().expect_problem(409, "member_has_player");
    // Its own does not stand in its way.
    let call = app.call("PUT", &guild.one(&first)).token(&officer.token);
    call.json(&body).send().expect(200);
    // Two at once: the database decides.
    let call = app.call("DELETE", &guild.one(&first));
    call.token(&officer.token).send().expect(204);
    let sql = format!(
        "UPDATE team_players SET user_id = '{}' WHERE name = 'Anna'",
        guild.member.id
    );
    let racing = racing(app, "INSERT INTO team_players", sql);
    let call = racing.post(&guild.path, &body).token(&officer.token);
    call.send().expect_problem(409, "member_has_player");
}

/// An isolate in which `sql` comes right before the batch with `before`.
pub fn racing(app: &TestApp, before: &'static str, sql: String) -> TestApp {
    let raced = Raced {
        database: app.test.database.clone(),
        before,
        sql: Rc::default(),
    };
    *raced.sql.borrow_mut() = Some(sql);
    app.isolate_on(platform_on(&app.test, 3, Box::new(raced)))
}

#[test]
fn what_changes_between_a_look_and_a_write_is_not_written_over() {
    let guild = guild();
    let (app, officer) = (&guild.app, &guild.officer);
    let anna = guild.add(&json!({ "name": "Anna" }));
    let removal = |id: &str| format!("DELETE FROM team_members WHERE user_id = '{id}'");
    let body = json!({ "name": "Me", "user_id": guild.member.id });
    // Who is added leaves the team.
    let isolate = racing(app, "INSERT INTO team_players", removal(&guild.member.id));
    let call = isolate.post(&guild.path, &body).token(&officer.token);
    call.send().expect_problem(409, "roster_changed");
    // Someone else changes the same entry.
    for method in ["PUT", "DELETE"] {
        let sql = "UPDATE team_players SET version = version + 1".to_owned();
        let before = if method == "PUT" {
            "UPDATE team_players"
        } else {
            "DELETE FROM team_players"
        };
        let isolate = racing(app, before, sql);
        let call = isolate
            .call(method, &guild.one(&anna))
            .token(&officer.token);
        let answer = call.json(&json!({ "name": "Bert" })).send();
        answer.expect_problem(412, "precondition_failed");
    }
    // Who writes leaves the team.
    let isolate = racing(app, "INSERT INTO team_players", removal(&officer.id));
    let body = json!({ "name": "Bert" });
    let call = isolate.post(&guild.path, &body).token(&officer.token);
    call.send().expect_problem(409, "roster_changed");
    let names = "SELECT count(*) FROM team_players WHERE name <> 'Anna'";
    assert_eq!(app.count(names), 0);
}

#[test]
fn a_build_must_be_one_that_the_caller_may_see() {
    let guild = guild();
    let (app, officer, stranger) = (&guild.app, &guild.officer, &guild.stranger);
    let other_team = team(app, &[(officer, "leader")]);
    let build = |owner: &Player, visibility: &str, team: Option<&str>| {
        let build = text(&app.build(owner, &json!({}))["id"]);
        let team = team.map_or("NULL".to_owned(), |team| format!("'{team}'"));
        app.test.database.execute(&format!(
            "UPDATE builds SET visibility = '{visibility}', team_id = {team} WHERE id = '{build}'"
        ));
        build
    };
    let rows = [
        (build(stranger, "public", None), true),
        (build(stranger, "unlisted", None), true),
        (build(officer, "private", None), true),
        (build(stranger, "team", Some(&guild.team)), true),
        (build(stranger, "team", Some(&other_team)), false),
        (build(stranger, "private", Some(&guild.team)), false),
        (build(stranger, "private", None), false),
        ("build_01h455vb4pex5vsknk084sn02q".to_owned(), false),
    ];
    let body =
        |id: &str| json!({ "name": "Anna", "builds": [{ "build_id": id, "preference": 1 }] });
    let entry = guild.add(&json!({ "name": "Anna" }));
    let put = |body: &Value| {
        let call = app.call("PUT", &guild.one(&entry)).token(&officer.token);
        call.json(body).send()
    };
    for (index, (id, is_allowed)) in rows.iter().enumerate() {
        let answers = [
            app.post(&guild.path, &body(id))
                .token(&officer.token)
                .send(),
            put(&body(id)),
        ];
        for (answer, status) in answers.into_iter().zip([201, 200]) {
            if *is_allowed {
                answer.expect(status);
            } else {
                let mistakes = answer.expect_problem(422, "invalid_input").mistakes();
                let expected = ("/builds/0/build_id".to_owned(), "unknown_build".to_owned());
                assert_eq!(mistakes, [expected], "{index}");
            }
        }
    }
    // What the entry had may stay, here and nowhere else.
    let (shared, _) = &rows[3];
    let sql = "UPDATE builds SET visibility = 'private', team_id = NULL WHERE visibility = 'team'";
    put(&body(shared)).expect(200);
    app.test.database.execute(sql);
    put(&body(shared)).expect(200);
    let call = app.call("PATCH", &guild.one(&entry)).token(&officer.token);
    call.json(&json!({ "notes": "x" })).send().expect(200);
    put(&json!({ "name": "Anna" })).expect(200);
    put(&body(shared)).expect_problem(422, "invalid_input");
}

#[test]
fn lists_are_narrowed_and_cut_into_pages() {
    let guild = guild();
    let (app, member) = (&guild.app, &guild.member);
    let names = ["Anna", "\u{c9}tienne", "bert", "Annika", "x'%_"];
    for name in names {
        guild.add(&json!({ "name": name }));
        app.test.clock.advance_ms(1);
    }
    player(
        app,
        &guild.team,
        member,
        &json!({ "name": "Me", "user_id": member.id }),
    );
    let other = team(app, &[(&guild.officer, "leader")]);
    player(
        app,
        &other,
        &guild.officer,
        &json!({ "name": "Anna elsewhere" }),
    );
    let found = |query: &str| guild.names(query);
    assert_eq!(found("q=ANN"), ["Anna", "Annika"]);
    assert_eq!(found("q=%C3%A9"), ["\u{c9}tienne"]);
    assert_eq!(found("q=%25"), ["x'%_"]);
    assert_eq!(found(&format!("user_id={}", member.id)), ["Me"]);
    assert_eq!(found(&format!("user_id={}&q=anna", member.id)), [""; 0]);
    let (mut all, mut query) = (Vec::new(), "limit=4".to_owned());
    loop {
        let list = app.get(&format!("{}?{query}", guild.path));
        let list = list.token(&member.token).send().expect(200).json();
        let data = list["data"].as_array().expect("a list");
        all.extend(data.iter().map(|player| text(&player["name"])));
        match list["next_cursor"].as_str() {
            Some(cursor) => query = format!("limit=4&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(all[..5], names);
    assert_eq!(all.len(), 6);
    let call = app
        .get(&format!("{}?cursor=x", guild.path))
        .token(&member.token);
    call.send().expect_problem(422, "invalid_input");
}

#[test]
fn a_page_ends_early_when_its_players_are_very_large() {
    let guild = guild();
    let builds: Vec<Value> = (0..20)
        .map(|index| json!({ "build_id": format!("build_{index:026}"), "preference": 5 }))
        .collect();
    for index in 0..100 {
        let id = format!("player_{index:026}");
        let document = json!({
            "id": id, "team_id": guild.team, "user_id": null, "name": "n", "builds": builds,
            "availability": [], "notes": "\n".repeat(2_000),
            "created_at": "2026-11-22T00:00:00.000Z", "updated_at": "2026-11-22T00:00:00.000Z",
        });
        guild.app.test.database.execute(&format!(
            "INSERT INTO team_players VALUES ('{id}', '{}', NULL, 'n', 'n', '{document}', 1)",
            guild.team
        ));
    }
    let pages = guild.sizes_of_pages();
    assert!(pages.len() == 2 && pages[0] < 100, "{pages:?}");
    assert_eq!(pages.iter().sum::<usize>(), 100);
}

#[test]
fn a_roster_has_an_end() {
    let guild = guild();
    let (app, officer) = (&guild.app, &guild.officer);
    app.test.database.execute(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) \
         INSERT INTO team_players SELECT 'player_' || printf('%026d', i), '{}', NULL, 'n', 'n', \
         json_object('user_id', NULL, 'name', 'n', 'builds', json('[]'), 'availability', \
         json('[]'), 'notes', '', 'created_at', '2026-11-22T00:00:00.000Z'), 1 FROM n",
        guild.team
    ));
    guild.add(&json!({ "name": "The last" }));
    let body = json!({ "name": "One more" });
    let call = || app.post(&guild.path, &body).token(&officer.token);
    call().send().expect_problem(409, "too_many_players");
    let import = format!("{}/import", guild.path);
    let body = json!({ "players": [{ "name": "One more" }] });
    let call = |query: &str| {
        let call = app.post(&format!("{import}{query}"), &body);
        call.token(&officer.token).send()
    };
    call("").expect_problem(409, "too_many_players");
    let done = call("?mode=replace").expect(200).json();
    assert_eq!(done, json!({ "added": 1, "updated": 0, "removed": 10_000 }));
}

#[test]
fn who_leaves_stays_as_only_a_name() {
    let guild = guild();
    let (app, member) = (&guild.app, &guild.member);
    let body = json!({ "name": "Me", "user_id": member.id, "notes": "\u{1f3f4}" });
    let mine = guild.one(&guild.add(&body));
    let other = team(app, &[(member, "member")]);
    let elsewhere = player(app, &other, member, &body);
    let team_id = TeamId::parse(&guild.team).expect("a team");
    let user = UserId::parse(&member.id).expect("a user");
    let leave = store::detach_member(&team_id, &user);
    block_on(app.test.database.batch(vec![leave])).expect("written");
    let read = app
        .get(&mine)
        .token(&guild.officer.token)
        .send()
        .expect(200);
    assert_eq!(read.etag(), "\"2\"");
    let read = read.json();
    assert_eq!(
        (&read["user_id"], &read["name"]),
        (&Value::Null, &json!("Me"))
    );
    assert_eq!(read["notes"], "\u{1f3f4}");
    assert_eq!(guild.names(&format!("user_id={}", member.id)), [""; 0]);
    let path = format!("{}/{}", players_of(&other), text(&elsewhere["id"]));
    let kept = app
        .get(&path)
        .token(&member.token)
        .send()
        .expect(200)
        .json();
    assert_eq!(kept["user_id"], json!(member.id));
}
