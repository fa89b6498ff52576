//! The audit log of teams and of what they publish. Each action leaves one entry, and a team's entries
//! are found by the team. `audit` has the chain and the other filters.

use testing::prelude::*;

use testing::webhooks;

/// The entries of a team, oldest first: action, actor, target and detail.
fn logged(app: &TestApp, boss: &str, team: &str) -> Vec<(String, String, String, Value)> {
    let path = format!("/api/v1/admin/audit-log?team_id={team}&limit=100");
    let page = app.get(&path).token(boss).send().ok();
    let rows = array(&page["data"]).iter().rev();
    rows.map(|row| {
        let [action, actor, target] = ["action", "actor", "target"].map(|it| text(&row[it]));
        (action, actor, target, row["detail"].clone())
    })
    .collect()
}

/// The token of someone who may read the log.
fn boss(app: &TestApp) -> String {
    let boss = app.administrator("boss");
    text(&app.log_in(&boss.email)["access_token"])
}

#[test]
fn what_is_done_in_a_team_is_found_by_the_team() {
    let app = TestApp::new();
    let [leader, guest, other] = ["leader", "guest", "other"].map(|name| app.player(name));
    let call = |by: &Player, method: &str, path: &str, body: &Value, status: u16| {
        let answer = app.as_player(by, method, path, body).expect(status);
        if status == 204 {
            Value::Null
        } else {
            answer.json()
        }
    };
    let new_team = || text(&call(&leader, "POST", TEAMS, &json!({ "name": "Pack" }), 201)["id"]);
    let (team, another) = (new_team(), new_team());
    let path = format!("{TEAMS}/{team}");
    call(&leader, "PATCH", &path, &json!({ "tag": "NEW" }), 200);
    let mut invitations = Vec::new();
    for role in ["officer", "member", "member"] {
        let made = app.invite(&leader, &team, &json!({ "role": role }));
        invitations.push(made.created());
    }
    let id = |index: usize| text(&invitations[index]["id"]);
    let withdrawn = format!("{path}/invitations/{}", id(2));
    call(&leader, "DELETE", &withdrawn, &Value::Null, 204);
    for (index, player) in [&guest, &other].into_iter().enumerate() {
        app.accept(player, &text(&invitations[index]["code"]))
            .expect(200);
    }
    let webhook = webhooks::make(&app, &guest, &json!({ "team_id": team }));
    let webhook = text(&webhook["id"]);
    let endpoint = format!("/api/v1/webhooks/{webhook}");
    call(&guest, "DELETE", &endpoint, &Value::Null, 204);
    let plan = app.composition(&guest, &json!({ "team_id": team }));
    let plan = path_of(&plan);
    let links = format!("{plan}/share-links");
    let link = text(&call(&guest, "POST", &links, &Value::Null, 201)["id"]);
    let one = format!("{links}/{link}");
    call(&guest, "DELETE", &one, &Value::Null, 204);
    call(&guest, "DELETE", &plan, &Value::Null, 204);
    let composition = plan.rsplit('/').next().expect("an id");
    call(
        &guest,
        "DELETE",
        &member_path(&team, &other),
        &Value::Null,
        200,
    );
    call(
        &guest,
        "DELETE",
        &member_path(&team, &guest),
        &Value::Null,
        200,
    );
    call(&leader, "DELETE", &path, &Value::Null, 204);
    // What is tried and does not happen is no entry.
    app.delete_as(&leader, &path).expect(404);

    let (l, g, o) = (&leader.id, &guest.id, &other.id);
    let invited = |role: &str| json!({ "team_id": team, "role": role, "max_uses": 1 });
    let joined = |role: &str, index: usize| json!({ "team_id": team, "role": role, "invitation_id": id(index) });
    let gone = |role: &str| json!({ "team_id": team, "role": role });
    let about = json!({ "composition_id": composition, "team_id": team });
    let rows = [
        ("team.created", l, &team, Value::Null),
        ("team.changed", l, &team, Value::Null),
        ("team.invitation_created", l, &id(0), invited("officer")),
        ("team.invitation_created", l, &id(1), invited("member")),
        ("team.invitation_created", l, &id(2), invited("member")),
        (
            "team.invitation_withdrawn",
            l,
            &id(2),
            json!({ "team_id": team }),
        ),
        ("team.member_joined", g, g, joined("officer", 0)),
        ("team.member_joined", o, o, joined("member", 1)),
        ("webhook.created", g, &webhook, json!({ "team_id": team })),
        ("webhook.deleted", g, &webhook, json!({ "team_id": team })),
        ("share_link.created", g, &link, about.clone()),
        ("share_link.withdrawn", g, &link, about),
        (
            "composition.deleted",
            g,
            &composition.to_owned(),
            json!({ "team_id": team }),
        ),
        ("team.member_removed", g, o, gone("member")),
        ("team.member_left", g, g, gone("officer")),
        ("team.deleted", l, &team, Value::Null),
    ];
    let expected = rows.map(|(action, actor, target, detail)| {
        (action.to_owned(), actor.clone(), target.clone(), detail)
    });
    let boss = boss(&app);
    assert_eq!(logged(&app, &boss, &team), expected);
    assert_eq!(logged(&app, &boss, &another).len(), 1);
}

