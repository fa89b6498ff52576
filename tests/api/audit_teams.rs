//! The audit log of teams and of what they publish. Each action leaves one entry, and a team's entries
//! are found by the team. `audit` has the chain and the other filters.

use testing::prelude::*;

use testing::webhooks;

/// The entries of a team, oldest first: action, actor, target and detail.
fn logged(app: &TestApp, team: &str) -> Value {
    let boss = app.administrator(&format!("boss{}", app.rows("users")));
    let pages = app.pages(
        Some(&boss),
        &format!("{AUDIT_LOG}?team_id={team}&limit=100"),
    );
    let entries = pages.concat();
    let entries = entries.iter().rev();
    entries
        .map(|row| json!(["action", "actor", "target", "detail"].map(|it| &row[it])))
        .collect()
}

#[test]
fn what_is_done_in_a_team_is_found_by_the_team() {
    let (app, [leader, guest, other]) = TestApp::with_players(["leader", "guest", "other"]);
    let [team, another] = [(); 2].map(|()| {
        let made = app.post_as(&leader, TEAMS, &json!({ "name": "Pack" }));
        text(&made.created()["id"])
    });
    let path = format!("{TEAMS}/{team}");
    let tag = json!({ "tag": "NEW" });
    app.patch_as(&leader, &path, &tag).expect(200);
    let mut invitations = Vec::new();
    for role in ["officer", "member", "member"] {
        let made = app.invite(&leader, &team, &json!({ "role": role }));
        invitations.push(made.created());
    }
    let id = |index: usize| text(&invitations[index]["id"]);
    let withdrawn = format!("{path}/invitations/{}", id(2));
    app.delete_as(&leader, &withdrawn).expect(204);
    for (index, player) in [&guest, &other].into_iter().enumerate() {
        app.accept(player, &text(&invitations[index]["code"]))
            .expect(200);
    }
    let webhook = webhooks::make(&app, &guest, &json!({ "team_id": team }));
    app.delete_as(&guest, &webhooks::path(&webhook)).expect(204);
    let webhook = &webhook["id"];
    let plan = app.composition(&guest, &json!({ "team_id": team }));
    let link = &app.share_link(&guest, &plan)["id"];
    let one = format!("{}/share-links/{}", path_of(&plan), text(link));
    app.delete_as(&guest, &one).expect(204);
    app.delete_as(&guest, &path_of(&plan)).expect(204);
    for player in [&other, &guest] {
        app.delete_as(&guest, &member_path(&team, player))
            .expect(200);
    }
    app.delete_as(&leader, &path).expect(204);
    // What is tried and does not happen is no entry.
    app.delete_as(&leader, &path).expect(404);

    let (l, g, o) = (&leader.id, &guest.id, &other.id);
    let invited = |role: &str| json!({ "team_id": team, "role": role, "max_uses": 1 });
    let joined = |role: &str, index: usize| json!({ "team_id": team, "role": role, "invitation_id": id(index) });
    let gone = |role: &str| json!({ "team_id": team, "role": role });
    let composition = &plan["id"];
    let about = json!({ "composition_id": composition, "team_id": team });
    let of_team = json!({ "team_id": team });
    let expected = json!([
        ["team.created", l, team, null],
        ["team.changed", l, team, null],
        ["team.invitation_created", l, id(0), invited("officer")],
        ["team.invitation_created", l, id(1), invited("member")],
        ["team.invitation_created", l, id(2), invited("member")],
        ["team.invitation_withdrawn", l, id(2), of_team],
        ["team.member_joined", g, g, joined("officer", 0)],
        ["team.member_joined", o, o, joined("member", 1)],
        ["webhook.created", g, webhook, of_team],
        ["webhook.deleted", g, webhook, of_team],
        ["share_link.created", g, link, about],
        ["share_link.withdrawn", g, link, about],
        ["composition.deleted", g, composition, of_team],
        ["team.member_removed", g, o, gone("member")],
        ["team.member_left", g, g, gone("officer")],
        ["team.deleted", l, team, null],
    ]);
    assert_eq!(logged(&app, &team), expected);
    assert_eq!(array(&logged(&app, &another)).len(), 1);
}

