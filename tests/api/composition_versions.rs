//! Earlier versions, copies and share links of compositions, and the tags of all. Nothing planned is
//! lost, and no copy or list shows what was hidden. `shared_page` has the page of a link.

use testing::guild::{Guild, guild};
use testing::prelude::*;

fn status(call: Call<'_>, player: Option<&Player>, tag: &str) -> u16 {
    let call = if tag.is_empty() {
        call
    } else {
        call.if_match(tag)
    };
    call.by(player).status()
}

fn change(app: &TestApp, player: &Player, path: &str, tag: &str, body: &Value) {
    let call = app.call("PATCH", path).json(body).if_match(tag);
    call.by(player).expect(200);
}

#[test]
fn every_version_can_be_seen_and_brought_back() {
    let scene = guild();
    let (app, leader, officer) = (&scene.app, &scene.leader, &scene.officer);
    let slots = json!([{ "slots": [{ "player": "Anna", "specialization": 62 }] }]);
    let plan = json!({ "team_id": scene.team, "subgroups": slots, "tags": ["a"] });
    let made = app.composition(leader, &plan);
    let path = path_of(&made);
    change(app, officer, &path, "\"1\"", &json!({ "name": "Second" }));
    let third = json!({ "subgroups": [], "tags": ["b"], "visibility": "unlisted" });
    change(app, leader, &path, "\"2\"", &third);
    let list = app
        .get_as(officer, &format!("{path}/versions?limit=2"))
        .ok();
    let items = array(&list["data"]).iter();
    let seen = items.map(|it| ["version", "changed_by", "player_count"].map(|name| &it[name]));
    let seen: Vec<_> = seen.collect();
    assert_eq!(json!(seen), json!([[3, leader.id, 0], [2, officer.id, 1]]));
    let cursor = text(&list["next_cursor"]);
    let next = format!("{path}/versions?limit=2&cursor={cursor}");
    let rest = app.get_as(officer, &next).ok();
    assert_has!(rest["data"][0], { "version": 1, "change": "created" });
    assert_eq!(rest["next_cursor"], Value::Null);
    let first = app.get_as(officer, &format!("{path}/versions/1")).ok();
    assert_eq!(first, made);
    for absent in ["0", "4", "99999999999", "-1", "x"] {
        let version = format!("{path}/versions/{absent}");
        app.get_as(officer, &version).expect(404);
    }
    let restore = format!("{path}/versions/1/restore");
    for (tag, expected) in [("", 428), ("\"2\"", 412), ("\"3\"", 200)] {
        let call = app.call("POST", &restore);
        assert_eq!(status(call, Some(officer), tag), expected, "{tag}");
    }
    let now = app.get_as(leader, &path).expect(200);
    assert_eq!(now.header("etag"), Some("\"4\""));
    let now = now.json();
    assert_eq!(now["name"], made["name"]);
    assert_eq!(now["subgroups"], made["subgroups"]);
    assert_has!(now, { "visibility": "unlisted", "updated_by": officer.id });
    let found = app.get_as(leader, &format!("{COMPOSITIONS}?tag=a")).json();
    assert_eq!(array(&found["data"]).len(), 1);
    let list = app.get_as(officer, &format!("{path}/versions")).json();
    assert_eq!(list["data"][0]["change"], "restored");
}

#[test]
fn a_hundred_versions_are_kept() {
    let scene = guild();
    let made = scene.app.composition(&scene.leader, &json!({}));
    for version in 1..=102 {
        let (path, tag) = (path_of(&made), format!("\"{version}\""));
        let body = json!({ "name": format!("No. {version}") });
        change(&scene.app, &scene.leader, &path, &tag, &body);
    }
    let range = "SELECT count(*) * 1000 + min(version) FROM composition_versions";
    assert_eq!(scene.app.count(range), 100_004);
}

