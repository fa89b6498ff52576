//! The table of team permissions, cell by cell over HTTP, and as the guide shows it. A permission that no
//! call is tried with fails until another test is named for it. The features' tests have the rest.

use testing::guild;
use testing::prelude::*;
use testing::webhooks::{URL, fresh_url, make};
use wvw_builder::membership::model::TeamRole;
use wvw_builder::membership::permissions::{ALL, TeamRule};

/// Someone in each role, one who is in no team, and a member for calls to act on.
struct Scene {
    app: TestApp,
    players: [Player; 4],
    target: Player,
    /// Leads, too, so that the first leader may leave.
    other: Player,
    banned: Player,
    team: String,
}

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
        let players = app.players(["leader", "officer", "member", "outsider"]);
        let [target, other, banned] = app.players(["target", "other", "banned"]);
        let mut scene = Self {
            app,
            players,
            target,
            other,
            banned,
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
}

/// The calls that a permission is tried with: its name, method, path, body, and the status when it is
/// allowed. Nothing but the role of the caller decides what comes of them. A new permission comes here.
const CALLS: &str = r#"
    ViewTeam          GET     {t}                            -  200
    ViewTeam          GET     {t}/members                    -  200
    ViewTeam          GET     {t}/scores                     -  200
    ViewTeam          GET     /api/v1/builds?team_id={team}  -  200
    EditTeam          PATCH   {t}                            { "tag": "NEW" }  200
    DeleteTeam        DELETE  {t}                            -  204
    ChangeRoles       PATCH   {t}/members/{target}           { "role": "officer" }  200
    ChangeRoles       PATCH   {t}/members/{target}           { "role": "leader" }  200
    ChangeRoles       POST    {t}/hand-over                  { "user_id": "{target}" }  204
    RemoveMembers     DELETE  {t}/members/{target}           -  200
    BanMembers        DELETE  {t}/members/{target}?ban=true  -  200
    BanMembers        GET     {t}/bans                       -  200
    BanMembers        DELETE  {t}/bans/{banned}              -  204
    OverseeSharing    GET     {t}/webhooks                   -  200
    OverseeSharing    DELETE  {t}/webhooks/{hook}            -  204
    OverseeSharing    GET     {t}/share-links                -  200
    OverseeSharing    DELETE  {t}/share-links/{link}         -  204
    LeaveTeam         DELETE  {t}/members/{own}              -  200
    Invite            POST    {t}/invitations                { "role": "member" }  201
    Invite            GET     {t}/invitations                -  200
    Invite            DELETE  {t}/invitations/{invitation}   -  204
    ShareBuilds       POST    /api/v1/builds                 {BUILD}  201
    ManageWebhooks    POST    /api/v1/webhooks               {HOOK}  201
    EditRoster        POST    {t}/players                    { "name": "Bert" }  201
    EditRoster        PUT     {t}/players/{anna}             { "name": "Bert" }  200
    EditRoster        PATCH   {t}/players/{anna}             { "notes": "New" }  200
    EditRoster        DELETE  {t}/players/{anna}             -  204
    EditRoster        POST    {t}/players/import             { "players": [{ "name": "Bert" }] }  200
    EditOwnPlayer     PUT     {t}/players/{me}               { "name": "Me", "user_id": "{own}" }  200
    EditOwnPlayer     PATCH   {t}/players/{me}               { "notes": "New" }  200
    EditOwnPlayer     DELETE  {t}/players/{me}               -  204
    EditCompositions  POST    /api/v1/compositions           {PLAN}  201
    EditCompositions  PUT     {plan}                         {PLAN}  200
    EditCompositions  PATCH   {plan}                         { "name": "New" }  200
    EditCompositions  POST    {plan}/versions/1/restore      -  200
    EditCompositions  DELETE  {plan}                         -  204
    EditCompositions  GET     {plan}/versions                -  200
    EditCompositions  GET     {plan}/versions/1              -  200
    EditCompositions  POST    {plan}/share-links             -  201
    EditCompositions  GET     {plan}/share-links             -  200
    EditCompositions  DELETE  {plan-link}                    -  204
    EditScores        PUT     {t}/scores                     { "scores": { "62": { "stability": 3 } } }  200
