//! The table of team permissions, cell by cell over HTTP, and as the guide shows it. A permission that no
//! call is tried with fails until another test is named for it. The features' tests have the rest.

use testing::guild;
use testing::prelude::*;
use wvw_builder::membership::model::TeamRole;
use wvw_builder::membership::permissions::{ALL, TeamRule};

/// Someone in each role, one who is in no team, and a member for calls to act on.
struct Scene {
    app: TestApp,
    players: [Player; 4],
    target: Player,
    /// Leads, too, so that the first leader may leave.
    other: Player,
    team: String,
}

/// The id of someone who is banned.
const NOBODY: &str = "user_00000000000000000000000000";
/// In the order of [`Scene::players`].
const ROLES: [Option<TeamRole>; 4] = [
    Some(TeamRole::Leader),
    Some(TeamRole::Officer),
    Some(TeamRole::Member),
    None,
];

impl Scene {
    fn new() -> Self {
        let app = TestApp::new();
        let players = ["leader", "officer", "member", "outsider"].map(|name| app.player(name));
        let [target, other] = ["target", "other"].map(|name| app.player(name));
        let mut scene = Self {
            app,
            players,
            target,
            other,
            team: String::new(),
        };
        scene.begin_again();
        scene
    }

    /// Another team of the same people, to which nothing has been done.
    fn begin_again(&mut self) {
        let roles = self.players.iter().zip(ROLES);
        let mut members: Vec<(&Player, &str)> = roles
            .filter_map(|(player, role)| Some((player, role?.as_str())))
            .collect();
        members.extend([(&self.target, "member"), (&self.other, "leader")]);
        self.team = self.app.team(&members);
    }

    /// What follows the team's path to a new entry of the roster.
    fn player(&self, body: &Value) -> String {
        let entry = guild::player(&self.app, &self.team, &self.other, body);
        format!("/players/{}", text(&entry["id"]))
    }
}

