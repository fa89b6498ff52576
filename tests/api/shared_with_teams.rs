//! What is shared with a team: builds that its members see, and webhooks that receive their events.
//! Outsiders learn of neither, not even that the team exists. `teams` has teams themselves.

use testing::prelude::*;
use testing::webhooks::header;
use wvw_builder::ids::{TeamId, UserId};
use wvw_builder::webhooks::endpoints::store::leave_team;

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

    fn share(&self, owner: &Player, visibility: &str) -> Value {
        let body = json!({ "visibility": visibility, "team_id": self.team });
        self.app.test.clock.advance_ms(1);
        self.app.build(owner, &body)
    }

    fn listed(&self, player: &Player, query: &str) -> Vec<String> {
        let list = self.app.get(&format!("{BUILDS}?{query}"));
        let list = list.by(player).send().ok();
        let items = array(&list["data"]).iter();
        items.map(|build| text(&build["id"])).collect()
    }

    fn webhook(&self, player: &Player, team: &Value) -> (u16, Value) {
        let number = self.app.rows("webhooks");
        let url = format!("https://bot.guild.gg/{number}");
        let body = json!({ "url": url, "event_types": ["*"], "team_id": team });
        let answer = self.app.post_as(player, WEBHOOKS, &body);
        (answer.status, answer.json())
    }
}

#[test]
fn members_see_what_is_shared_with_their_team_and_only_its_owner_changes_it() {
    let scene = Scene::new();
    let Scene {
        app,
        leader,
        officer,
        member,
        stranger,
        team,
    } = &scene;
    let build = scene.share(member, "team");
    assert_eq!(text(&build["team_id"]), *team);
    let path = build_path(&build);
    let body = build_body(&json!({ "name": "Changed" }));
    for (player, read, written) in [
        (Some(leader), 200, 403),
        (Some(officer), 200, 403),
        (Some(stranger), 404, 404),
        (None, 404, 401),
        (Some(member), 200, 200),
    ] {
        let token = player.map_or("", |player| &player.token);
        let as_player = |call| match player {
            Some(_) => testing::Call::token(call, token),
            None => call,
        };
        assert_eq!(as_player(app.get(&path)).send().status, read);
        let tag = app.get_as(member, &path);
        let tag = tag.header("etag").expect("a tag").to_owned();
        let put = app.call("PUT", &path).json(&body);
        let put = put.header(wvw_builder::http::request::Header::IfMatch, &tag);
        assert_eq!(as_player(put).send().status, written);
    }
    // It was replaced by one that is private.
    assert_eq!(app.get(&path).token(&leader.token).send().status, 404);
}

#[test]
fn a_build_is_shared_with_a_team_that_its_owner_is_in() {
    let scene = Scene::new();
    let absent = "team_01h455vb4pex5vsknk084sn02q";
    for (player, visibility, team, mistake) in [
        (&scene.member, "team", json!(scene.team), None),
        (&scene.member, "public", json!(scene.team), None),
        (&scene.member, "unlisted", json!(scene.team), None),
        (
            &scene.member,
            "team",
            Value::Null,
            Some(("/team_id", "required")),
        ),
        (
            &scene.member,
            "private",
            json!(scene.team),
            Some(("/visibility", "conflicting_fields")),
        ),
        (
            &scene.member,
            "team",
            json!(absent),
            Some(("/team_id", "unknown_team")),
        ),
        (
            &scene.stranger,
            "team",
            json!(scene.team),
            Some(("/team_id", "unknown_team")),
        ),
        (
            &scene.stranger,
            "public",
            json!(scene.team),
            Some(("/team_id", "unknown_team")),
        ),
    ] {
        let body = build_body(&json!({ "visibility": visibility, "team_id": team }));
        let answer = scene.app.post_as(player, BUILDS, &body);
        match mistake {
            None => assert_eq!(answer.status, 201, "{visibility} {team}"),
            Some((pointer, code)) => {
                let problem = answer.expect(422).json();
                let errors = problem["errors"].as_array().expect("a list");
                let found = errors
                    .iter()
                    .any(|e| e["pointer"] == pointer && e["code"] == code);
                assert!(found, "{visibility} {team}: {errors:?}");
            }
        }
    }
}