"#;

/// A path or body of the table, for a call of `player` in a team to which nothing has been done.
fn filled(scene: &Scene, player: &Player, row: &str) -> String {
    let Scene {
        app, team, target, ..
    } = scene;
    let leader = &scene.players[0];
    let of_team = json!({ "team_id": team });
    let plan = || app.composition(leader, &of_team);
    let link = |plan: &Value| text(&app.share_link(leader, plan)["id"]);
    let entry = |body: Value| text(&guild::player(app, team, &scene.other, &body)["id"]);
    let made: [(&str, &dyn Fn() -> String); 15] = [
        ("{t}", &|| format!("{TEAMS}/{team}")),
        ("{BUILD}", &|| {
            build_body(&json!({ "visibility": "team", "team_id": team })).to_string()
        }),
        ("{HOOK}", &|| {
            json!({ "url": URL, "event_types": ["*"], "team_id": team }).to_string()
        }),
        ("{PLAN}", &|| composition_body(&of_team).to_string()),
        ("{team}", &|| team.clone()),
        ("{target}", &|| target.id.clone()),
        ("{own}", &|| player.id.clone()),
        ("{banned}", &|| {
            app.ban(team, &scene.banned);
            scene.banned.id.clone()
        }),
        ("{hook}", &|| {
            let body = json!({ "url": fresh_url(app), "team_id": team });
            text(&make(app, leader, &body)["id"])
        }),
        ("{invitation}", &|| {
            text(&app.invite(leader, team, &json!({})).created()["id"])
        }),
        ("{link}", &|| link(&plan())),
        ("{plan}", &|| path_of(&plan())),
        ("{plan-link}", &|| {
            let plan = plan();
            format!("{}/share-links/{}", path_of(&plan), link(&plan))
        }),
        ("{anna}", &|| entry(json!({ "name": "Anna" }))),
        // Whoever is not in the team has no entry there: it is someone else's.
        ("{me}", &|| match app.role_of(team, player) {
            Some(_) => entry(json!({ "name": "Me", "user_id": player.id })),
            None => entry(json!({ "name": "Me" })),
        }),
    ];
    let mut row = row.to_owned();
    for (place, make) in made {
        if row.contains(place) {
            row = row.replace(place, &make());
        }
    }
    row
}

#[test]
fn every_cell_of_the_table_is_what_the_calls_do() {
    let (mut tried, mut scene) = (0, Scene::new());
    for rule in ALL {
        let mut calls = rows::<5>(CALLS);
        calls.retain(|[name, ..]| *name == rule.name);
        assert!(!calls.is_empty(), "{} is tried with no call", rule.name);
        for (place, role) in ROLES.iter().enumerate() {
            for [_, method, path, body, allowed] in &calls {
                scene.begin_again();
                let player = &scene.players[place];
                let [path, body] = [path, body].map(|part| filled(&scene, player, part));
                let body = if body == "-" {
                    Value::Null
                } else {
                    json_of(&body)
                };
                let is_of_team = path.starts_with(&format!("{TEAMS}/"));
                let is_plan = path.starts_with(&format!("{COMPOSITIONS}/"));
                let call = scene.app.call(method, &path).by(player).if_match("*");
                let answer = call.json_or_none(&body).send();
                let what = format!("{}: {role:?}: {method} {path}", rule.name);
                match role {
                    Some(role) if rule.admits(*role) => {
                        assert_eq!(answer.status.to_string(), *allowed, "{what}");
                    }
                    Some(_) => drop(answer.expect_problem(403, "insufficient_team_role")),
                    None if is_of_team || is_plan => assert_eq!(answer.status, 404, "{what}"),
                    // Where what is sent names the team, it names none.
                    None => {
                        let place = if *method == "GET" { '?' } else { '/' };
                        answer.expect_mistakes(&format!("{place}team_id unknown_team"));
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
