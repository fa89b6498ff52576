//! Earlier versions, copies and share links of compositions, and the tags of all. Nothing planned is
//! lost, and no copy or list shows what was hidden. `shared_page` has the page of a link.

use testing::prelude::*;

struct Scene {
    app: TestApp,
    leader: Player,
    officer: Player,
    member: Player,
    stranger: Player,
    team: String,
}

impl Scene {
    fn new() -> Self {
        let app = TestApp::new();
        let [leader, officer, member, stranger] =
            ["leader", "officer", "member", "stranger"].map(|name| app.player(name));
        let team = app.team(&[
            (&leader, "leader"),
            (&officer, "officer"),
            (&member, "member"),
        ]);
        Self {
            app,
            leader,
            officer,
            member,
            stranger,
            team,
        }
    }

    fn status(&self, player: Option<&Player>, method: &str, path: &str, tag: &str) -> u16 {
        let call = self.app.call(method, path);
        let call = if tag.is_empty() {
            call
        } else {
            call.if_match(tag)
        };
        match player {
            Some(player) => call.by(player).send().status,
            None => call.send().status,
        }
    }

    fn rename(&self, player: &Player, path: &str, tag: &str, name: &str) -> Value {
        let call = self.app.call("PATCH", path).json(&json!({ "name": name }));
        call.if_match(tag).by(player).send().ok()
    }
}

#[test]
fn every_version_can_be_seen_and_brought_back() {
    let scene = Scene::new();
    let Scene {
        app,
        leader,
        officer,
        team,
        ..
    } = &scene;
    let slots = json!([{ "slots": [{ "player": "Anna", "specialization": 62 }] }]);
    let made = app.composition(
        leader,
        &json!({ "team_id": team, "subgroups": slots, "tags": ["a"] }),
    );
    let path = path_of(&made);
    scene.rename(officer, &path, "\"1\"", "Second");
    let change = app
        .call("PATCH", &path)
        .json(&json!({ "subgroups": [], "tags": ["b"], "visibility": "unlisted" }));
    change.if_match("\"2\"").by(leader).send().expect(200);
    let list = app
        .get_as(officer, &format!("{path}/versions?limit=2"))
        .ok();
    let items = array(&list["data"]);
    let seen: Vec<_> = items
        .iter()
        .map(|item| {
            (
                item["version"].clone(),
                text(&item["changed_by"]),
                item["player_count"].clone(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (json!(3), leader.id.clone(), json!(0)),
            (json!(2), officer.id.clone(), json!(1))
        ]
    );
    let next = format!(
        "{path}/versions?limit=2&cursor={}",
        text(&list["next_cursor"])
    );
    let rest = app.get_as(officer, &next).ok();
    assert_eq!(rest["data"][0]["version"], 1);
    assert_eq!(rest["data"][0]["change"], "created");
    assert_eq!(rest["next_cursor"], Value::Null);
    let first = app.get_as(officer, &format!("{path}/versions/1")).ok();
    assert_eq!(first, made);
    for absent in ["0", "4", "99999999999", "-1", "x"] {
        assert_eq!(
            scene.status(
                Some(officer),
                "GET",
                &format!("{path}/versions/{absent}"),
                ""
            ),
            404
        );
    }
    let restore = format!("{path}/versions/1/restore");
    assert_eq!(scene.status(Some(officer), "POST", &restore, ""), 428);
    assert_eq!(scene.status(Some(officer), "POST", &restore, "\"2\""), 412);
    assert_eq!(scene.status(Some(officer), "POST", &restore, "\"3\""), 200);
    let now = app.get_as(leader, &path).expect(200);
    assert_eq!(now.header("etag"), Some("\"4\""));
    let now = now.json();
    assert_eq!(now["name"], made["name"]);
    assert_eq!(now["subgroups"], made["subgroups"]);
    assert_eq!(now["visibility"], "unlisted");
    assert_eq!(now["updated_by"], *officer.id);
    let found = app.get_as(leader, "/api/v1/compositions?tag=a").json();
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1));
    let list = app.get_as(officer, &format!("{path}/versions")).json();
    assert_eq!(list["data"][0]["change"], "restored");
}

#[test]
fn a_hundred_versions_are_kept() {
    let scene = Scene::new();
    let made = scene.app.composition(&scene.leader, &json!({}));
    let path = path_of(&made);
    for version in 1..=102 {
        scene.rename(
            &scene.leader,
            &path,
            &format!("\"{version}\""),
            &format!("No. {version}"),
        );
    }
    let range = "SELECT count(*) * 1000 + min(version) FROM composition_versions";
    assert_eq!(scene.app.count(range), 100_004);
}

#[test]
fn only_those_who_may_change_it_see_versions_and_links() {
    let scene = Scene::new();
    let made = scene.app.composition(
        &scene.leader,
        &json!({ "team_id": scene.team, "visibility": "public" }),
    );
    let path = path_of(&made);
    let call = scene.app.call("POST", &format!("{path}/share-links"));
    let link = call.by(&scene.officer).send().created();
    let link = format!("{path}/share-links/{}", text(&link["id"]));
    for (method, target) in [
        ("GET", format!("{path}/versions")),
        ("GET", format!("{path}/versions/1")),
        ("POST", format!("{path}/versions/1/restore")),
        ("GET", format!("{path}/share-links")),
        ("POST", format!("{path}/share-links")),
        ("DELETE", link),
    ] {
        for (player, status) in [
            (None, 401),
            (Some(&scene.stranger), 403),
            (Some(&scene.member), 403),
        ] {
            assert_eq!(
                scene.status(player, method, &target, "*"),
                status,
                "{method} {target}"
            );
        }
        let status = scene.status(Some(&scene.officer), method, &target, "*");
        assert!((200..300).contains(&status), "{method} {target}: {status}");
    }
}

