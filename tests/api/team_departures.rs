//! Whoever may no longer do it: what someone has made for a team, after they were removed, demoted or
//! disabled, or the API key that they made it with has ended.
//! Promises the smallest case of each kind, and the race of each with the end of standing.
//! Leaves who may remove whom to `team_members`, webhooks to `webhook_teams`.

use serde_json::{Value, json};

use crate::compositions::path_of;
use crate::support::teams::{TEAMS, member_path};
use crate::support::{Answer, Player, TestApp, build_path, text};

const API_KEYS: &str = "/api/v1/auth/api-keys";
const YEAR_MS: i64 = 365 * 86_400_000;

struct Scene {
    app: TestApp,
    leader: Player,
    officer: Player,
    member: Player,
    team: String,
    /// A composition of the team's.
    plan: Value,
}

impl Scene {
    fn new() -> Self {
        let app = TestApp::new();
        let [leader, officer, member] =
            ["leader", "officer", "member"].map(|name| app.player(name));
        let team = app.team(&[
            (&leader, "leader"),
            (&officer, "officer"),
            (&member, "member"),
        ]);
        let plan = app.composition(&leader, &json!({ "team_id": team, "name": "Thursday" }));
        Self {
            app,
            leader,
            officer,
            member,
            team,
            plan,
        }
    }

    fn at(&self, path: &str) -> String {
        format!("{TEAMS}/{}{path}", self.team)
    }

    /// A link by whoever has this token; its page.
    fn share(&self, plan: &Value, token: &str) -> String {
        let links = format!("{}/share-links", path_of(plan));
        let made = self.app.call("POST", &links).token(token).send();
        let made = made.expect(201).json();
        self.app.keep_strings_secret(&made["slug"]);
        format!("/c/{}", text(&made["slug"]))
    }

    fn sees(&self, page: &str) -> bool {
        let statuses = ["", "/card.png"].map(|end| {
            let path = format!("{page}{end}");
            self.app.get(&path).send().status
        });
        assert!(statuses == [200; 2] || statuses == [404; 2], "{statuses:?}");
        statuses[0] == 200
    }

    fn remove(&self, by: &Player, whom: &Player, query: &str) -> Answer {
        let path = format!("{}{query}", member_path(&self.team, whom));
        self.app.as_player(by, "DELETE", &path, &Value::Null)
    }

    fn role(&self, whom: &Player, role: &str) {
        let path = member_path(&self.team, whom);
        let body = json!({ "role": role });
        self.app
            .as_player(&self.leader, "PATCH", &path, &body)
            .expect(200);
    }

    fn disable(&self, whom: &Player, disabled: bool) {
        let at = if disabled { "1" } else { "NULL" };
        self.app.test.database.execute(&format!(
            "UPDATE users SET disabled_at = {at} WHERE id = '{}'",
            whom.id
        ));
    }

    fn key(&self, of: &Player, scopes: &[&str]) -> (String, String) {
        let body = json!({ "name": "A bot", "scopes": scopes });
        let made = self.app.as_player(of, "POST", API_KEYS, &body).expect(201);
        let made = made.json();
        (text(&made["id"]), text(&made["key"]))
    }

    fn revoke(&self, of: &Player, key: &str) {
        let path = format!("{API_KEYS}/{key}");
        self.app
            .as_player(of, "DELETE", &path, &Value::Null)
            .expect(204);
    }

    fn code(&self, token: &str, body: &Value) -> String {
        let made = self.app.post(&self.at("/invitations"), body).token(token);
        let made = made.send().expect(201).json();
        self.app.keep_strings_secret(&made["code"]);
        text(&made["code"])
    }

    fn read(&self, by: &Player, path: &str) -> Value {
        self.app
            .as_player(by, "GET", path, &Value::Null)
            .expect(200)
            .json()
    }
}

fn many() -> Value {
    json!({ "max_uses": 100 })
}