/// A call: method, path (a whole one, or what follows the team's), body, and the status when it is
/// allowed.
type Call = (&'static str, String, Value, u16);

/// The calls that a permission is tried with. Nothing but the role of `player` decides what comes of
/// them. A new permission comes here.
#[expect(clippy::too_many_lines, reason = "a table of calls")]
fn calls(scene: &Scene, rule: &TeamRule, player: &Player) -> Vec<Call> {
    let Scene { team, target, .. } = scene;
    let target = &target.id;
    let at = |path: &str| path.to_owned();
    let member = format!("/members/{target}");
    let member_too = member.clone();
    match rule.name {
        "ViewTeam" => vec![
            ("GET", at(""), Value::Null, 200),
            ("GET", at("/members"), Value::Null, 200),
            ("GET", at("/scores"), Value::Null, 200),
            ("GET", format!("{BUILDS}?team_id={team}"), Value::Null, 200),
        ],
        "EditTeam" => vec![("PATCH", at(""), json!({ "tag": "NEW" }), 200)],
        "DeleteTeam" => vec![("DELETE", at(""), Value::Null, 204)],
        "ChangeRoles" => vec![
            ("PATCH", member, json!({ "role": "officer" }), 200),
            ("PATCH", member_too, json!({ "role": "leader" }), 200),
            ("POST", at("/hand-over"), json!({ "user_id": target }), 204),
        ],
        "RemoveMembers" => vec![("DELETE", member, Value::Null, 200)],
        "BanMembers" => {
            scene.app.execute(format!(
                "INSERT OR IGNORE INTO team_bans VALUES ('{team}', '{NOBODY}', NULL, 1)"
            ));
            vec![
                ("DELETE", member + "?ban=true", Value::Null, 200),
                ("GET", at("/bans"), Value::Null, 200),
                ("DELETE", format!("/bans/{NOBODY}"), Value::Null, 204),
            ]
        }
        "OverseeSharing" => {
            let leader = &scene.players[0];
            let url = testing::webhooks::fresh_url(&scene.app);
            let body = json!({ "url": url, "event_types": ["*"], "team_id": team });
            let hook = scene.app.post_as(leader, WEBHOOKS, &body);
            let hook = text(&hook.created()["id"]);
            let plan = composition_body(&json!({ "team_id": team }));
            let plan = scene.app.composition(leader, &plan);
            let link = text(&scene.app.share_link(leader, &plan)["id"]);
            vec![
                ("GET", at("/webhooks"), Value::Null, 200),
                ("DELETE", format!("/webhooks/{hook}"), Value::Null, 204),
                ("GET", at("/share-links"), Value::Null, 200),
                ("DELETE", format!("/share-links/{link}"), Value::Null, 204),
            ]
        }
        "LeaveTeam" => {
            let own = format!("/members/{}", player.id);
            vec![("DELETE", own, Value::Null, 200)]
        }
        "Invite" => {
            let made = scene.app.invite(&scene.players[0], team, &json!({}));
            let id = text(&made.created()["id"]);
            vec![
                ("POST", at("/invitations"), json!({ "role": "member" }), 201),
                ("GET", at("/invitations"), Value::Null, 200),
                ("DELETE", format!("/invitations/{id}"), Value::Null, 204),
            ]
        }
        "ShareBuilds" => {
            let body = build_body(&json!({ "visibility": "team", "team_id": team }));
            vec![("POST", at(BUILDS), body, 201)]
        }
        "ManageWebhooks" => {
            let url = "https://bot.guild.gg/h";
            let body = json!({ "url": url, "event_types": ["*"], "team_id": team });
            vec![("POST", at(WEBHOOKS), body, 201)]
        }
        "EditRoster" => {
            let entry = scene.player(&json!({ "name": "Anna" }));
            let body = json!({ "name": "Bert" });
            let file = json!({ "players": [body] });
            vec![
                ("POST", at("/players"), body.clone(), 201),
                ("PUT", entry.clone(), body, 200),
                ("PATCH", entry.clone(), json!({ "notes": "New" }), 200),
                ("DELETE", entry, Value::Null, 204),
                ("POST", at("/players/import"), file, 200),
            ]
        }
        "EditOwnPlayer" => {
            let own = json!({ "name": "Me", "user_id": player.id });
            // Whoever is not in the team has no entry there: it is someone else's.
            let is_in = scene.app.role_of(team, player).is_some();
            let others = json!({ "name": "Me" });
            let entry = scene.player(if is_in { &own } else { &others });
            vec![
                ("PUT", entry.clone(), own, 200),
                ("PATCH", entry.clone(), json!({ "notes": "New" }), 200),
                ("DELETE", entry, Value::Null, 204),
            ]
        }
        "EditCompositions" => {
            let body = composition_body(&json!({ "team_id": team }));
            let plan = scene.app.composition(&scene.players[0], &body);
            let path = path_of(&plan);
            let links = format!("{path}/share-links");
            let restore = format!("{path}/versions/1/restore");
            let link = scene.app.share_link(&scene.players[0], &plan);
            let link = format!("{links}/{}", text(&link["id"]));
            vec![
                ("POST", at(COMPOSITIONS), body.clone(), 201),
                ("PUT", path.clone(), body, 200),
                ("PATCH", path.clone(), json!({ "name": "New" }), 200),
                ("POST", restore, Value::Null, 200),
                ("DELETE", path.clone(), Value::Null, 204),
                ("GET", format!("{path}/versions"), Value::Null, 200),
                ("GET", format!("{path}/versions/1"), Value::Null, 200),
                ("POST", links.clone(), Value::Null, 201),
                ("GET", links, Value::Null, 200),
                ("DELETE", link, Value::Null, 204),
            ]
        }
        "EditScores" => {
            let body = json!({ "scores": { "62": { "stability": 3 } } });
            vec![("PUT", at("/scores"), body, 200)]
        }
        other => panic!("{other} is tried nowhere"),
    }
}

#[test]
fn every_cell_of_the_table_is_what_the_calls_do() {
    let (mut tried, mut scene) = (0, Scene::new());
    for rule in ALL {
        let count = calls(&scene, rule, &scene.players[0]).len();
        assert!(count > 0, "{} is tried with no call", rule.name);
        for (place, role) in ROLES.iter().enumerate() {
            for index in 0..count {
                scene.begin_again();
                let player = &scene.players[place];
                let (method, path, body, allowed) = calls(&scene, rule, player).remove(index);
                let is_of_team = !path.starts_with("/api/");
                let is_plan = path.starts_with(&format!("{COMPOSITIONS}/"));
                let whole = format!("{TEAMS}/{}{path}", scene.team);
                let path = if is_of_team { whole } else { path };
                let call = scene.app.call(method, &path).by(player).if_match("*");
                let call = if body.is_null() {
                    call
                } else {
                    call.json(&body)
                };
                let answer = call.send();
                let what = format!("{}: {role:?}: {method} {path}", rule.name);
                match role {
                    Some(role) if rule.admits(*role) => {
                        assert_eq!(answer.status, allowed, "{what}");
                    }
                    Some(_) => {
                        assert_eq!(answer.status, 403, "{what}");
                        assert_eq!(answer.json()["code"], "insufficient_team_role", "{what}");
                    }
                    None if is_of_team || is_plan => assert_eq!(answer.status, 404, "{what}"),
                    // Where what is sent names the team, it names none.
                    None => {
                        assert_eq!(answer.status, 422, "{what}");
                        assert_eq!(answer.json()["errors"][0]["code"], "unknown_team", "{what}");
                    }
                }
                tried += 1;
            }
        }
    }
    assert!(tried >= 130, "{tried}");
}

#[test]
fn the_table_is_what_was_agreed_on() {
    // By hand, so that a cell that opens up fails.
    let expected = [
        ("ViewTeam", true, true, true),
        ("EditTeam", true, true, false),
        ("DeleteTeam", true, false, false),
        ("ChangeRoles", true, false, false),
        ("RemoveMembers", true, true, false),
        ("BanMembers", true, false, false),
        ("LeaveTeam", true, true, true),
        ("Invite", true, true, false),
        ("EditRoster", true, true, false),
        ("EditOwnPlayer", true, true, true),
        ("ShareBuilds", true, true, true),
        ("EditCompositions", true, true, false),
        ("EditScores", true, true, false),
        ("ManageWebhooks", true, true, false),
        ("OverseeSharing", true, false, false),
    ];
    let row = |rule: &TeamRule| (rule.name, rule.leader, rule.officer, rule.member);
    let found: Vec<_> = ALL.iter().map(row).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_guide_shows_the_table() {
    let table = include_str!("../../docs/SECURITY_GUIDE.md")
        .lines()
        .skip_while(|line| !line.starts_with("| In a team "));
    let rows = table.skip(2).take_while(|line| line.starts_with('|'));
    let shown: Vec<Vec<&str>> = rows
        .map(|row| {
            let cells = row.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().trim_matches('`')).collect()
        })
        .collect();
    assert_eq!(shown.len(), ALL.len());
    let word = |may: bool| if may { "yes" } else { "no" };
    for (row, rule) in shown.iter().zip(ALL) {
        let [leader, officer, member] = [rule.leader, rule.officer, rule.member].map(word);
        assert_eq!(row[..4], [rule.name, leader, officer, member], "{row:?}");
        assert!(row[4].len() > 5, "{row:?}");
    }
}

#[test]
fn one_removes_and_invites_only_below_oneself() {
    let mut scene = Scene::new();
    for (place, role) in [(0, TeamRole::Leader), (1, TeamRole::Officer)] {
        for target in [TeamRole::Member, TeamRole::Officer, TeamRole::Leader] {
            scene.begin_again();
            let (app, team, players) = (&scene.app, &scene.team, &scene.players);
            let word = target.as_str();
            app.execute(sql::role(&scene.target, word));
            let answer = app.delete_as(&players[place], &member_path(team, &scene.target));
            let expected = if target < role { 200 } else { 403 };
            assert_eq!(answer.status, expected, "{role:?} removes {target:?}");
            if target != TeamRole::Leader {
                let answer = app.invite(&players[place], team, &json!({ "role": word }));
                let expected = if target < role { 201 } else { 403 };
                assert_eq!(answer.status, expected, "{role:?} invites {target:?}");
            }
        }
        let below: Vec<_> = TeamRole::WORDS
            .iter()
            .filter(|name| TeamRole::parse(name) < Some(role))
            .collect();
        assert_eq!(role.below().iter().collect::<Vec<_>>(), below);
    }
}

#[test]
fn a_key_does_in_a_team_what_its_scopes_and_its_owners_role_allow() {
    let scene = Scene::new();
    let key = |player: &Player, scopes: &[&str]| text(&scene.app.api_key(player, scopes)["key"]);
    let path = format!("{TEAMS}/{}", scene.team);
    let [leader, _, member, _] = &scene.players;
    for (key, get, patch) in [
        (key(leader, &["teams:read"]), 200, 403),
        (key(leader, &["teams:write"]), 403, 200),
        (key(member, &["teams:read", "teams:write"]), 200, 403),
        (key(leader, &["builds:read", "builds:write"]), 403, 403),
    ] {
        assert_eq!(scene.app.get(&path).token(&key).send().status, get);
        let call = scene.app.call("PATCH", &path).token(&key);
        let call = call.json(&json!({ "tag": "BOT" }));
        call.send().expect(patch);
    }
}

#[test]
fn whoever_loses_their_role_between_a_look_and_a_write_changes_nothing_of_the_team() {
    let mut scene = Scene::new();
    let new = "teams WHERE tag = 'NEW' OR scores <> '{}'";
    let tag = json!({ "tag": "NEW" });
    let scores = json!({ "scores": { "62": { "stability": 3 } } });
    let withdrawal = "DELETE FROM team_invitations";
    for (method, path, body, before, status) in [
        ("PATCH", "", &tag, "UPDATE teams SET name", 412),
        ("PUT", "/scores", &scores, "UPDATE teams SET scores", 412),
        ("DELETE", "/invitations/{id}", &Value::Null, withdrawal, 403),
    ] {
        scene.begin_again();
        let (app, team, players) = (&scene.app, &scene.team, &scene.players);
        let made = app.invite(&players[0], team, &json!({})).expect(201);
        let path = path.replace("{id}", &text(&made.json()["id"]));
        let path = format!("{TEAMS}/{team}{path}");
        let officer = &players[1];
        let kept = app.rows("team_invitations");
        let demote = sql::role(officer, "member");
        let answer = app.raced(before, demote, officer, (method, &path, body));
        assert_eq!(answer, status, "{method} {path}");
        let left = (app.rows("team_invitations"), app.rows(new));
        assert_eq!(left, (kept, 0), "{method} {path}");
    }
}

#[test]
fn whoever_loses_their_role_between_a_look_and_a_write_tells_and_is_told_nothing_of_the_team() {
    let mut scene = Scene::new();
    let counted = "SELECT (SELECT count(*) FROM builds WHERE team_id IS NOT NULL) \
                   + (SELECT count(*) FROM webhooks) + (SELECT count(*) FROM webhook_secrets)";
    let officer = &scene.players[1];
    let (falls, goes) = (sql::role(officer, "member"), sql::leaves(officer));
    let hook = json!({ "url": "https://guild.gg/hooks", "event_types": ["*"] });
    let shared = json!({ "visibility": "team" });
    for (method, sql, body, before, status) in [
        ("POST", &falls, &hook, "INSERT INTO webhooks", 403),
        ("POST", &goes, &hook, "INSERT INTO webhooks", 422),
        ("POST", &goes, &shared, "INSERT INTO builds", 422),
        ("PATCH", &goes, &shared, "UPDATE builds", 422),
    ] {
        scene.begin_again();
        let (app, team, players) = (&scene.app, &scene.team, &scene.players);
        let officer = &players[1];
        let path = match (body == &hook, method) {
            (true, _) => WEBHOOKS.to_owned(),
            (_, "POST") => BUILDS.to_owned(),
            _ => build_path(&app.build(officer, &json!({}))),
        };
        let mut body = if method == "POST" && body == &shared {
            build_body(body)
        } else {
            body.clone()
        };
        body["team_id"] = json!(team);
        let call = (method, path.as_str(), &body);
        let answer = app.raced(before, sql.clone(), officer, call);
        assert_eq!(answer, status, "{method} {path}");
        assert_eq!(app.count(counted), 0, "{method} {path}");
    }
}