#[test]
fn what_is_done_to_scores_and_roster_is_found_by_the_team() {
    let (app, leader) = TestApp::with_player("leader");
    let team = app.team(&[(&leader, "leader")]);
    let path = format!("{TEAMS}/{team}");
    app.set_scores(&leader, &team, json!({ "62": { "stability": 1 } }));
    let roster = format!("{path}/players");
    let import = |query: &str, names: &[&str]| {
        let players: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        let target = format!("{roster}/import{query}");
        let body = json!({ "players": players });
        app.post_as(&leader, &target, &body).expect(200);
    };
    import("", &["Vera", "Wim"]);
    // What changes nothing has not happened.
    import("?dry_run=true", &["Xia"]);
    let vera = app.get_as(&leader, &roster).ok()["data"][0]["id"].clone();
    let one = format!("{roster}/{}", text(&vera));
    app.delete_as(&leader, &one).expect(204);
    let l = &leader.id;
    let summary = json!({ "added": 2, "updated": 0, "removed": 0 });
    let expected = json!([
        ["team.scores_changed", l, team, null],
        ["team.roster_imported", l, team, summary],
        ["team.player_removed", l, vera, { "team_id": team }],
    ]);
    assert_eq!(logged(&app, &team), expected);
}

#[test]
fn whoever_rises_since_the_last_leader_has_gone_is_in_the_log() {
    let (app, [gone, heir]) = TestApp::with_players(["gone", "heir"]);
    let shared = app.team(&[(&gone, "leader"), (&heir, "officer")]);
    let led = app.team(&[(&gone, "member"), (&heir, "leader")]);
    let alone = app.team(&[(&gone, "leader")]);
    app.delete_account(&gone).expect(204);
    let (gone, heir) = (&gone.id, &heir.id);
    let left = |team: &str, role: &str| {
        let detail = json!({ "team_id": team, "role": role });
        json!(["team.member_left", gone, gone, detail])
    };
    let succession = json!({ "team_id": shared, "from": "officer" });
    let rises = json!(["team.leader_succeeded", "system", heir, succession]);
    let ends = json!(["team.deleted", gone, alone, null]);
    for (team, expected) in [
        (&shared, json!([left(&shared, "leader"), rises])),
        (&led, json!([left(&led, "member")])),
        (&alone, json!([ends])),
    ] {
        assert_eq!(logged(&app, team), expected);
    }
}

#[test]
fn who_succeeds_is_who_the_log_says_also_when_roles_change_meanwhile() {
    let role_of_b = "UPDATE team_members SET role = '{role}' WHERE user_id = '{b}'";
    let (rises, steps_down) = ("leader", "member");
    for (of_b, sql, expected) in [
        // The heir has gone by then: the next one rises.
        (
            "member",
            "DELETE FROM team_members WHERE user_id = '{a}'",
            "{b}",
        ),
        // There is another leader by then: nobody rises.
        ("member", &role_of_b.replace("{role}", rises), ""),
        // The other leader steps down: now someone must rise.
        ("leader", &role_of_b.replace("{role}", steps_down), "{a}"),
    ] {
        let (app, [gone, a, b]) = TestApp::with_players(["gone", "a", "b"]);
        let team = app.team(&[(&gone, "leader"), (&a, "officer"), (&b, of_b)]);
        let fill = |text: &str| text.replace("{a}", &a.id).replace("{b}", &b.id);
        let body = json!({ "password": PASSWORD });
        let call = ("DELETE", ME, &body);
        let status = app.raced("DELETE FROM users", fill(sql), &gone, call);
        assert_eq!(status, 204, "{sql}");
        let leaders = app.roles(&team).into_iter().filter(|it| it.1 == "leader");
        assert_eq!(leaders.count(), 1, "{sql}");
        let log = logged(&app, &team);
        let mut rose = array(&log)
            .iter()
            .filter(|it| it[0] == "team.leader_succeeded");
        let heir = rose.next().map_or(String::new(), |it| text(&it[2]));
        assert_eq!((heir, rose.count()), (fill(expected), 0), "{sql}");
    }
}