#[test]
fn a_link_to_a_teams_plan_ends_with_its_makers_removal_leaving_or_demotion() {
    for end in ["removed", "left", "demoted", "account"] {
        let scene = Scene::new();
        let Scene { app, officer, .. } = &scene;
        let page = scene.share(&scene.plan, &officer.token);
        let others = scene.share(&scene.plan, &scene.leader.token);
        // From now on it is in the isolate and in KV.
        assert!(scene.sees(&page) && scene.sees(&others));
        match end {
            "removed" => drop(scene.remove(&scene.leader, officer, "").expect(200)),
            "left" => drop(scene.remove(officer, officer, "").expect(200)),
            "demoted" => scene.role(officer, "member"),
            _ => {
                let body = json!({ "password": crate::support::PASSWORD });
                app.as_player(officer, "DELETE", "/api/v1/users/me", &body)
                    .expect(204);
            }
        }
        assert!(!scene.sees(&page), "{end}");
        assert!(scene.sees(&others), "{end}");
        assert_eq!(app.count("SELECT count(*) FROM share_links"), 1, "{end}");
        // To be an officer again brings nothing back.
        if end == "demoted" {
            scene.role(officer, "officer");
            assert!(!scene.sees(&page));
        }
    }
}

#[test]
fn a_look_at_a_page_asks_for_its_makers_standing_itself() {
    // As if nothing had been removed with the member: what a view asks is enough.
    let scene = Scene::new();
    let (app, officer) = (&scene.app, &scene.officer);
    let page = scene.share(&scene.plan, &officer.token);
    let id = &officer.id;
    for (end, back) in [
        (
            format!("UPDATE team_members SET role = 'member' WHERE user_id = '{id}'"),
            format!("UPDATE team_members SET role = 'officer' WHERE user_id = '{id}'"),
        ),
        (
            format!("UPDATE users SET disabled_at = 1 WHERE id = '{id}'"),
            format!("UPDATE users SET disabled_at = NULL WHERE id = '{id}'"),
        ),
        (
            format!("DELETE FROM team_members WHERE user_id = '{id}'"),
            String::new(),
        ),
    ] {
        assert!(scene.sees(&page));
        app.test.database.execute(&end);
        assert!(!scene.sees(&page), "{end}");
        // Nor does another isolate, or a client that has it already.
        assert_eq!(app.isolate(8).get(&page).send().status, 404, "{end}");
        if !back.is_empty() {
            app.test.database.execute(&back);
        }
    }
}

#[test]
fn a_disabled_accounts_links_show_nothing_while_it_is_disabled() {
    let scene = Scene::new();
    let Scene { app, officer, .. } = &scene;
    let own = app.composition(officer, &json!({ "name": "Mine" }));
    let pages = [&scene.plan, &own].map(|plan| scene.share(plan, &officer.token));
    let shown = |expected: bool| {
        assert!(pages.iter().all(|page| scene.sees(page) == expected));
        let list = scene.read(&scene.leader, &scene.at("/share-links"));
        let state = if expected { "shown" } else { "suspended" };
        assert_eq!(list["data"][0]["state"], state);
    };
    shown(true);
    scene.disable(officer, true);
    shown(false);
    scene.disable(officer, false);
    shown(true);
}

#[test]
fn a_link_and_a_code_end_with_the_api_key_that_made_them() {
    let scene = Scene::new();
    let Scene { app, officer, .. } = &scene;
    let scopes = ["compositions:write", "teams:write"];
    let (revoked, first) = scene.key(officer, &scopes);
    let (_, second) = scene.key(officer, &scopes);
    let own = app.composition(officer, &json!({ "name": "Mine" }));
    let made = [&first, &second].map(|key| {
        let pages = [&scene.plan, &own].map(|plan| scene.share(plan, key));
        (pages, scene.code(key, &many()))
    });
    let guests = ["a", "b", "c"].map(|name| app.player(name));
    let lives = |index: usize, guest: &Player| {
        let (pages, code) = &made[index];
        let shown = pages.each_ref().map(|page| scene.sees(page));
        let status = app.accept(guest, code).status;
        let preview = app.get(&format!("/api/v1/invitations/{code}")).send();
        (shown, status, preview.status)
    };
    assert_eq!(lives(0, &guests[0]), ([true; 2], 200, 200));
    scene.revoke(officer, &revoked);
    assert_eq!(lives(0, &guests[1]), ([false; 2], 404, 404));
    assert_eq!(lives(1, &guests[1]), ([true; 2], 200, 200));
    // Nothing of it is left to count against what a composition or a team may have.
    assert_eq!(app.count("SELECT count(*) FROM share_links"), 2);
    assert_eq!(app.count("SELECT count(*) FROM team_invitations"), 1);
    // The other one ends by itself, before the invitation does.
    let soon = app.test_now() + 1_000;
    app.test
        .database
        .execute(&format!("UPDATE api_keys SET expires_at = {soon}"));
    app.test.clock.advance_ms(999);
    assert!(scene.sees(&made[1].0[0]));
    app.test.clock.advance_ms(1);
    assert_eq!(lives(1, &guests[2]), ([false; 2], 404, 404));
    let list = scene.read(&scene.leader, &scene.at("/invitations"));
    assert_eq!(list["data"][0]["state"], "suspended");
}

