//! Members: changes of role, and removal. Every team keeps a leader, also under concurrent writes and
//! when accounts are deleted. `team_invitations` has joining, `team_permissions` the permissions.

use testing::prelude::*;

struct Scene {
    app: TestApp,
    leader: Player,
    officer: Player,
    member: Player,
    team: String,
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
        Self {
            app,
            leader,
            officer,
            member,
            team,
        }
    }

    fn cast(&self) -> [&Player; 3] {
        [&self.leader, &self.officer, &self.member]
    }

    fn change(&self, by: &Player, whom: &Player, role: &str) -> Answer {
        let path = member_path(&self.team, whom);
        self.app.patch_as(by, &path, &json!({ "role": role }))
    }

    fn remove(&self, by: &Player, whom: &Player) -> Answer {
        self.app.delete_as(by, &member_path(&self.team, whom))
    }

    fn hand_over(&self, by: &Player, body: &Value) -> Answer {
        let path = format!("{TEAMS}/{}/hand-over", self.team);
        self.app.post_as(by, &path, body)
    }

    fn role(&self, player: &Player) -> Option<String> {
        self.app.role_of(&self.team, player)
    }

    /// Gives someone a role behind the service's back.
    fn set_role(&self, player: &Player, role: &str) {
        self.app.execute(&role_sql(player, role));
    }

    /// What the audit log says of teams.
    fn logged(&self) -> Vec<String> {
        let rows = self.app.execute(
            "SELECT action || ' ' || actor || ' ' || target || ' ' || \
             coalesce(entry ->> '$.detail', '') \
             FROM audit_log WHERE action LIKE 'team.%' ORDER BY seq",
        );
        let read = |row: &wvw_builder::platform::Row| row.text(0).expect("text").to_owned();
        rows.iter().map(read).collect()
    }
}

fn role_sql(player: &Player, role: &str) -> String {
    let id = &player.id;
    format!("UPDATE team_members SET role = '{role}' WHERE user_id = '{id}'")
}