#[test]
fn only_those_who_may_change_it_see_versions_and_links() {
    let scene = guild();
    let plan = json!({ "team_id": scene.team, "visibility": "public" });
    let made = scene.app.composition(&scene.leader, &plan);
    let path = path_of(&made);
    let link = scene.app.share_link(&scene.officer, &made);
    let link = format!("{path}/share-links/{}", text(&link["id"]));
    for (method, target) in [
        ("GET", format!("{path}/versions")),
        ("GET", format!("{path}/versions/1")),
        ("POST", format!("{path}/versions/1/restore")),
        ("GET", format!("{path}/share-links")),
        ("POST", format!("{path}/share-links")),
        ("DELETE", link),
    ] {
        let of = |player| status(scene.app.call(method, &target), player, "*");
        assert_eq!(of(None), 401, "{method} {target}");
        for player in [&scene.stranger, &scene.member] {
            assert_eq!(of(Some(player)), 403, "{method} {target}");
        }
        let status = of(Some(&scene.officer));
        assert!((200..300).contains(&status), "{method} {target}: {status}");
    }
}

#[test]
fn links_are_unguessable_counted_and_withdrawn() {
    let (app, leader) = &TestApp::with_player("leader");
    let path = path_of(&app.composition(leader, &json!({})));
    let links = format!("{path}/share-links");
    let make = || app.act_as(leader, &links);
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
    assert_eq!(array(&list["data"]).len(), 20);
    let one = format!("{links}/{}", text(&list["data"][0]["id"]));
    app.delete_as(leader, &one).expect(204);
    app.delete_as(leader, &one).expect(404);
    make().expect(201);
    // Of another composition.
    let other = path_of(&app.composition(leader, &json!({})));
    let foreign = format!("{other}/share-links/{}", text(&list["data"][1]["id"]));
    app.delete_as(leader, &foreign).expect(404);
}

#[test]
fn a_copy_has_what_its_maker_may_see() {
    let guild = guild();
    let Guild { app, leader, .. } = &guild;
    let (member, stranger, team) = (&guild.member, &guild.stranger, &guild.team);
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
        let path = format!("{}/copy", path_of(&original));
        app.post_as(player, &path, body)
    };
    let made = copy(stranger, &json!({ "keep_players": true })).created();
    assert_has!(made, {
        "owner_id": stranger.id, "team_id": null, "visibility": "private", "is_template": false,
        "tags": ["x"],
    });
    let slots = &made["subgroups"][0]["slots"];
    assert_has!(slots[0], {
        "build_id": null, "specialization": 62, "player_id": null, "player": "Anna",
    });
    assert_eq!(slots[1]["build_id"], open);
    assert_eq!(made["player_count"], 2);
    // Of a template without players, unless they are asked for.
    let made = copy(leader, &json!({ "name": "Mine", "team_id": team })).created();
    assert_has!(made, { "name": "Mine", "visibility": "team" });
    let slots = &made["subgroups"][0]["slots"];
    assert_has!(slots[0], { "player": null, "build_id": hidden });
    assert_eq!(slots[2]["role"], "pick");
    copy(member, &json!({ "team_id": team })).expect_problem(403, "insufficient_team_role");
    copy(stranger, &json!({ "team_id": team })).expect_problem(422, "invalid_input");
    copy(stranger, &json!({ "tags": [] })).expect_problem(422, "invalid_input");
    let private = app.composition(leader, &json!({}));
    let call = app.post(&format!("{}/copy", path_of(&private)), &json!({}));
    call.by(stranger).expect(404);
}

#[test]
fn tags_are_counted_among_what_is_public() {
    let (app, leader) = &TestApp::with_player("leader");
    for body in [
        json!({ "visibility": "public", "tags": ["zerg", "eu"] }),
        json!({ "visibility": "public", "tags": ["zerg"] }),
        json!({ "visibility": "private", "tags": ["secret"] }),
    ] {
        app.build(leader, &body);
        app.composition(leader, &body);
    }
    app.composition(leader, &json!({ "visibility": "public", "tags": ["na"] }));
    let tags = || app.get("/api/v1/tags").ok()["data"].clone();
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