#[test]
fn whoever_was_removed_comes_back_only_by_an_invitation_from_afterwards() {
    let scene = Scene::new();
    let Scene {
        app,
        leader,
        member,
        ..
    } = &scene;
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
    let Scene {
        app,
        leader,
        officer,
        ..
    } = &scene;
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
    let Scene {
        app,
        leader,
        officer,
        ..
    } = &scene;
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
        app.test.database.execute(&end);
        app.accept(&guest, &code).expect_problem(404, "not_found");
        app.get(&format!("/i/{code}")).send().expect(404);
        let list = scene.read(leader, &scene.at("/invitations"));
        assert_eq!(list["data"][0]["state"], "suspended", "{end}");
        assert_eq!(list["data"][0]["made_by"]["id"], json!(id));
        app.test.database.execute(&back);
    }
    // Between the look and the write, too.
    for end in [
        format!("UPDATE users SET disabled_at = 1 WHERE id = '{id}'"),
        format!("DELETE FROM team_members WHERE user_id = '{id}'"),
        format!(
            "INSERT INTO team_bans VALUES ('{}', '{}', NULL, 1)",
            scene.team, guest.id
        ),
    ] {
        let is_ban = end.contains("team_bans");
        let body = json!({ "code": code });
        let call = ("POST", "/api/v1/invitations/accept", &body);
        app.test.database.execute(&format!(
            "INSERT OR IGNORE INTO team_members VALUES ('{}', '{id}', 'officer', 'Player', 1)",
            scene.team
        ));
        let status = app.raced("UPDATE team_invitations", end, &guest, call);
        assert_eq!(status, if is_ban { 403 } else { 404 });
        scene.disable(officer, false);
        assert_eq!(app.role_of(&scene.team, &guest), None);
    }
}

#[test]
fn nobody_who_is_banned_comes_in_until_the_ban_is_lifted() {
    let scene = Scene::new();
    let Scene {
        app,
        leader,
        officer,
        member,
        ..
    } = &scene;
    let before = scene.code(&leader.token, &many());
    scene
        .remove(officer, member, "?ban=true")
        .expect_problem(403, "insufficient_team_role");
    let answer = scene.remove(leader, member, "?ban=true").expect(200).json();
    assert_eq!(answer["banned"], true);
    let after = scene.code(&leader.token, &many());
    for code in [&before, &after] {
        app.accept(member, code)
            .expect_problem(403, "invitation_refused");
    }
    // Someone who has left by themselves, just before.
    scene.remove(officer, officer, "").expect(200);
    let answer = scene
        .remove(leader, officer, "?ban=true")
        .expect(200)
        .json();
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
    app.as_player(leader, "DELETE", &ban, &Value::Null)
        .expect(204);
    app.as_player(leader, "DELETE", &ban, &Value::Null)
        .expect_problem(404, "not_found");
    app.accept(member, &before)
        .expect_problem(403, "invitation_refused");
    app.accept(member, &after).expect(200);
    // Nobody bans themselves, someone who is not there, or says neither yes nor no.
    let own = scene.remove(leader, leader, "?ban=true");
    let mistake = ("?ban".to_owned(), "own_account".to_owned());
    assert_eq!(
        own.expect_problem(422, "invalid_input").mistakes(),
        [mistake]
    );
    let path = scene.at("/members/user_00000000000000000000000001?ban=true");
    app.as_player(leader, "DELETE", &path, &Value::Null)
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
    let Scene {
        app,
        leader,
        member,
        officer,
        ..
    } = &scene;
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
    assert_eq!(app.count("SELECT count(*) FROM team_bans"), 0);
    assert!(app.role_of(&scene.team, member).is_some());
    // Someone who has left and is back by now is taken out again.
    scene.remove(member, member, "").expect(200);
    let back = format!(
        "INSERT INTO team_members VALUES ('{}', '{}', 'member', 'Player', 1)",
        scene.team, member.id
    );
    assert_eq!(app.raced("INSERT INTO team_bans", back, officer, call), 200);
    assert_eq!(app.count("SELECT count(*) FROM team_bans"), 1);
    assert_eq!(app.role_of(&scene.team, member), None);
}

