//! Events of builds, compositions and members: type, data and receivers. An event is written in the batch
//! of the change, and no receiver is told more than it may see. `teams` has events of teams.

use testing::prelude::*;

struct Scene {
    app: TestApp,
    leader: Player,
    member: Player,
    team: String,
}

/// What was told: the receiver's name, the type, the data.
type Told = (String, String, Value);

impl Scene {
    fn new() -> Self {
        let (app, [leader, member]) = TestApp::with_players(["leader", "member"]);
        let team = app.team(&[(&leader, "leader"), (&member, "member")]);
        app.endpoint(&member, &url("own"));
        app.team_endpoint(&leader, &url("team"), &team);
        Self {
            app,
            leader,
            member,
            team,
        }
    }

    /// An endpoint of the leader's for a team.
    fn endpoint(&self, team: &str, name: &str) -> Endpoint {
        self.app.team_endpoint(&self.leader, &url(name), team)
    }

    fn told(&self) -> Vec<Told> {
        let read = |request: &HttpRequest| {
            let event = event_of(request);
            let host = request.url.trim_start_matches("https://");
            let name = host.split('.').next().expect("a name");
            (name.to_owned(), text(&event["type"]), event["data"].clone())
        };
        let mut told: Vec<Told> = self.app.deliver().iter().map(read).collect();
        told.sort_by_key(|(name, kind, data)| (name.clone(), kind.clone(), data.to_string()));
        told
    }

    /// The member changes a build of theirs.
    fn patch(&self, path: &str, body: &Value) -> Answer {
        self.app.patch_as(&self.member, path, body)
    }
}

fn url(name: &str) -> String {
    format!("https://{name}.guild.gg/h")
}

fn told(name: &str, kind: &str, data: &Value) -> Told {
    (name.to_owned(), kind.to_owned(), data.clone())
}

#[test]
fn a_team_that_a_build_is_taken_from_learns_that_it_is_gone_and_nothing_else() {
    let scene = Scene::new();
    let share = json!({ "visibility": "team", "team_id": scene.team });
    let build = scene.app.build(&scene.member, &share);
    let created = ["own", "team"].map(|name| told(name, "build.created", &build));
    assert_eq!(scene.told(), created);
    let gone = told("team", "build.deleted", &json!({ "id": build["id"] }));
    let path = build_path(&build);
    let private = json!({ "visibility": "private", "team_id": null, "notes": "my own thoughts" });
    let own = told("own", "build.updated", &scene.patch(&path, &private).ok());
    assert_eq!(scene.told(), [own, gone]);
    // What follows is the owner's alone.
    let answer = scene.patch(&path, &json!({ "notes": "more" })).ok();
    assert_eq!(scene.told(), [told("own", "build.updated", &answer)]);
}

#[test]
fn a_build_that_moves_from_team_to_team_is_gone_for_one_and_news_for_the_other() {
    let scene = Scene::new();
    let members = [(&scene.leader, "leader"), (&scene.member, "member")];
    let other = scene.app.team(&members);
    scene.endpoint(&other, "other");
    let share = json!({ "visibility": "team", "team_id": scene.team });
    let build = scene.app.build(&scene.member, &share);
    scene.told();
    let moved = json!({ "team_id": other });
    let answer = scene.patch(&build_path(&build), &moved).ok();
    let [other, own] = ["other", "own"].map(|name| told(name, "build.updated", &answer));
    let gone = told("team", "build.deleted", &json!({ "id": build["id"] }));
    assert_eq!(scene.told(), [other, own, gone]);
}

#[test]
fn compositions_are_told_with_type_and_data() {
    let scene = Scene::new();
    let Scene { app, leader, .. } = &scene;
    app.endpoint(leader, &url("leader"));
    let body = json!({ "team_id": scene.team, "notes": "Stack on tag." });
    let made = app.composition(leader, &body);
    let both = |kind: &str, data: &Value| [told("leader", kind, data), told("team", kind, data)];
    assert_eq!(scene.told(), both("composition.created", &made));
    let path = path_of(&made);
    let rename = |tag: &str| {
        let call = app.call("PATCH", &path).json(&json!({ "name": "Renamed" }));
        call.if_match(tag).by(leader).send()
    };
    rename("\"7\"").expect(412);
    assert_eq!(scene.told(), []);
    let changed = rename("\"1\"").ok();
    assert_eq!(changed["name"], "Renamed");
    assert_eq!(scene.told(), both("composition.updated", &changed));
    app.delete_as(leader, &path).expect(204);
    let gone = json!({ "id": made["id"] });
    assert_eq!(scene.told(), both("composition.deleted", &gone));
    // One without a team is its owner's alone.
    let own = app.composition(leader, &json!({}));
    assert_eq!(scene.told(), [told("leader", "composition.created", &own)]);
}

#[test]
fn what_is_told_of_a_composition_is_written_in_the_batch_of_its_change() {
    let scene = Scene::new();
    let Scene { app, leader, .. } = &scene;
    let made = app.composition(leader, &json!({ "team_id": scene.team }));
    let changed = json!({ "name": "Renamed" });
    let events = || app.rows("webhook_events");
    assert_eq!(events(), 1);
    // Someone else changes it between the look and the write: neither is written.
    let path = path_of(&made);
    for (before, method, body) in [
        ("UPDATE compositions", "PATCH", &changed),
        ("DELETE FROM compositions", "DELETE", &Value::Null),
    ] {
        let tag = app.get_as(leader, &path).etag();
        let bump = "UPDATE compositions SET version = version + 1".to_owned();
        let (isolate, raced) = app.racing_isolate(before, Some(bump));
        let call = isolate.call(method, &path).by(leader).if_match(&tag);
        assert_eq!(call.json_or_none(body).send().status, 412, "{method}");
        assert!(raced.borrow().is_none(), "{method}: it came in between");
        assert_eq!(events(), 1, "{method}");
    }
}

#[test]
fn a_new_role_is_told_and_a_hand_over_twice() {
    let scene = Scene::new();
    let (app, leader, member, team) = (&scene.app, &scene.leader, &scene.member, &scene.team);
    let role = |player: &Player, role: &str| {
        let data = json!({ "team_id": team, "user_id": player.id, "role": role });
        told("team", "team.member_updated", &data)
    };
    let path = member_path(team, member);
    let promote = |to: &str| app.patch_as(leader, &path, &json!({ "role": to }));
    promote("officer").expect(200);
    assert_eq!(scene.told(), [role(member, "officer")]);
    promote("officer").expect(200);
    assert_eq!(scene.told(), [], "nothing has changed");
    let body = json!({ "user_id": member.id });
    let path = format!("{TEAMS}/{team}/hand-over");
    app.post_as(leader, &path, &body).expect(204);
    let mut expected = [role(member, "leader"), role(leader, "officer")];
    expected.sort_by_key(|(_, _, data)| data.to_string());
    assert_eq!(scene.told(), expected);
}