#[test]
fn a_teams_builds_are_a_list_for_its_members() {
    let scene = Scene::new();
    let of_team = [
        text(&scene.share(&scene.member, "public")["id"]),
        text(&scene.share(&scene.officer, "team")["id"]),
        text(&scene.share(&scene.member, "team")["id"]),
    ];
    scene
        .app
        .build(&scene.member, &json!({ "visibility": "public" }));
    let filter = format!("team_id={}", scene.team);
    let newest_first: Vec<_> = of_team.iter().rev().cloned().collect();
    for player in [&scene.leader, &scene.officer, &scene.member] {
        assert_eq!(scene.listed(player, &filter), newest_first);
    }
    let own = scene.listed(&scene.member, &format!("{filter}&owner=me"));
    assert_eq!(own, [of_team[2].clone(), of_team[0].clone()]);
    let list = scene.app.get(&format!("{BUILDS}?{filter}"));
    for call in [
        list,
        scene
            .app
            .get(&format!("{BUILDS}?{filter}"))
            .by(&scene.stranger),
    ] {
        let problem = call.send().expect(422).json();
        assert_eq!(problem["errors"][0]["code"], "unknown_team");
    }
}

#[test]
fn leaders_and_officers_may_have_webhooks_for_their_team() {
    let scene = Scene::new();
    let team = json!(scene.team);
    for (player, status, code) in [
        (&scene.leader, 201, ""),
        (&scene.officer, 201, ""),
        (&scene.member, 403, "insufficient_team_role"),
        (&scene.stranger, 422, "invalid_input"),
    ] {
        let (found, answer) = scene.webhook(player, &team);
        assert_eq!(found, status, "{answer}");
        if status == 201 {
            assert_eq!(answer["team_id"], team);
        } else {
            assert_eq!(answer["code"], code);
        }
    }
    // A change asks again.
    let (_, made) = scene.webhook(&scene.officer, &Value::Null);
    let change = scene
        .app
        .call("PATCH", &format!("{WEBHOOKS}/{}", text(&made["id"])))
        .json(&json!({ "team_id": scene.team }));
    let answer = change.by(&scene.officer).send().ok();
    assert_eq!(answer["team_id"], team);
}

#[test]
fn a_team_webhook_is_told_of_the_teams_builds_and_one_of_my_own_of_mine() {
    let scene = Scene::new();
    let app = &scene.app;
    let team = TeamId::parse(&scene.team).expect("an id");
    let elsewhere = app.team(&[(&scene.member, "leader")]);
    let for_team = |player: &Player, name: &str, team: &str| {
        let endpoint = app.endpoint(player, &format!("https://{name}.guild.gg/h"));
        let id = &endpoint.id;
        app.test.database.execute(&format!(
            "UPDATE webhooks SET team_id = '{team}' WHERE id = '{id}'"
        ));
    };
    for_team(&scene.officer, "officer-team", &scene.team);
    for_team(&scene.leader, "leader-team", &scene.team);
    for_team(&scene.member, "other-team", &elsewhere);
    app.endpoint(&scene.member, "https://member-own.guild.gg/h");
    app.endpoint(&scene.leader, "https://leader-own.guild.gg/h");
    let told = || {
        let mut names: Vec<String> = app
            .deliver()
            .iter()
            .map(|request| {
                assert!(header(request, "webhook-id").starts_with("event_"));
                let host = request.url.strip_prefix("https://").expect("https");
                host.split('.').next().expect("a name").to_owned()
            })
            .collect();
        names.sort_unstable();
        names
    };
    scene.share(&scene.member, "team");
    assert_eq!(told(), ["leader-team", "member-own", "officer-team"]);
    app.build(&scene.member, &json!({}));
    assert_eq!(told(), ["member-own"]);
    // Who may have webhooks there no more is told no more.
    let officer = UserId::parse(&scene.officer.id).expect("an id");
    let left = leave_team(&team, &officer, app.test_now()).to_vec();
    let platform = app.test.platform(9);
    block_on(platform.database.batch(left)).expect("written");
    scene.share(&scene.member, "team");
    assert_eq!(told(), ["leader-team", "member-own"]);
    let reason = "SELECT count(*) FROM webhooks WHERE disabled_reason = 'left_team'";
    assert_eq!(app.count(reason), 1);
}