#[test]
fn a_team_bans_a_thousand_people_at_most() {
    let scene = Scene::new();
    let Scene {
        app,
        leader,
        member,
        ..
    } = &scene;
    app.test.database.execute(&format!(
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

#[test]
fn builds_leave_the_team_with_their_owner_who_can_edit_them_again() {
    for end in ["removed", "left"] {
        let scene = Scene::new();
        let Scene {
            app,
            leader,
            member,
            team,
            ..
        } = &scene;
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
        let html = || String::from_utf8(app.get(&page).send().expect(200).body).expect("UTF-8");
        let shown = html();
        assert!(shown.contains("Build team") && shown.contains("Build public"));
        let by = if end == "left" { member } else { leader };
        let went = scene.remove(by, member, "").expect(200).json();
        assert_eq!(went["builds"], 2);

        // It is their own again, and edited as any other.
        let read = scene.read(member, &build_path(&hidden));
        assert_eq!(
            (&read["visibility"], &read["team_id"]),
            (&json!("private"), &Value::Null)
        );
        let change = json!({ "name": "Changed later" });
        let with_name = shown.matches("Build public").count();
        for build in [&hidden, &open] {
            app.as_player(member, "PATCH", &build_path(build), &change)
                .expect(200);
        }
        let read = scene.read(member, &build_path(&open));
        assert_eq!(
            (&read["visibility"], &read["team_id"]),
            (&json!("public"), &Value::Null)
        );
        // The team has neither, and its page shows what is public, as it would of anyone's.
        let path = format!("/api/v1/builds?team_id={team}");
        assert_eq!(scene.read(leader, &path)["data"], json!([]));
        app.as_player(leader, "GET", &build_path(&hidden), &Value::Null)
            .expect(404);
        let shown = html();
        assert!(!shown.contains("Build team"), "{end}");
        assert_eq!(shown.matches("Changed later").count(), with_name, "{end}");
        // The plan keeps the place with what is played there.
        let kept = scene.read(leader, &path_of(&plan));
        let place = &kept["subgroups"][0]["slots"][0];
        assert_eq!(place["player"], "Anna");
        assert_eq!(place["profession"], "Guardian");
        assert!(place["specialization"].is_number(), "{place}");
    }
}

#[test]
fn a_build_that_is_shared_in_the_moment_of_its_owners_removal_is_not_the_teams() {
    let scene = Scene::new();
    let Scene {
        app, member, team, ..
    } = &scene;
    let build = app.build(member, &json!({ "visibility": "team", "team_id": team }));
    let out = format!("DELETE FROM team_members WHERE user_id = '{}'", member.id);
    let path = build_path(&build);
    let body = json!({ "name": "Later" });
    let status = app.raced("UPDATE builds", out, member, ("PATCH", &path, &body));
    assert!((400..500).contains(&status), "{status}");
    let later = "SELECT count(*) FROM builds WHERE document ->> '$.name' = 'Later'";
    assert_eq!(app.count(later), 0);
}

#[test]
fn a_removal_says_what_goes_with_it() {
    let scene = Scene::new();
    let Scene {
        app,
        leader,
        officer,
        team,
        ..
    } = &scene;
    let hook = json!({ "url": "https://bot.guild.gg/h", "event_types": ["*"], "team_id": team });
    app.as_player(officer, "POST", "/api/v1/webhooks", &hook)
        .expect(201);
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
    app.as_player(leader, "POST", &scene.at("/players"), &entry)
        .expect(201);
    let expected = json!({ "webhooks": 1, "share_links": 2, "invitations": 3, "builds": 4,
        "players": 1, "banned": false });
    // One more comes in between: it is counted.
    let sql = format!(
        "INSERT INTO team_invitations SELECT 'invitation_x', team_id, x'00', role, created_by, \
         max_uses, 0, created_at, expires_at, NULL FROM team_invitations \
         WHERE created_by = '{}' LIMIT 1",
        officer.id
    );
    let path = member_path(team, officer);
    let went = {
        use crate::support::guild::racing;
        let isolate = racing(app, "DELETE FROM team_members", sql);
        isolate.as_player(leader, "DELETE", &path, &Value::Null)
    };
    let mut with_one_more = expected;
    with_one_more["invitations"] = json!(4);
    assert_eq!(went.expect(200).json(), with_one_more);
    assert_eq!(app.count("SELECT count(*) FROM team_invitations"), 1);
    assert_eq!(app.count("SELECT count(*) FROM share_links"), 1);
}

#[test]
fn leaders_see_all_webhooks_and_links_of_the_team_and_end_each() {
    let scene = Scene::new();
    let Scene {
        app,
        leader,
        officer,
        team,
        ..
    } = &scene;
    let body = json!({ "url": "https://discord.com/api/webhooks/1/s3cret", "event_types": ["*"],
        "team_id": team, "description": "Our channel" });
    let hook = app.as_player(officer, "POST", "/api/v1/webhooks", &body);
    let hook = hook.expect(201).json();
    let page = scene.share(&scene.plan, &officer.token);
    let made_by = json!({ "id": officer.id, "name": "Player" });
    let list = app.as_player(leader, "GET", &scene.at("/webhooks"), &Value::Null);
    let list = list.expect(200);
    assert!(!String::from_utf8_lossy(&list.body).contains("s3cret"));
    let item = list.json()["data"][0].clone();
    assert_eq!(item["id"], hook["id"]);
    assert_eq!(item["origin"], "https://discord.com");
    assert_eq!(item["description"], "Our channel");
    assert_eq!(item["made_by"], made_by);
    let list = scene.read(leader, &scene.at("/share-links"));
    let link = list["data"][0].clone();
    assert_eq!(link["made_by"], made_by);
    assert_eq!(link["composition_id"], scene.plan["id"]);
    assert_eq!(link["composition_name"], "Thursday");
    assert!(text(&link["url"]).ends_with(&page));
    assert_eq!(
        scene.read(leader, &scene.at("/invitations"))["data"],
        json!([])
    );

    // Of another team nothing is there, also for its leader.
    let elsewhere = app.team(&[(leader, "leader")]);
    for (kind, id) in [("webhooks", &hook["id"]), ("share-links", &link["id"])] {
        let path = format!("{TEAMS}/{elsewhere}/{kind}/{}", text(id));
        app.as_player(leader, "DELETE", &path, &Value::Null)
            .expect_problem(404, "not_found");
        let path = scene.at(&format!("/{kind}/{}", text(id)));
        app.as_player(officer, "DELETE", &path, &Value::Null)
            .expect_problem(403, "insufficient_team_role");
        app.as_player(leader, "DELETE", &path, &Value::Null)
            .expect(204);
        app.as_player(leader, "DELETE", &path, &Value::Null)
            .expect_problem(404, "not_found");
        let list = scene.read(leader, &scene.at(&format!("/{kind}")));
        assert_eq!(list["data"], json!([]));
    }
    assert!(!scene.sees(&page));
    let path = format!("/api/v1/webhooks/{}", text(&hook["id"]));
    app.as_player(officer, "GET", &path, &Value::Null)
        .expect(404);
    // Whoever leads no more ends nothing by it.
    let page = scene.share(&scene.plan, &officer.token);
    let link = scene.read(leader, &scene.at("/share-links"))["data"][0]["id"].clone();
    let path = scene.at(&format!("/share-links/{}", text(&link)));
    let demote = format!(
        "UPDATE team_members SET role = 'officer' WHERE user_id = '{}'",
        leader.id
    );
    let call = ("DELETE", path.as_str(), &Value::Null);
    let status = app.raced("DELETE FROM share_links", demote, leader, call);
    assert_eq!((status, scene.sees(&page)), (403, true));
}

#[test]
fn a_key_sees_and_ends_of_the_team_what_its_scopes_allow() {
    let scene = Scene::new();
    let Scene { app, leader, .. } = &scene;
    let (_, teams) = scene.key(leader, &["teams:read", "teams:write"]);
    let (_, rest) = scene.key(
        leader,
        &["webhooks:read", "compositions:read", "teams:read"],
    );
    for (path, teams_may, rest_may) in [
        ("/webhooks", 403, 200),
        ("/share-links", 403, 200),
        ("/bans", 200, 200),
    ] {
        let of = |key: &str| app.get(&scene.at(path)).token(key).send().status;
        assert_eq!((of(&teams), of(&rest)), (teams_may, rest_may), "{path}");
    }
}

#[test]
fn an_expired_key_is_purged_with_what_it_made() {
    let scene = Scene::new();
    let Scene { app, officer, .. } = &scene;
    let (_, key) = scene.key(officer, &["compositions:write"]);
    scene.share(&scene.plan, &key);
    app.test.clock.advance_ms(2 * YEAR_MS);
    pollster::block_on(app.app.tick("17 * * * *", app.test_now()));
    assert_eq!(app.count("SELECT count(*) FROM api_keys"), 0);
    assert_eq!(app.count("SELECT count(*) FROM share_links"), 0);
}
