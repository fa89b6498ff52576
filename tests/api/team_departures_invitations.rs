//! Invitations and bans: whom a code admits, and whom it no longer admits. A code works only while its
//! creator may invite, also in a race. `team_departures` has codes that end with an API key,
//! `team_invitations` the rest.

use testing::departures::{Scene, many};
use testing::prelude::*;

#[test]
fn whoever_was_removed_comes_back_only_by_an_invitation_from_afterwards() {
    let scene = Scene::new();
    let (app, leader, member) = (&scene.app, &scene.leader, &scene.member);
    let before = scene.code(&leader.token, &many());
    scene.remove(leader, member, "").expect(200);
    for _ in 0..2 {
        app.accept(member, &before)
            .expect_problem(403, "invitation_refused");
    }
    // For others it is as good as before, and shows what it did.
    app.get(&format!("/i/{before}")).send().expect(200);
    app.accept(&app.player("guest"), &before).expect(200);
    // At the very same moment of the clock, but afterwards.
    let after = scene.code(&leader.token, &many());
    app.accept(member, &after).expect(200);
    // Whoever leaves by themselves may use any that is open to them.
    scene.remove(member, member, "").expect(200);
    app.accept(member, &before)
        .expect_problem(403, "invitation_refused");
    app.accept(member, &after).expect(200);
}

#[test]
fn whoever_is_demoted_does_not_come_back_as_what_they_were() {
    let scene = Scene::new();
    let (app, leader, officer) = (&scene.app, &scene.leader, &scene.officer);
    let as_officer = scene.code(
        &leader.token,
        &json!({ "role": "officer", "max_uses": 100 }),
    );
    let as_member = scene.code(&leader.token, &many());
    scene.role(officer, "member");
    scene.remove(officer, officer, "").expect(200);
    app.accept(officer, &as_officer)
        .expect_problem(403, "invitation_refused");
    app.accept(officer, &as_member).expect(200);
    assert_eq!(app.role_of(&scene.team, officer).as_deref(), Some("member"));
}

#[test]
fn a_code_lets_nobody_in_while_its_maker_may_not_invite() {
    let scene = Scene::new();
    let (app, leader, officer) = (&scene.app, &scene.leader, &scene.officer);
    let code = scene.code(&officer.token, &many());
    let guest = app.player("guest");
    let id = &officer.id;
    for (end, back) in [
        (
            format!("UPDATE users SET disabled_at = 1 WHERE id = '{id}'"),
            format!("UPDATE users SET disabled_at = NULL WHERE id = '{id}'"),
        ),
        (
            format!("UPDATE team_members SET role = 'member' WHERE user_id = '{id}'"),
            format!("UPDATE team_members SET role = 'officer' WHERE user_id = '{id}'"),
        ),
    ] {
        app.execute(&end);
        app.accept(&guest, &code).expect_problem(404, "not_found");
        app.get(&format!("/i/{code}")).send().expect(404);
        let list = scene.read(leader, &scene.at("/invitations"));
        assert_eq!(list["data"][0]["state"], "suspended", "{end}");
        assert_eq!(list["data"][0]["made_by"]["id"], json!(id));
        app.execute(&back);
    }
    // Between the look and the write, too.
    for end in [
        format!("UPDATE users SET disabled_at = 1 WHERE id = '{id}'"),
        format!("DELETE FROM team_members WHERE user_id = '{id}'"),
        format!(
            "INSERT INTO team_bans VALUES ('{}', '{}', NULL, 1)",
            scene.team, guest.id
        ),
        format!(
            "INSERT INTO team_invitation_exclusions SELECT id, '{}' FROM team_invitations",
            guest.id
        ),
    ] {
        let is_refusal = end.contains("INSERT");
        let body = json!({ "code": code });
        let call = ("POST", "/api/v1/invitations/accept", &body);
        app.clear("team_bans");
        app.execute(&format!(
            "INSERT OR IGNORE INTO team_members VALUES ('{}', '{id}', 'officer', 'Player', 1)",
            scene.team
        ));
        let status = app.raced("UPDATE team_invitations", end, &guest, call);
        assert_eq!(status, if is_refusal { 403 } else { 404 });
        scene.disable(officer, false);
        assert_eq!(app.role_of(&scene.team, &guest), None);
    }
}