#[test]
fn what_is_done_to_scores_and_roster_is_found_by_the_team() {
    let app = TestApp::new();
    let leader = app.player("leader");
    let team = app.team(&[(&leader, "leader")]);
    let path = format!("{TEAMS}/{team}");
    let call = |method: &str, path: &str, body: &Value| app.as_player(&leader, method, path, body);
    let scores = json!({ "scores": { "62": { "stability": 1 } } });
    call("PUT", &format!("{path}/scores"), &scores).expect(200);
    let roster = format!("{path}/players");
    let import = format!("{roster}/import");
    let file = json!({ "players": [{ "name": "Vera" }, { "name": "Wim" }] });
    call("POST", &import, &file).expect(200);
    // What changes nothing has not happened.
    let dry = format!("{import}?dry_run=true");
    call("POST", &dry, &json!({ "players": [{ "name": "Xia" }] })).expect(200);
    let listed = call("GET", &roster, &Value::Null).ok();
    let vera = text(&listed["data"][0]["id"]);
    call("DELETE", &format!("{roster}/{vera}"), &Value::Null).expect(204);
    let by = |action: &str, target: &str, detail: Value| {
        let [action, target] = [action, target].map(str::to_owned);
        (action, leader.id.clone(), target, detail)
    };
    let summary = json!({ "added": 2, "updated": 0, "removed": 0 });
    let boss = boss(&app);
    assert_eq!(
        logged(&app, &boss, &team),
        [
            by("team.scores_changed", &team, Value::Null),
            by("team.roster_imported", &team, summary),
            by("team.player_removed", &vera, json!({ "team_id": team })),
        ]
    );
}

#[test]
fn whoever_rises_since_the_last_leader_has_gone_is_in_the_log() {
    let app = TestApp::new();
    let [gone, heir] = ["gone", "heir"].map(|name| app.player(name));
    let shared = app.team(&[(&gone, "leader"), (&heir, "officer")]);
    let led = app.team(&[(&gone, "member"), (&heir, "leader")]);
    let alone = app.team(&[(&gone, "leader")]);
    let body = json!({ "password": PASSWORD });
    app.as_player(&gone, "DELETE", "/api/v1/users/me", &body)
        .expect(204);
    let boss = boss(&app);
    let left = |team: &str, role: &str| {
        let detail = json!({ "team_id": team, "role": role });
        let (action, id) = ("team.member_left".to_owned(), gone.id.clone());
        (action, id.clone(), id, detail)
    };
    let rises = (
        "team.leader_succeeded".to_owned(),
        "system".to_owned(),
        heir.id.clone(),
        json!({ "team_id": shared, "from": "officer" }),
    );
    assert_eq!(
        logged(&app, &boss, &shared),
        [left(&shared, "leader"), rises]
    );
    assert_eq!(logged(&app, &boss, &led), [left(&led, "member")]);
    let ends = (
        "team.deleted".to_owned(),
        gone.id.clone(),
        alone.clone(),
        Value::Null,
    );
    assert_eq!(logged(&app, &boss, &alone), [ends]);
}

#[test]
fn who_succeeds_is_who_the_log_says_also_when_roles_change_meanwhile() {
    let [left, dead, none] = ["left", "dead", "none"];
    for (case, sql, expected) in [
        // The heir has gone by then: the next one rises.
        (
            left,
            "DELETE FROM team_members WHERE user_id = '{a}'",
            "{b}",
        ),
        // There is another leader by then: nobody rises.
        (
            dead,
            "UPDATE team_members SET role = 'leader' WHERE user_id = '{b}'",
            "",
        ),
        // The other leader steps down: now someone must rise.
        (
            none,
            "UPDATE team_members SET role = 'member' WHERE user_id = '{b}'",
            "{a}",
        ),
    ] {
        let app = TestApp::new();
        let [gone, a, b] = ["gone", "a", "b"].map(|name| app.player(name));
        let of_b = if case == none { "leader" } else { "member" };
        let team = app.team(&[(&gone, "leader"), (&a, "officer"), (&b, of_b)]);
        let fill = |text: &str| text.replace("{a}", &a.id).replace("{b}", &b.id);
        let body = json!({ "password": PASSWORD });
        let call = ("DELETE", "/api/v1/users/me", &body);
        let status = app.raced("DELETE FROM users", fill(sql), &gone, call);
        assert_eq!(status, 204, "{case}");
        let leaders = app.roles(&team).into_iter().filter(|it| it.1 == "leader");
        assert_eq!(leaders.count(), 1, "{case}");
        let rose: Vec<_> = logged(&app, &boss(&app), &team)
            .into_iter()
            .filter(|it| it.0 == "team.leader_succeeded")
            .map(|it| it.2)
            .collect();
        let expected = fill(expected);
        let expected: Vec<_> = Some(expected)
            .filter(|it| !it.is_empty())
            .into_iter()
            .collect();
        assert_eq!(rose, expected, "{case}");
    }
}
