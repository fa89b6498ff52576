//! Compositions of teams while the teams change: who has left, who leaves between a look and a write,
//! teams that go.
//! Promises that whoever is not in a team learns and changes nothing of its plans, whichever way.
//! Leaves who may do what in a team that stays as it is to `compositions`.

use serde_json::{Value, json};
use wvw_builder::http::request::Header;

use crate::compositions::path_of;
use crate::support::teams::member_path;
use crate::support::{Player, TestApp};

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
        let app = TestApp::new();
        let [leader, officer] = ["leader", "officer"].map(|name| app.player(name));
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
        let call = call.header(Header::IfMatch, tag).token(&self.leader.token);
        call.send().expect(200);
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
            .expect("a body")
            .as_str()
            .contains("Seen")
    );
    let dashboard = || {
        let call = app.get("/api/v1/users/me/dashboard").token(&officer.token);
        call.send().expect(200).json()
    };
    let shown = dashboard();
    assert_eq!(shown["counts"]["compositions"], 1);
    assert!(shown["activity"].to_string().contains("Seen"));

    let path = member_path(&scene.team, officer);
    app.as_player(officer, "DELETE", &path, &Value::Null)
        .expect(204);
    app.deliver();
    scene.rename("\"2\"", "Hidden");
    assert_eq!(app.deliver().len(), 0, "of a change");
    let shown = dashboard();
    assert_eq!(shown["counts"]["compositions"], 0);
    assert!(!shown["activity"].to_string().contains("Hidden"));
    let read = app.get(&path_of(&scene.plan)).token(&officer.token);
    read.send().expect(404);
    let path = path_of(&scene.plan);
    app.as_player(&scene.leader, "DELETE", &path, &Value::Null)
        .expect(204);
    assert_eq!(app.deliver().len(), 0, "of a deletion");
}
