//! Invitations and bans: whom a code admits, and whom it no longer admits. A code works only while its
//! creator may invite, also in a race. `team_departures` has codes that end with an API key,
//! `team_invitations` the rest.

use testing::departures::{Scene, many};
use testing::prelude::*;

#[track_caller]
fn refuses(app: &TestApp, player: &Player, code: &str) {
    let answer = app.accept(player, code);
    answer.expect_problem(403, "invitation_refused");
}

#[test]
fn whoever_was_removed_comes_back_only_by_an_invitation_from_afterwards() {
    let scene = Scene::new();
    let (app, leader, member) = (&scene.app, &scene.leader, &scene.member);
    let before = scene.code(&leader.token, &many());
    scene.remove(leader, member, "").expect(200);
    for _ in 0..2 {
        refuses(app, member, &before);
    }
    // For others it is as good as before, and shows what it did.
    app.get(&format!("/i/{before}")).send().expect(200);
    app.accept(&app.player("guest"), &before).expect(200);
    // At the very same moment of the clock, but afterwards.
    let after = scene.code(&leader.token, &many());
    app.accept(member, &after).expect(200);
    // Whoever leaves by themselves may use any that is open to them.
    scene.remove(member, member, "").expect(200);
    refuses(app, member, &before);
    app.accept(member, &after).expect(200);
}

#[test]
fn whoever_is_demoted_does_not_come_back_as_what_they_were() {
    let scene = Scene::new();
    let (app, leader, officer) = (&scene.app, &scene.leader, &scene.officer);
    let officers = json!({ "role": "officer", "max_uses": 100 });
    let as_officer = scene.code(&leader.token, &officers);
    let as_member = scene.code(&leader.token, &many());
    scene.role(officer, "member");
    scene.remove(officer, officer, "").expect(200);
    refuses(app, officer, &as_officer);
    app.accept(officer, &as_member).expect(200);
    assert_eq!(app.role_of(&scene.team, officer).as_deref(), Some("member"));
}

#[test]
fn a_code_lets_nobody_in_while_its_maker_may_not_invite() {
    let scene = Scene::new();
    let (app, officer) = (&scene.app, &scene.officer);
    let code = scene.code(&officer.token, &many());
    let guest = app.player("guest");
    for (end, back) in [
        (sql::disabled(officer, true), sql::disabled(officer, false)),
        (sql::role(officer, "member"), sql::role(officer, "officer")),
    ] {
        app.execute(&end);
        app.accept(&guest, &code).expect_problem(404, "not_found");
        app.get(&format!("/i/{code}")).send().expect(404);
        let invitation = scene.list("/invitations").remove(0);
        assert_eq!(invitation["state"], "suspended", "{end}");
        assert_eq!(invitation["made_by"]["id"], json!(officer.id));
        app.execute(&back);
    }
    // Between the look and the write, too.
    let (team, id) = (&scene.team, &guest.id);
    let excludes = "INSERT INTO team_invitation_exclusions SELECT id,";
    for (end, status) in [
        (sql::disabled(officer, true), 404),
        (sql::leaves(officer), 404),
        (sql::bans(team, &guest), 403),
        (format!("{excludes} '{id}' FROM team_invitations"), 403),
    ] {
        let body = json!({ "code": code });
        let call = ("POST", "/api/v1/invitations/accept", &body);
        app.clear("team_bans");
        app.execute(sql::joins(officer, team, "officer"));
        let found = app.raced("UPDATE team_invitations", end, &guest, call);
        assert_eq!(found, status);
        scene.disable(officer, false);
        assert_eq!(app.role_of(team, &guest), None);
    }
}

#[test]
fn nobody_who_is_banned_comes_in_until_the_ban_is_lifted() {
    let scene = Scene::new();
    let (app, leader, officer, member) = (&scene.app, &scene.leader, &scene.officer, &scene.member);
    let before = scene.code(&leader.token, &many());
    let by_officer = scene.remove(officer, member, "?ban=true");
    by_officer.expect_problem(403, "insufficient_team_role");
    let answer = scene.remove(leader, member, "?ban=true").ok();
    assert_eq!(answer["banned"], true);
    let after = scene.code(&leader.token, &many());
    for code in [&before, &after] {
        refuses(app, member, code);
    }
    // Someone who has left by themselves, just before.
    scene.remove(officer, officer, "").expect(200);
    let answer = scene.remove(leader, officer, "?ban=true").ok();
    let nothing = json!({ "webhooks": 0, "share_links": 0, "invitations": 0, "builds": 0,
        "players": 0, "banned": true });
    assert_eq!(answer, nothing);
    refuses(app, officer, &after);
    let names = scene.list("/bans");
    assert_eq!(names.len(), 2);
    let of = |player: &Player| names.iter().find(|it| it["user_id"] == json!(player.id));
    assert_eq!(of(member).expect("a ban")["display_name"], "Player");
    assert_eq!(of(officer).expect("a ban")["display_name"], Value::Null);

    let ban = scene.at(&format!("/bans/{}", member.id));
    app.delete_as(leader, &ban).expect(204);
    app.delete_as(leader, &ban).expect_problem(404, "not_found");
    refuses(app, member, &before);
    app.accept(member, &after).expect(200);
    // Nobody bans themselves, someone who is not there, or says neither yes nor no.
    let own = scene.remove(leader, leader, "?ban=true");
    own.expect_mistakes("?ban own_account");
    let path = scene.at("/members/user_00000000000000000000000001?ban=true");
    app.delete_as(leader, &path).expect(404);
    scene.remove(leader, member, "?ban=1").expect(422);
    scene.remove(leader, officer, "").expect(404);
}

#[test]
fn a_ban_is_a_leaders_also_at_the_moment_that_it_is_written() {
    let scene = Scene::new();
    let (app, leader, member, officer) = (&scene.app, &scene.leader, &scene.member, &scene.officer);
    let path = format!("{}?ban=true", member_path(&scene.team, member));
    let demote = format!(
        "UPDATE team_members SET role = iif(user_id = '{}', 'member', 'leader') \
         WHERE user_id IN ('{}', '{}')",
        leader.id, leader.id, officer.id
    );
    let call = ("DELETE", path.as_str(), &Value::Null);
    let status = app.raced("INSERT INTO team_bans", demote, leader, call);
    assert_eq!(status, 403);
    assert_eq!(app.rows("team_bans"), 0);
    assert!(app.role_of(&scene.team, member).is_some());
    // Someone who has left and is back by now is taken out again.
    scene.remove(member, member, "").expect(200);
    let back = sql::joins(member, &scene.team, "member");
    assert_eq!(app.raced("INSERT INTO team_bans", back, officer, call), 200);
    assert_eq!(app.rows("team_bans"), 1);
    assert_eq!(app.role_of(&scene.team, member), None);
}

#[test]
fn a_team_bans_a_thousand_people_at_most() {
    let scene = Scene::new();
    let (app, leader, member) = (&scene.app, &scene.leader, &scene.member);
    app.execute(format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         INSERT INTO team_bans SELECT '{}', 'user_' || printf('%026d', i), NULL, 1 FROM n",
        scene.team
    ));
    let more = scene.remove(leader, member, "?ban=true");
    more.expect_problem(409, "too_many_bans");
    assert!(app.role_of(&scene.team, member).is_some());
    scene.remove(leader, member, "").expect(200);
}
