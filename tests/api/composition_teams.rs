//! Compositions of teams while the teams change: members who have left, or leave between a read and a
//! write, and deleted teams. Users who are not in a team can neither read nor change its compositions.
//! `compositions` has permissions in a team that does not change.

use testing::prelude::*;

struct Scene {
    app: TestApp,
    leader: Player,
    officer: Player,
    team: String,
    /// Of the officer's, for the team.
    plan: Value,
}

impl Scene {
    fn new() -> Self {
        let (app, [leader, officer]) = TestApp::with_players(["leader", "officer"]);
        let team = app.team(&[(&leader, "leader"), (&officer, "officer")]);
        let plan = app.composition(&officer, &json!({ "team_id": team, "name": "Before" }));
        Self {
            app,
            leader,
            officer,
            team,
            plan,
        }
    }

    fn rename(&self, tag: &str, name: &str) {
        let call = self.app.call("PATCH", &path_of(&self.plan));
        let call = call.json(&json!({ "name": name }));
        call.if_match(tag).by(&self.leader).expect(200);
    }
}

#[test]
fn whoever_has_left_is_told_nothing_more() {
    let scene = Scene::new();
    let Scene { app, officer, .. } = &scene;
    app.endpoint(officer, "https://officer.guild.gg/h");
    // While they are there, they are told what others do to what they have made.
    scene.rename("\"1\"", "Seen");
    let told = app.deliver();
    assert_eq!(told.len(), 1);
    assert!(
        told[0]
            .body
            .as_ref()
            .is_some_and(|body| body.as_str().contains("Seen"))
    );
    let dashboard = || app.get_as(officer, DASHBOARD).ok();
    let shown = dashboard();
    assert_eq!(shown["counts"]["compositions"], 1);
    assert!(shown["activity"].to_string().contains("Seen"));

    let path = member_path(&scene.team, officer);
    app.delete_as(officer, &path).expect(200);
    app.deliver();
    scene.rename("\"2\"", "Hidden");
    assert_eq!(app.deliver().len(), 0, "of a change");
    let shown = dashboard();
    assert_eq!(shown["counts"]["compositions"], 0);
    assert!(!shown["activity"].to_string().contains("Hidden"));
    let path = path_of(&scene.plan);
    app.get_as(officer, &path).expect(404);
    app.delete_as(&scene.leader, &path).expect(204);
    assert_eq!(app.deliver().len(), 0, "of a deletion");
}

#[test]
fn whoever_leaves_between_a_look_and_a_write_changes_nothing() {
    let scene = Scene::new();
    let (app, officer) = (&scene.app, &scene.officer);
    let (team, id) = (&scene.team, &officer.id);
    let leaves = format!("DELETE FROM team_members WHERE user_id = '{id}'");
    let is_demoted = format!("UPDATE team_members SET role = 'member' WHERE user_id = '{id}'");
    let team_goes = format!("DELETE FROM teams WHERE id = '{team}'");
    let path = path_of(&scene.plan);
    let body = composition_body(&json!({ "team_id": team, "name": "Late" }));
    let copies = format!("{path}/copy");
    let restores = format!("{path}/versions/1/restore");
    let links = format!("{path}/share-links");
    let link = app.share_link(officer, &scene.plan);
    let link = format!("{links}/{}", text(&link["id"]));
    let nothing = &Value::Null;
    let change = "UPDATE compositions";
    let makes = "INSERT INTO compositions";
    let shares = "INSERT INTO share_links";
    let withdraws = "DELETE FROM share_links";
    let deletes = "DELETE FROM compositions";
    let rows: [(&str, &str, &Value, &'static str, &String, u16); 14] = [
        ("POST", &links, nothing, shares, &leaves, 404),
        ("POST", &links, nothing, shares, &is_demoted, 403),
        ("DELETE", &link, nothing, withdraws, &leaves, 404),
        ("DELETE", &link, nothing, withdraws, &is_demoted, 403),
        ("PUT", &path, &body, change, &leaves, 412),
        ("PUT", &path, &body, change, &is_demoted, 412),
        ("PATCH", &path, &body, change, &leaves, 412),
        ("POST", &restores, nothing, change, &leaves, 412),
        ("DELETE", &path, nothing, deletes, &leaves, 412),
        ("DELETE", &path, nothing, deletes, &is_demoted, 412),
        ("POST", COMPOSITIONS, &body, makes, &leaves, 503),
        ("POST", COMPOSITIONS, &body, makes, &is_demoted, 503),
        ("POST", &copies, &body, makes, &leaves, 503),
        ("POST", COMPOSITIONS, &body, makes, &team_goes, 503),
    ];
    for (method, path, body, before, sql, status) in rows {
        app.add_member(team, officer, "officer");
        let state = "SELECT id, version FROM compositions UNION ALL SELECT id, 0 FROM share_links";
        let before_it = app.execute(state);
        let late = app.racing(before, sql.as_str());
        let mut body = body.clone();
        if path == copies {
            body.as_object_mut().expect("members").remove("mode");
        }
        // A link has no tag.
        let tag = if path == link { "*" } else { "\"1\"" };
        let call = late.call(method, path).by(officer).if_match(tag);
        let call = if body.is_null() {
            call
        } else {
            call.json(&body)
        };
        assert_eq!(call.status(), status, "{method} {path} when: {sql}");
        if sql != &team_goes {
            let now = app.execute(state);
            let expected = format!("{before_it:?}");
            assert_eq!(format!("{now:?}"), expected, "{method} {path}: {sql}");
        }
    }
    assert_eq!(app.rows("compositions"), 0);
}
