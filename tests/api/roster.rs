//! The roster of a team, from the outside: who sees it, who changes what, and what is refused.
//! Promises that outsiders learn nothing, and that members change only what is theirs.
//! Leaves files to `roster_files`.

use serde_json::{Value, json};
use wvw_builder::http::request::Header;
use wvw_builder::ids::{PlayerId, TeamId};

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
        player(&self.app, &self.team, &self.officer, body)
    }

    fn names(&self, query: &str) -> Vec<String> {
        let call = self.app.get(&format!("{}?{query}", self.path));
        let list = call.token(&self.member.token).send().expect(200).json();
        let data = list["data"].as_array().expect("a list");
        data.iter().map(|player| text(&player["name"])).collect()
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
