//! Who sees a roster and who changes what in it, also concurrently. Outsiders learn nothing, and members
//! change only their own entry. `attacks_authorization` has each route with each caller.

use testing::guild::{guild, player, players_of, racing};
use testing::prelude::*;

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
                let answer = call.by(player).json(&body).send();
                answer.expect_problem(404, "not_found").without_request_id()
            };
            assert_eq!(call(&guild.path), call(&nowhere), "{method} {target}");
        }
    }
    // An id of another team's roster is none of this one's.
    let other = app.team(&[(&guild.stranger, "leader")]);
    let elsewhere = one.replace(&guild.team, &other);
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let call = app.call(method, &elsewhere).by(&guild.stranger);
        call.json(&body).send().expect_problem(404, "not_found");
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
    refused(
        "POST",
        &format!("{}/import", guild.path),
        json!({ "players": [] }),
    );
    let call = |method: &str| app.call(method, &mine).by(member);
    call("PUT").json(&own).send().expect(200);
    call("PATCH")
        .json(&json!({ "notes": "x" }))
        .send()
        .expect(200);
    app.get_as(member, &format!("{}/export", guild.path))
        .expect(200);
    call("DELETE").send().expect(204);
    assert_eq!(guild.names(""), ["Anna", "O"]);
    // Leaders write every entry.
    let call = app.call("DELETE", &theirs).by(&guild.leader);
    call.send().expect(204);
}

#[test]
fn each_member_has_one_entry() {
    let guild = guild();
    let (app, officer) = (&guild.app, &guild.officer);
    let body = json!({ "name": "Me", "user_id": guild.member.id });
    let first = guild.add(&body);
    let again = || app.post(&guild.path, &body).by(officer);
    again().send().expect_problem(409, "member_has_player");
    let other = guild.one(&guild.add(&json!({ "name": "Anna" })));
    let call = app.call("PATCH", &other).by(officer);
    let call = call.json(&json!({ "user_id": guild.member.id }));
    call.send().expect_problem(409, "member_has_player");
    // Its own does not stand in its way.
    let call = app.call("PUT", &guild.one(&first)).by(officer);
    call.json(&body).send().expect(200);
    // Two at once: the database decides.
    let call = app.call("DELETE", &guild.one(&first));
    call.by(officer).send().expect(204);
    let sql = format!(
        "UPDATE team_players SET user_id = '{}' WHERE name = 'Anna'",
        guild.member.id
    );
    let racing = racing(app, "INSERT INTO team_players", sql);
    let call = racing.post(&guild.path, &body).by(officer);
    call.send().expect_problem(409, "member_has_player");
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
    let call = isolate.post(&guild.path, &body).by(officer);
    call.send().expect_problem(409, "roster_changed");
    // Someone else changes the same entry.
    for method in ["PUT", "DELETE"] {
        let sql = "UPDATE team_players SET version = version + 1".to_owned();
        let before = if method == "PUT" {
            "UPDATE team_players"
        } else {
            "DELETE FROM team_players"
        };
        let answer = racing(app, before, sql).as_player(
            officer,
            method,
            &guild.one(&anna),
            &json!({ "name": "Bert" }),
        );
        answer.expect_problem(412, "precondition_failed");
    }
    // Who writes leaves the team.
    let isolate = racing(app, "INSERT INTO team_players", removal(&officer.id));
    let body = json!({ "name": "Bert" });
    let call = isolate.post(&guild.path, &body).by(officer);
    call.send().expect_problem(409, "roster_changed");
    let names = "SELECT count(*) FROM team_players WHERE name <> 'Anna'";
    assert_eq!(app.count(names), 0);
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
    let (adds, changes) = ("INSERT INTO team_players", "UPDATE team_players");
    let goes = "DELETE FROM team_players";
    let role = |role: &str| {
        let id = &officer.id;
        format!("UPDATE team_members SET role = '{role}' WHERE user_id = '{id}'")
    };
    let rows: [(&str, &str, &Value, &'static str, u16); 7] = [
        ("POST", &guild.path, &body, adds, 409),
        ("PUT", &entry, &body, changes, 412),
        // To make another one's entry one's own takes the role too.
        ("PUT", &entry, &own, changes, 412),
        ("DELETE", &entry, &Value::Null, goes, 412),
        ("POST", &import, &file, adds, 409),
        ("POST", &replace, &file, adds, 409),
        ("POST", &replace, &none, goes, 409),
    ];
    let before = guild.rows();
    for (method, path, body, moment, status) in rows {
        app.test.database.execute(&role("officer"));
        let answer = racing(app, moment, role("member")).as_player(officer, method, path, body);
        assert_eq!(answer.status, status, "{method} {path} {body}");
        assert_eq!(guild.rows(), before, "{method} {path} {body}");
    }
    // One's own entry stays one's own to change.
    app.test.database.execute(&role("officer"));
    let mine = guild.one(&guild.add(&own));
    let isolate = racing(app, changes, role("member"));
    isolate.as_player(officer, "PUT", &mine, &own).expect(200);
}

#[test]
fn a_build_must_be_one_that_the_caller_may_see() {
    let guild = guild();
    let (app, officer, stranger) = (&guild.app, &guild.officer, &guild.stranger);
    let other_team = app.team(&[(officer, "leader")]);
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
        let call = app.call("PUT", &guild.one(&entry)).by(officer);
        call.json(body).send()
    };
    for (index, (id, is_allowed)) in rows.iter().enumerate() {
        let answers = [app.post_as(officer, &guild.path, &body(id)), put(&body(id))];
        for (answer, status) in answers.into_iter().zip([201, 200]) {
            if *is_allowed {
                answer.expect(status);
            } else {
                let mistakes = answer.invalid();
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
    let call = app.call("PATCH", &guild.one(&entry)).by(officer);
    call.json(&json!({ "notes": "x" })).send().expect(200);
    put(&json!({ "name": "Anna" })).expect(200);
    put(&body(shared)).expect_problem(422, "invalid_input");
}

#[test]
fn entries_go_out_and_go_away_with_their_account() {
    let guild = guild();
    let (app, member) = (&guild.app, &guild.member);
    let other = app.team(&[(member, "leader")]);
    let entry = json!({ "name": "Me", "user_id": member.id });
    let first = player(app, &guild.team, member, &entry);
    guild.add(&json!({ "name": "Anna" }));
    let second = player(app, &other, member, &entry);
    let export = app.get("/api/v1/users/me/export").by(member).send().ok();
    assert_eq!(export["players"], json!([first, second]));
    let call = app.call("DELETE", "/api/v1/users/me").by(member);
    let call = call.json(&json!({ "password": PASSWORD }));
    call.send().expect(204);
    let left = "SELECT count(*) FROM team_players";
    assert_eq!(app.count(left), 1);
    assert_eq!(app.count(&format!("{left} WHERE name = 'Anna'")), 1);
}