#[test]
fn members_are_listed_by_their_ids_page_by_page() {
    let scene = Scene::new();
    let [leader, officer, member] = scene.cast();
    let (app, team) = (&scene.app, &scene.team);
    let mut expected = [(leader, "leader"), (officer, "officer"), (member, "member")]
        .map(|(player, role)| (player.id.clone(), role.to_owned()));
    expected.sort();
    let path = format!("{TEAMS}/{team}/members?limit=2");
    let (mut target, mut found) = (path.clone(), Vec::new());
    loop {
        let page = app.get_as(member, &target).ok();
        for entry in array(&page["data"]) {
            assert_eq!(entry["display_name"], "Player");
            let now = kit::time::rfc3339(app.test_now());
            assert_eq!(entry["joined_at"], json!(now));
            found.push((text(&entry["user_id"]), text(&entry["role"])));
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        target = format!("{path}&cursor={cursor}");
    }
    assert_eq!(found, expected);
}

#[test]
fn leaders_give_other_roles_to_those_below_them_and_it_is_logged() {
    let scene = Scene::new();
    let [leader, officer, member] = scene.cast();
    let team = &scene.team;
    for role in ["officer", "member", "leader"] {
        let changed = scene.change(leader, member, role).ok();
        assert_has!(changed, { "role": role, "user_id": member.id });
        assert_eq!(scene.role(member).as_deref(), Some(role));
    }
    // The same again changes nothing.
    scene.change(leader, officer, "officer").expect(200);
    // Nobody does anything to another leader: two steps would otherwise be a coup.
    for role in ["officer", "member"] {
        let answer = scene.change(leader, member, role);
        answer.expect_problem(403, "insufficient_team_role");
    }
    scene
        .remove(leader, member)
        .expect_problem(403, "insufficient_team_role");
    // A leader steps down.
    scene.change(member, member, "officer").expect(200);
    let entry = |by: &Player, whom: &Player, from: &str, to: &str| {
        let detail = json!({ "team_id": team, "from": from, "to": to });
        format!("team.role_changed {} {} {detail}", by.id, whom.id)
    };
    assert_eq!(
        scene.logged(),
        [
            entry(leader, member, "member", "officer"),
            entry(leader, member, "officer", "member"),
            entry(leader, member, "member", "leader"),
            entry(member, member, "leader", "officer"),
        ]
    );
}

#[test]
fn what_is_no_role_or_no_member_is_named() {
    let scene = Scene::new();
    let [leader, officer, member] = scene.cast();
    let (app, team) = (&scene.app, &scene.team);
    let stranger = app.player("stranger");
    for (body, pointer, code) in [
        (json!({ "role": "king" }), "/role", "invalid_choice"),
        (json!({ "role": null }), "/role", "required"),
        (json!({ "role": 1 }), "/role", "invalid_type"),
        (
            json!({ "role": "officer", "user_id": "x" }),
            "/user_id",
            "unknown_field",
        ),
    ] {
        let answer = app.patch_as(leader, &member_path(team, member), &body);
        let mistakes = answer.invalid();
        assert_eq!(mistakes, [(pointer.to_owned(), code.to_owned())], "{body}");
    }
    scene
        .change(leader, &stranger, "officer")
        .expect_problem(404, "not_found");
    scene
        .remove(officer, &stranger)
        .expect_problem(404, "not_found");
    app.delete_as(leader, &format!("{TEAMS}/{team}/members/me"))
        .expect_problem(404, "not_found");
    for (body, code) in [
        (json!({}), "required"),
        (json!({ "user_id": "x" }), "invalid_length"),
        (json!({ "user_id": 7 }), "invalid_type"),
        (
            json!({ "user_id": "team_01h455vb4pex5vsknk084sn02q" }),
            "unknown_member",
        ),
        (json!({ "user_id": stranger.id }), "unknown_member"),
        (json!({ "user_id": leader.id }), "unknown_member"),
    ] {
        let answer = scene
            .hand_over(leader, &body)
            .expect_problem(422, "invalid_input");
        assert_eq!(
            answer.mistakes(),
            [("/user_id".to_owned(), code.to_owned())],
            "{body}"
        );
    }
    assert_eq!(scene.role(leader).as_deref(), Some("leader"));
    assert!(scene.logged().is_empty());
}

#[test]
fn the_last_leader_neither_leaves_nor_steps_down() {
    let scene = Scene::new();
    let [leader, officer, member] = scene.cast();
    let answer = scene
        .remove(leader, leader)
        .expect_problem(409, "last_leader");
    assert!(text(&answer.json()["detail"]).contains("hand-over"));
    for role in ["officer", "member"] {
        scene
            .change(leader, leader, role)
            .expect_problem(409, "last_leader");
    }
    scene
        .hand_over(leader, &json!({ "user_id": member.id }))
        .expect(204);
    assert_eq!(scene.role(leader).as_deref(), Some("officer"));
    assert_eq!(scene.role(member).as_deref(), Some("leader"));
    let detail = json!({ "team_id": scene.team });
    let entry = format!("team.handed_over {} {} {detail}", leader.id, member.id);
    assert_eq!(scene.logged(), [entry]);
    // An officer hands nothing over, and may go.
    let again = scene.hand_over(leader, &json!({ "user_id": officer.id }));
    again.expect_problem(403, "insufficient_team_role");
    scene.remove(leader, leader).expect(200);
    assert_eq!(scene.role(leader), None);
    // Gone is gone.
    scene
        .remove(leader, leader)
        .expect_problem(404, "not_found");
}

/// Two leaders do this to themselves at once.
fn both_at_once(method: &str, body: &Value) -> (Scene, [u16; 2]) {
    let scene = Scene::new();
    scene.set_role(&scene.officer, "leader");
    let isolate = scene.app.slow_isolate(9);
    let requests = [&scene.leader, &scene.officer].map(|player| {
        let call = isolate.call(method, &member_path(&scene.team, player));
        let call = call.by(player);
        let call = if body.is_null() {
            call
        } else {
            call.json(body)
        };
        call.request()
    });
    let answers = all_together(requests.iter().map(|it| isolate.app.handle(it)));
    let mut statuses = [answers[0].status, answers[1].status];
    statuses.sort_unstable();
    for answer in answers.iter().filter(|answer| answer.status == 409) {
        let body: Value = serde_json::from_slice(&answer.body_bytes()).expect("JSON");
        assert_eq!(body["code"], "last_leader");
    }
    scene.app.skip_log();
    (scene, statuses)
}

#[test]
fn of_two_last_leaders_who_leave_at_once_one_stays() {
    let leaders = |scene: &Scene| {
        let roles = scene.app.roles(&scene.team);
        roles.iter().filter(|(_, role)| role == "leader").count()
    };
    let (scene, statuses) = both_at_once("DELETE", &Value::Null);
    assert_eq!((statuses, leaders(&scene)), ([200, 409], 1));
    let (scene, statuses) = both_at_once("PATCH", &json!({ "role": "member" }));
    assert_eq!((statuses, leaders(&scene)), ([200, 409], 1));
}

#[test]
fn who_has_just_lost_a_role_does_nothing_by_it_any_more() {
    // A write, who makes it, what they have lost when it comes, and what is answered.
    let rows: [(&'static str, &str, &str, &str, Value, u16); 5] = [
        (
            "DELETE FROM team_members",
            "officer",
            "DELETE",
            "/members/{member}",
            Value::Null,
            403,
        ),
        (
            "UPDATE team_members",
            "leader",
            "PATCH",
            "/members/{member}",
            json!({ "role": "officer" }),
            403,
        ),
        (
            "UPDATE team_members",
            "leader",
            "POST",
            "/hand-over",
            json!({ "user_id": "{member}" }),
            403,
        ),
        (
            "INSERT INTO team_invitations",
            "officer",
            "POST",
            "/invitations",
            json!({}),
            403,
        ),
        (
            "DELETE FROM teams",
            "leader",
            "DELETE",
            "",
            Value::Null,
            412,
        ),
    ];
    for (before, by, method, path, body, status) in rows {
        let scene = Scene::new();
        let [leader, officer, member] = scene.cast();
        let (app, team) = (&scene.app, &scene.team);
        let by = if by == "leader" { leader } else { officer };
        let fill = |text: &str| text.replace("{member}", &member.id);
        let body: Value = serde_json::from_str(&fill(&body.to_string())).expect("JSON");
        let path = format!("{TEAMS}/{team}{}", fill(path));
        let found = app.raced(before, role_sql(by, "member"), by, (method, &path, &body));
        assert_eq!(found, status, "{method} {path}");
        assert_eq!(
            scene.role(member).as_deref(),
            Some("member"),
            "{method} {path}"
        );
        assert_eq!(app.rows("team_invitations"), 0);
        assert_eq!(app.rows("teams"), 1);
    }
    // Someone who has risen meanwhile is out of reach, too.
    let scene = Scene::new();
    let [_, officer, member] = scene.cast();
    let team = &scene.team;
    let path = member_path(team, member);
    let raise = role_sql(member, "leader");
    let call = ("DELETE", path.as_str(), &Value::Null);
    assert_eq!(
        scene
            .app
            .raced("DELETE FROM team_members", raise, officer, call),
        403
    );
    assert_eq!(scene.role(member).as_deref(), Some("leader"));
}

#[test]
fn who_goes_or_steps_down_loses_webhooks_and_invitations_of_the_team() {
    for (act, webhook_is_left, invitations_left) in [
        ("remove", false, &[][..]),
        ("member", false, &[]),
        ("officer", true, &["member"]),
        ("hand-over", true, &["member"]),
    ] {
        let scene = Scene::new();
        let [leader, officer, member] = scene.cast();
        let (app, team) = (&scene.app, &scene.team);
        scene.set_role(officer, "leader");
        for role in ["member", "officer"] {
            app.invite(officer, team, &json!({ "role": role }))
                .expect(201);
        }
        app.invite(leader, team, &json!({ "role": "officer" }))
            .expect(201);
        let body =
            json!({ "url": "https://bot.guild.gg/h", "event_types": ["*"], "team_id": team });
        for player in [leader, officer] {
            app.post_as(player, WEBHOOKS, &body).expect(201);
        }
        let status = match act {
            "remove" => scene.remove(officer, officer).status,
            "hand-over" => {
                scene
                    .hand_over(officer, &json!({ "user_id": member.id }))
                    .status
            }
            role => scene.change(officer, officer, role).status,
        };
        assert!(status < 300, "{act}");
        let webhooks = |player: &Player| {
            app.count(&format!(
                "SELECT count(*) FROM webhooks WHERE user_id = '{}' AND disabled_at IS NULL",
                player.id
            ))
        };
        let invitations = |player: &Player| {
            let rows = app.execute(&format!(
                "SELECT role FROM team_invitations WHERE created_by = '{}' ORDER BY role",
                player.id
            ));
            let read = |row: &wvw_builder::platform::Row| row.text(0).expect("text").to_owned();
            rows.iter().map(read).collect::<Vec<_>>()
        };
        assert_eq!(webhooks(officer) == 1, webhook_is_left, "{act}");
        assert_eq!(invitations(officer), invitations_left, "{act}");
        // What others have is theirs.
        assert_eq!(webhooks(leader), 1, "{act}");
        assert_eq!(invitations(leader), ["officer"], "{act}");
    }
}

#[test]
fn webhooks_are_told_who_goes_and_whoever_has_gone_is_not() {
    let scene = Scene::new();
    let [leader, officer, member] = scene.cast();
    let (app, team) = (&scene.app, &scene.team);
    let url = |name: &str| format!("https://{name}.guild.gg/h");
    for (player, name) in [(leader, "leader"), (officer, "officer")] {
        let body = json!({ "url": url(name), "event_types": ["*"], "team_id": team });
        app.post_as(player, WEBHOOKS, &body).expect(201);
    }
    app.receivers_answer(204);
    // Their pings.
    assert_eq!(app.deliver().len(), 2);
    let told = || {
        let mut told: Vec<(String, Value)> = app
            .deliver()
            .iter()
            .map(|request| {
                let body = request.body.as_ref().expect("a body").as_str();
                let body: Value = serde_json::from_str(body).expect("JSON");
                assert_eq!(body["type"], "team.member_removed");
                (request.url.clone(), body["data"].clone())
            })
            .collect();
        told.sort_by(|a, b| a.0.cmp(&b.0));
        told
    };
    scene.remove(officer, member).expect(200);
    let data = json!({ "team_id": team, "user_id": member.id, "role": "member" });
    assert_eq!(
        told(),
        [(url("leader"), data.clone()), (url("officer"), data)]
    );
    scene.remove(leader, officer).expect(200);
    let data = json!({ "team_id": team, "user_id": officer.id, "role": "officer" });
    assert_eq!(told(), [(url("leader"), data)]);
}
