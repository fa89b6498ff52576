//! Deletion of an account whose teams remain: their common compositions stay, without the deleted user.
//! Every column of the database is searched for id, address and name. `personal_data` has what is deleted
//! with an account.

use testing::guild;
use testing::prelude::*;
use wvw_builder::ids::UserId;

use crate::personal_data::{places, stegalkin};

/// Two who plan together, in a team and in one that the first has left.
struct Scene {
    app: TestApp,
    gone: Player,
    stays: Player,
    /// Made by who goes, changed by who stays; and the other way around.
    plans: [Value; 2],
    link: Value,
    left: String,
}

fn slots(player: &Value, name: &str) -> Value {
    json!([{ "name": "Melee", "slots": [
        { "player": "Anna \u{1f409}", "specialization": 62 },
        { "player": name, "player_id": player["id"], "note": "On tag" },
        {},
    ] }, { "slots": [] }])
}

impl Scene {
    fn new() -> Self {
        let app = TestApp::new();
        let gone = stegalkin(&app);
        let stays = app.player("stays");
        let team = app.team(&[(&gone, "officer"), (&stays, "leader")]);
        let left = app.team(&[(&gone, "officer"), (&stays, "leader")]);
        app.execute(format!(
            "UPDATE team_members SET display_name = 'Stegalkin' WHERE user_id = '{}'",
            gone.id
        ));
        let entry = json!({ "name": "Stegalkin", "user_id": gone.id });
        let player = guild::player(&app, &team, &gone, &entry);
        let plan = |by: &Player, other: &Player| {
            let body = json!({ "team_id": team, "subgroups": slots(&player, "Stegalkin") });
            let plan = app.composition(by, &body);
            let change = json!({ "name": "Friday", "subgroups": slots(&player, "Stegalkin!") });
            let call = app.call("PATCH", &path_of(&plan)).json(&change);
            call.if_match("*").by(other).send().expect(200);
            plan
        };
        let plans = [plan(&gone, &stays), plan(&stays, &gone)];
        let link = app.share_link(&gone, &plans[0]);
        app.invite(&gone, &team, &json!({})).expect(201);
        let old = guild::player(&app, &left, &gone, &entry);
        let slots = json!([{ "player": "Stegalkin", "player_id": old["id"] }]);
        let plan = json!({ "team_id": left, "subgroups": [{ "slots": slots }] });
        app.composition(&gone, &plan);
        app.delete_as(&gone, &member_path(&left, &gone)).expect(200);
        Self {
            app,
            gone,
            stays,
            plans,
            link,
            left,
        }
    }

    fn delete(&self) {
        self.app.delete_account(&self.gone).expect(204);
    }

    fn read(&self, path: &str) -> Answer {
        self.app.get_as(&self.stays, path)
    }
}

#[test]
fn what_a_team_planned_stays_whole_and_goes_on() {
    let scene = Scene::new();
    let (app, stays) = (&scene.app, &scene.stays);
    let before = scene.plans.each_ref().map(|plan| {
        let read = scene.read(&path_of(plan)).expect(200);
        (read.etag(), read.json())
    });
    let page = format!("/c/{}", text(&scene.link["slug"]));
    let shown = app.get(&page).send().expect(200);
    assert!(shown.text().contains("Stegalkin"));
    scene.delete();
    let kept = ["team_players", "compositions", "composition_versions"];
    assert_eq!(kept.map(|table| app.rows(table)), [0, 3, 5]);

    let nobodys = ["owner_id", "updated_by"];
    for ((tag, before), (plan, nobodys)) in before.iter().zip(scene.plans.iter().zip(nobodys)) {
        let path = path_of(plan);
        let read = scene.read(&path).expect(200);
        let mut expected = before.clone();
        expected[nobodys] = UserId::NOBODY.into();
        let place = &mut expected["subgroups"][0]["slots"][1];
        place["player"] = "(deleted)".into();
        place["player_id"] = Value::Null;
        assert_eq!(read.json(), expected);
        assert_ne!(&read.etag(), tag, "a strong tag");
        // Who has read it before does not bring them back.
        let put = |tag: &str| {
            let call = app.call("PATCH", &path).json(&json!({ "notes": "New" }));
            call.if_match(tag).by(stays).send()
        };
        put(tag).expect_problem(412, "precondition_failed");
        put(&read.etag()).expect(200);
        // Nor does an earlier version.
        let versions = scene.read(&format!("{path}/versions")).ok();
        let versions = array(&versions["data"]);
        let numbers: Vec<_> = versions.iter().map(|it| it["version"].clone()).collect();
        assert_eq!(numbers, [4, 3, 1]);
        let by = [1, 2].map(|index: usize| versions[index]["changed_by"] == UserId::NOBODY);
        assert_eq!(by, [nobodys == "updated_by", nobodys == "owner_id"]);
        let restore = format!("{path}/versions/1/restore");
        let call = app.call("POST", &restore).by(stays);
        call.if_match("*").send().expect(200);
    }
    for needle in ["eir@norn.gg", "Stegalkin"] {
        assert_eq!(places(app, needle), [], "{needle}");
    }
    let left = places(app, &scene.gone.id);
    assert!(left.iter().all(|it| it.0 == "audit_log"), "{left:?}");
    // The link has gone with its maker; one of those who stay shows the plan as it is now.
    app.get(&page).send().expect(404);
    let link = app.share_link(stays, &scene.plans[0]);
    let page = format!("/c/{}", text(&link["slug"]));
    let shown = app.get(&page).send().expect(200).text();
    assert!(!shown.contains("Stegalkin") && shown.contains("(deleted)"));
}

#[test]
fn an_entry_is_ones_own_after_leaving_until_it_is_someone_elses() {
    let scene = Scene::new();
    let (app, stays, left) = (&scene.app, &scene.stays, &scene.left);
    let entries = guild::players_of(left);
    let former = || {
        let sql = format!(
            "SELECT coalesce(former_user_id, 'none') FROM team_players WHERE team_id = '{left}'"
        );
        app.texts(&sql)
    };
    assert_eq!(former(), [scene.gone.id.as_str()]);
    let list = scene.read(&entries).ok();
    let path = format!("{entries}/{}", text(&list["data"][0]["id"]));
    let put = |body: &Value| app.put_as(stays, &path, body).expect(200);
    // Notes on them are still on them, also from a file.
    put(&json!({ "name": "Stegalkin", "notes": "Brings food" }));
    assert_eq!(former(), [scene.gone.id.as_str()]);
    let import = format!("{entries}/import?mode=replace");
    let file = json!({ "players": [{ "name": "Stegalkin", "notes": "Brings drinks" }] });
    app.post_as(stays, &import, &file).expect(200);
    assert_eq!(former(), [scene.gone.id.as_str()]);
    let exported = app.get_as(&scene.gone, &format!("{ME}/export")).ok();
    assert_eq!(exported["players"][1]["notes"], "Brings drinks");
    let authorship = array(&exported["composition_authorship"]);
    let of_left = authorship.iter().find(|it| it["team_id"] == json!(left));
    let of_left = of_left.expect("of the team that was left");
    assert_eq!(of_left["is_maker"], true);
    assert_eq!(of_left["changes"][0]["change"], "created");
    assert_eq!(exported["compositions"].as_array().map(Vec::len), Some(1));
    // With another name it is another one's.
    put(&json!({ "name": "Bert" }));
    assert_eq!(former(), ["none"]);
    scene.delete();
    assert_eq!(former(), ["none"], "it stays");
}