#[test]
fn links_are_unguessable_counted_and_withdrawn() {
    let scene = Scene::new();
    let Scene { app, leader, .. } = &scene;
    let path = path_of(&app.composition(leader, &json!({})));
    let links = format!("{path}/share-links");
    let make = || app.as_player(leader, "POST", &links, &Value::Null);
    let mut slugs = Vec::new();
    for _ in 0..20 {
        let link = make().created();
        let slug = text(&link["slug"]);
        assert_eq!(slug.len(), 22);
        assert!(slug.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(link["url"], format!("https://builds.guild.gg/c/{slug}"));
        assert!(!slugs.contains(&slug));
        slugs.push(slug);
    }
    make().expect_problem(409, "too_many_share_links");
    let list = app.get_as(leader, &format!("{links}?limit=100")).ok();
    assert_eq!(list["data"].as_array().map(Vec::len), Some(20));
    let one = format!("{links}/{}", text(&list["data"][0]["id"]));
    assert_eq!(scene.status(Some(leader), "DELETE", &one, ""), 204);
    assert_eq!(scene.status(Some(leader), "DELETE", &one, ""), 404);
    make().expect(201);
    // Of another composition.
    let other = path_of(&app.composition(leader, &json!({})));
    let foreign = format!("{other}/share-links/{}", text(&list["data"][1]["id"]));
    assert_eq!(scene.status(Some(leader), "DELETE", &foreign, ""), 404);
}

#[test]
fn a_copy_has_what_its_maker_may_see() {
    let scene = Scene::new();
    let Scene {
        app,
        leader,
        member,
        stranger,
        team,
        ..
    } = &scene;
    let hidden = app.build(leader, &json!({ "visibility": "private" }))["id"].clone();
    let open = app.build(leader, &json!({ "visibility": "public" }))["id"].clone();
    let anna = app.roster_player(team);
    let slots = json!([{ "name": "One", "slots": [
        { "player": "Anna", "player_id": anna, "build_id": hidden, "role": "strip" },
        { "player": "Ben", "build_id": open },
        { "role": "pick" },
    ] }]);
    let original = app.composition(leader, &json!({
        "team_id": team, "visibility": "public", "subgroups": slots, "tags": ["x"], "is_template": true,
    }));
    let copy = |player: &Player, body: &Value| {
        let call = app.post(&format!("{}/copy", path_of(&original)), body);
        call.by(player).send()
    };
    let made = copy(stranger, &json!({ "keep_players": true })).created();
    assert_eq!(made["owner_id"], *stranger.id);
    assert_eq!(made["team_id"], Value::Null);
    assert_eq!(made["visibility"], "private");
    assert_eq!(made["is_template"], false);
    assert_eq!(made["tags"], json!(["x"]));
    let slots = &made["subgroups"][0]["slots"];
    assert_eq!(slots[0]["build_id"], Value::Null);
    assert_eq!(slots[0]["specialization"], 62);
    assert_eq!(slots[0]["player_id"], Value::Null);
    assert_eq!(slots[0]["player"], "Anna");
    assert_eq!(slots[1]["build_id"], open);
    assert_eq!(made["player_count"], 2);
    // Of a template without players, unless they are asked for.
    let made = copy(leader, &json!({ "name": "Mine", "team_id": team })).created();
    assert_eq!(made["name"], "Mine");
    assert_eq!(made["visibility"], "team");
    let slots = &made["subgroups"][0]["slots"];
    assert_eq!(slots[0]["player"], Value::Null);
    assert_eq!(slots[0]["build_id"], hidden);
    assert_eq!(slots[2]["role"], "pick");
    copy(member, &json!({ "team_id": team })).expect_problem(403, "insufficient_team_role");
    copy(stranger, &json!({ "team_id": team })).expect_problem(422, "invalid_input");
    copy(stranger, &json!({ "tags": [] })).expect_problem(422, "invalid_input");
    let private = app.composition(leader, &json!({}));
    let call = app.post(&format!("{}/copy", path_of(&private)), &json!({}));
    call.by(stranger).send().expect(404);
}

#[test]
fn tags_are_counted_among_what_is_public() {
    let scene = Scene::new();
    let Scene { app, leader, .. } = &scene;
    for (visibility, tags) in [
        ("public", json!(["zerg", "eu"])),
        ("public", json!(["zerg"])),
        ("private", json!(["secret"])),
    ] {
        app.build(leader, &json!({ "visibility": visibility, "tags": tags }));
        app.composition(leader, &json!({ "visibility": visibility, "tags": tags }));
    }
    app.composition(leader, &json!({ "visibility": "public", "tags": ["na"] }));
    let tags = || app.get("/api/v1/tags").send().ok()["data"].clone();
    let expected = json!([
        { "tag": "zerg", "builds": 2, "compositions": 2 },
        { "tag": "eu", "builds": 1, "compositions": 1 },
        { "tag": "na", "builds": 0, "compositions": 1 },
    ]);
    assert_eq!(tags(), expected);
    // Kept for five minutes.
    app.composition(leader, &json!({ "visibility": "public", "tags": ["new"] }));
    assert_eq!(tags(), expected);
    app.test.clock.advance_ms(301_000);
    assert_eq!(tags().as_array().map(Vec::len), Some(4));
}
