//! Builds shared with a team that their owner has left, and the counts of what is removed with a member.
//! The owner gets the builds back, and the team's compositions keep their slots. `builds_access` has
//! visibility.

use testing::departures::Scene;
use testing::prelude::*;
use testing::webhooks::make;

#[test]
fn builds_leave_the_team_with_their_owner_who_can_edit_them_again() {
    for end in ["removed", "left"] {
        let scene = Scene::new();
        let (app, leader, member, team) = (&scene.app, &scene.leader, &scene.member, &scene.team);
        let share = |visibility: &str| {
            let body = json!({ "visibility": visibility, "team_id": team, "name": format!("Build {visibility}") });
            app.build(member, &body)
        };
        let [hidden, open] = ["team", "public"].map(share);
        let slots = json!([{ "slots": [
            { "player": "Anna", "build_id": hidden["id"] },
            { "player": "Bert", "build_id": open["id"] },
        ] }]);
        let plan = json!({ "team_id": team, "name": "Friday", "subgroups": slots });
        let plan = app.composition(leader, &plan);
        let page = scene.share(&plan, &leader.token);
        let html = || app.get(&page).send().expect(200).text();
        let shown = html();
        assert!(shown.contains("Build team") && shown.contains("Build public"));
        let by = if end == "left" { member } else { leader };
        let went = scene.remove(by, member, "").ok();
        assert_eq!(went["builds"], 2);

        // It is their own again, and edited as any other.
        let read = scene.read(member, &build_path(&hidden));
        assert_has!(read, { "visibility": "private", "team_id": null });
        let change = json!({ "name": "Changed later" });
        let with_name = shown.matches("Build public").count();
        for build in [&hidden, &open] {
            app.patch_as(member, &build_path(build), &change).ok();
        }
        let read = scene.read(member, &build_path(&open));
        assert_has!(read, { "visibility": "public", "team_id": null });
        // The team has neither, and its page shows what is public, as it would of anyone's.
        let path = format!("/api/v1/builds?team_id={team}");
        assert_eq!(scene.read(leader, &path)["data"], json!([]));
        app.get_as(leader, &build_path(&hidden)).expect(404);
        let shown = html();
        assert!(!shown.contains("Build team"), "{end}");
        assert_eq!(shown.matches("Changed later").count(), with_name, "{end}");
        // The plan keeps the place with what is played there.
        let kept = scene.read(leader, &path_of(&plan));
        let place = &kept["subgroups"][0]["slots"][0];
        assert_has!(place, { "player": "Anna", "profession": "Guardian", "specialization": 62 });
    }
}

#[test]
fn a_removal_says_what_goes_with_it() {
    let scene = Scene::new();
    let (app, leader, officer, team) = (&scene.app, &scene.leader, &scene.officer, &scene.team);
    make(app, officer, &json!({ "team_id": team }));
    for _ in 0..2 {
        scene.share(&scene.plan, &officer.token);
    }
    for _ in 0..3 {
        scene.code(&officer.token, &json!({}));
    }
    for _ in 0..4 {
        app.build(officer, &json!({ "visibility": "team", "team_id": team }));
    }
    // Of others, and of another team: they stay.
    scene.share(&scene.plan, &leader.token);
    scene.code(&leader.token, &json!({}));
    app.build(officer, &json!({}));
    let entry = json!({ "name": "Bert", "user_id": officer.id });
    let players = scene.at("/players");
    app.post_as(leader, &players, &entry).expect(201);
    // One more comes in between: it is counted.
    let sql = format!(
        "INSERT INTO team_invitations SELECT 'invitation_x', team_id, x'00', role, created_by, \
         max_uses, 0, created_at, expires_at, NULL FROM team_invitations \
         WHERE created_by = '{}' LIMIT 1",
        officer.id
    );
    let path = member_path(team, officer);
    let went = app
        .racing("DELETE FROM team_members", sql)
        .delete_as(leader, &path);
    let expected = json!({ "webhooks": 1, "share_links": 2, "invitations": 4, "builds": 4,
        "players": 1, "banned": false });
    assert_eq!(went.ok(), expected);
    let left = ["team_invitations", "share_links"].map(|table| app.rows(table));
    assert_eq!(left, [1, 1]);
}

#[test]
fn a_build_that_is_shared_in_the_moment_of_its_owners_removal_is_not_the_teams() {
    let scene = Scene::new();
    let (app, member) = (&scene.app, &scene.member);
    let shared = json!({ "visibility": "team", "team_id": scene.team });
    let path = build_path(&app.build(member, &shared));
    let out = format!("DELETE FROM team_members WHERE user_id = '{}'", member.id);
    let late = app.racing("UPDATE builds", out);
    let answer = late.patch_as(member, &path, &json!({ "name": "Later" }));
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    let later = "SELECT count(*) FROM builds WHERE document ->> '$.name' = 'Later'";
    assert_eq!(app.count(later), 0);
}