#[test]
fn nobody_who_is_banned_comes_in_until_the_ban_is_lifted() {
    let scene = Scene::new();
    let (app, leader, officer, member) = (&scene.app, &scene.leader, &scene.officer, &scene.member);
    let before = scene.code(&leader.token, &many());
    scene
        .remove(officer, member, "?ban=true")
        .expect_problem(403, "insufficient_team_role");
    let answer = scene.remove(leader, member, "?ban=true").ok();
    assert_eq!(answer["banned"], true);
    let after = scene.code(&leader.token, &many());
    for code in [&before, &after] {
        app.accept(member, code)
            .expect_problem(403, "invitation_refused");
    }
    // Someone who has left by themselves, just before.
    scene.remove(officer, officer, "").expect(200);
    let answer = scene.remove(leader, officer, "?ban=true").ok();
    let nothing = json!({ "webhooks": 0, "share_links": 0, "invitations": 0, "builds": 0,
        "players": 0, "banned": true });
    assert_eq!(answer, nothing);
    app.accept(officer, &after)
        .expect_problem(403, "invitation_refused");
    let list = scene.read(leader, &scene.at("/bans"))["data"].clone();
    let names: Vec<_> = list.as_array().expect("a list").iter().collect();
    assert_eq!(names.len(), 2);
    let of = |player: &Player| names.iter().find(|it| it["user_id"] == json!(player.id));
    assert_eq!(of(member).expect("a ban")["display_name"], "Player");
    assert_eq!(of(officer).expect("a ban")["display_name"], Value::Null);

    let ban = scene.at(&format!("/bans/{}", member.id));
    app.delete_as(leader, &ban).expect(204);
    app.delete_as(leader, &ban).expect_problem(404, "not_found");
    app.accept(member, &before)
        .expect_problem(403, "invitation_refused");
    app.accept(member, &after).expect(200);
    // Nobody bans themselves, someone who is not there, or says neither yes nor no.
    let own = scene.remove(leader, leader, "?ban=true");
    let mistake = ("?ban".to_owned(), "own_account".to_owned());
    assert_eq!(own.invalid(), [mistake]);
    let path = scene.at("/members/user_00000000000000000000000001?ban=true");
    app.delete_as(leader, &path)
        .expect_problem(404, "not_found");
    scene
        .remove(leader, member, "?ban=1")
        .expect_problem(422, "invalid_input");
    scene
        .remove(leader, officer, "")
        .expect_problem(404, "not_found");
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
    assert_eq!(
        app.raced("INSERT INTO team_bans", demote, leader, call),
        403
    );
    assert_eq!(app.rows("team_bans"), 0);
    assert!(app.role_of(&scene.team, member).is_some());
    // Someone who has left and is back by now is taken out again.
    scene.remove(member, member, "").expect(200);
    let back = format!(
        "INSERT INTO team_members VALUES ('{}', '{}', 'member', 'Player', 1)",
        scene.team, member.id
    );
    assert_eq!(app.raced("INSERT INTO team_bans", back, officer, call), 200);
    assert_eq!(app.rows("team_bans"), 1);
    assert_eq!(app.role_of(&scene.team, member), None);
}

#[test]
fn a_team_bans_a_thousand_people_at_most() {
    let scene = Scene::new();
    let (app, leader, member) = (&scene.app, &scene.leader, &scene.member);
    app.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         INSERT INTO team_bans SELECT '{}', 'user_' || printf('%026d', i), NULL, 1 FROM n",
        scene.team
    ));
    scene
        .remove(leader, member, "?ban=true")
        .expect_problem(409, "too_many_bans");
    assert!(app.role_of(&scene.team, member).is_some());
    scene.remove(leader, member, "").expect(200);
}
