//! Who changes what in a roster, also concurrently: members only their own entry. `attacks_authorization` has
//! each route with each caller, `teams` outsiders, `personal_data` exports and deletions of accounts.

use testing::guild::{guild, player};
use testing::prelude::*;

const ADDS: &str = "INSERT INTO team_players";
const CHANGES: &str = "UPDATE team_players";
const GOES: &str = "DELETE FROM team_players";

#[test]
fn an_entry_of_another_teams_roster_is_none_of_this_ones() {
    let guild = guild();
    let (app, stranger) = (&guild.app, &guild.stranger);
    let one = guild.one(&guild.add(&json!({ "name": "Anna" })));
    let elsewhere = one.replace(&guild.team, &app.team(&[(stranger, "leader")]));
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let bert = json!({ "name": "Bert" });
        let answer = app.as_player(stranger, method, &elsewhere, &bert);
        answer.expect_problem(404, "not_found");
    }
    assert_eq!(guild.names(""), ["Anna"]);
}

#[test]
fn members_write_their_own_entry_and_no_other() {
    let guild = guild();
    let (app, member) = (&guild.app, &guild.member);
    let refused = |method: &str, target: &str, body: Value| {
        let call = app.call(method, target).by(member).json(&body);
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
    let import = format!("{}/import", guild.path);
    refused("POST", &import, json!({ "players": [] }));
    app.put_as(member, &mine, &own).expect(200);
    let notes = json!({ "notes": "x" });
    app.patch_as(member, &mine, &notes).expect(200);
    let export = format!("{}/export", guild.path);
    app.get_as(member, &export).expect(200);
    app.delete_as(member, &mine).expect(204);
    assert_eq!(guild.names(""), ["Anna", "O"]);
    // Leaders write every entry.
    app.delete_as(&guild.leader, &theirs).expect(204);
}

#[test]
fn each_member_has_one_entry() {
    let guild = guild();
    let (app, officer) = (&guild.app, &guild.officer);
    let body = json!({ "name": "Me", "user_id": guild.member.id });
    let first = guild.add(&body);
    let again = app.post_as(officer, &guild.path, &body);
    again.expect_problem(409, "member_has_player");
    let other = guild.one(&guild.add(&json!({ "name": "Anna" })));
    let again = app.patch_as(officer, &other, &json!({ "user_id": guild.member.id }));
    again.expect_problem(409, "member_has_player");
    // Its own does not stand in its way.
    app.put_as(officer, &guild.one(&first), &body).expect(200);
    // Two at once: the database decides.
    app.delete_as(officer, &guild.one(&first)).expect(204);
    let sql = format!(
        "UPDATE team_players SET user_id = '{}' WHERE name = 'Anna'",
        guild.member.id
    );
    let call = ("POST", guild.path.as_str(), &body);
    assert_eq!(app.raced(ADDS, sql, officer, call), 409);
}

#[test]
fn what_changes_between_a_look_and_a_write_is_not_written_over() {
    let guild = guild();
    let (app, officer) = (&guild.app, &guild.officer);
    let anna = guild.one(&guild.add(&json!({ "name": "Anna" })));
    let me = json!({ "name": "Me", "user_id": guild.member.id });
    let (bert, path) = (json!({ "name": "Bert" }), &guild.path);
    let (late, stale) = ("roster_changed", "precondition_failed");
    let changed = || "UPDATE team_players SET version = version + 1".to_owned();
    for (method, path, body, before, sql, code) in [
        // Who is added leaves the team.
        ("POST", path, &me, ADDS, sql::leaves(&guild.member), late),
        // Someone else changes the same entry.
        ("PUT", &anna, &bert, CHANGES, changed(), stale),
        ("DELETE", &anna, &bert, GOES, changed(), stale),
        // Who writes leaves the team.
        ("POST", path, &bert, ADDS, sql::leaves(officer), late),
    ] {
        let answer = app
            .racing(before, sql)
            .as_player(officer, method, path, body);
        assert_eq!(answer.json()["code"], code, "{method} {body}");
    }
    assert_eq!(app.rows("team_players WHERE name <> 'Anna'"), 0);
}

#[test]
fn whoever_loses_their_role_between_a_look_and_a_write_changes_nothing_of_the_roster() {
    let guild = guild();
    let (app, officer) = (&guild.app, &guild.officer);
    let entry = guild.one(&guild.add(&json!({ "name": "Anna" })));
    let own = json!({ "name": "Me", "user_id": officer.id });
    let body = json!({ "name": "Bert" });
    let file = json!({ "players": [body] });
    let none = json!({ "players": [] });
    let import = format!("{}/import", guild.path);
    let replace = format!("{import}?mode=replace");
    let role = |role: &str| sql::role(officer, role);
    let rows: [(&str, &str, &Value, &'static str, u16); 7] = [
        ("POST", &guild.path, &body, ADDS, 409),
        ("PUT", &entry, &body, CHANGES, 412),
        // To make another one's entry one's own takes the role too.
        ("PUT", &entry, &own, CHANGES, 412),
        ("DELETE", &entry, &Value::Null, GOES, 412),
        ("POST", &import, &file, ADDS, 409),
        ("POST", &replace, &file, ADDS, 409),
        ("POST", &replace, &none, GOES, 409),
    ];
    let before = guild.rows();
    for (method, path, body, moment, status) in rows {
        app.execute(role("officer"));
        let answer = app
            .racing(moment, role("member"))
            .as_player(officer, method, path, body);
        assert_eq!(answer.status, status, "{method} {path} {body}");
        assert_eq!(guild.rows(), before, "{method} {path} {body}");
    }
    // One's own entry stays one's own to change.
    app.execute(role("officer"));
    let mine = guild.one(&guild.add(&own));
    let isolate = app.racing(CHANGES, role("member"));
    isolate.put_as(officer, &mine, &own).expect(200);
}

#[test]
fn a_build_must_be_one_that_the_caller_may_see() {
    let guild = guild();
    let (app, officer, stranger) = (&guild.app, &guild.officer, &guild.stranger);
    let other_team = app.team(&[(officer, "leader")]);
    let build = |owner: &Player, visibility: &str, team: Option<&str>| {
        let build = text(&app.build(owner, &json!({}))["id"]);
        let team = team.map_or("NULL".to_owned(), |team| format!("'{team}'"));
        app.execute(format!(
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
    let put = |body: &Value| app.put_as(officer, &guild.one(&entry), body);
    for (index, (id, is_allowed)) in rows.iter().enumerate() {
        let answers = [app.post_as(officer, &guild.path, &body(id)), put(&body(id))];
        for answer in answers {
            if *is_allowed {
                assert!(answer.status < 300, "{index}: {}", answer.status);
            } else {
                answer.expect_mistakes("/builds/0/build_id unknown_build");
            }
        }
    }
    // What the entry had may stay, here and nowhere else.
    let (shared, _) = &rows[3];
    let sql = "UPDATE builds SET visibility = 'private', team_id = NULL WHERE visibility = 'team'";
    put(&body(shared)).expect(200);
    app.execute(sql);
    put(&body(shared)).expect(200);
    let notes = json!({ "notes": "x" });
    app.patch_as(officer, &guild.one(&entry), &notes)
        .expect(200);
    put(&json!({ "name": "Anna" })).expect(200);
    put(&body(shared)).expect_problem(422, "invalid_input");
}
