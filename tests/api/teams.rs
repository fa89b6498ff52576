//! Teams: create, read, change, delete, and invalid input. Outsiders, including administrators, get 404.
//! `team_members` and `team_invitations` have joining and leaving, `team_permissions` the roles.

use testing::prelude::*;

const ABSENT: &str = "team_01h455vb4pex5vsknk084sn02q";

fn path(team: &Value) -> String {
    format!("{TEAMS}/{}", text(&team["id"]))
}

/// The types of all events that were written, in their order.
fn told(app: &TestApp) -> Vec<String> {
    app.texts("SELECT type || ' ' || coalesce(team_id, '') FROM webhook_events ORDER BY id")
}

#[test]
fn a_team_is_made_shown_changed_and_deleted() {
    let (app, player) = TestApp::with_player("leader");
    app.endpoint(&player, "https://own.guild.gg/h");
    let body =
        json!({ "name": "  Red Guard ", "tag": " RED", "description": "Thursdays\nat 19:00" });
    let answer = app.post_as(&player, TEAMS, &body).expect(201);
    let made = answer.json();
    assert_eq!(answer.header("location"), Some(path(&made).as_str()));
    assert_has!(made, {
        "name": "Red Guard", "tag": "RED", "description": "Thursdays\nat 19:00", "role": "leader",
        "member_count": 1,
    });
    let team = text(&made["id"]);

    // What SQL puts together is what was answered then, byte for byte.
    let read = app.get_as(&player, &path(&made)).expect(200);
    assert_eq!(read.body, answer.body);
    assert_eq!(read.etag(), answer.etag());
    let again = app.get(&path(&made)).by(&player);
    let again = again.header(Header::IfNoneMatch, &read.etag());
    again.send().expect(304);
    let list = app.get_as(&player, TEAMS).ok();
    assert_eq!(list, json!({ "data": [made], "next_cursor": null }));

    app.wait_ms(1_001);
    let change = json!({ "tag": "RG", "description": null });
    let patch = |tag: &str| {
        let call = app.call("PATCH", &path(&made)).by(&player).json(&change);
        call.if_match(tag).send()
    };
    patch("\"7\"").expect_problem(412, "precondition_failed");
    let changed = patch(&read.etag()).expect(200);
    assert_has!(changed.json(), { "name": "Red Guard", "description": "" });
    assert_ne!(changed.json()["updated_at"], made["updated_at"]);
    patch(&read.etag()).expect_problem(412, "precondition_failed");
    let read = app.get_as(&player, &path(&made)).expect(200);
    assert_eq!((&read.body, read.etag()), (&changed.body, changed.etag()));

    let delete = |tag: &str| {
        let call = app.call("DELETE", &path(&made)).by(&player);
        call.if_match(tag).send()
    };
    delete(&answer.etag()).expect_problem(412, "precondition_failed");
    app.wait_ms(1);
    delete(&changed.etag()).expect(204);
    app.get_as(&player, &path(&made)).expect(404);
    assert_eq!(app.rows("team_members"), 0);
    let kinds = ["team.created", "team.updated", "team.deleted"];
    assert_eq!(told(&app), kinds.map(|kind| format!("{kind} {team}")));
    let id = &player.id;
    let logged = format!("action = 'team.deleted' AND target = '{team}' AND actor = '{id}'");
    assert_eq!(app.rows(&format!("audit_log WHERE {logged}")), 1);
    // Webhooks are told of teams as such: what one is in it is one's own.
    let payload = "webhook_events WHERE payload ->> '$.data.role' IS NOT NULL";
    assert_eq!(app.rows(payload), 0);
}

#[test]
fn a_team_that_has_just_changed_is_neither_changed_nor_deleted() {
    let (app, player) = TestApp::with_player("leader");
    let team = app.team(&[(&player, "leader")]);
    let path = format!("{TEAMS}/{team}");
    let body = json!({ "name": "Mine" });
    for (before, method, body) in [
        ("UPDATE teams SET name", "PATCH", &body),
        ("DELETE FROM teams", "DELETE", &Value::Null),
    ] {
        let sql = "UPDATE teams SET tag = 'NEW', version = version + 1".to_owned();
        let call = (method, path.as_str(), body);
        assert_eq!(app.raced(before, sql, &player, call), 412, "{method}");
        let kept = app.rows("teams WHERE name = 'Red Guard' AND tag = 'NEW'");
        assert_eq!(kept, 1, "{method}");
    }
}

#[test]
fn the_tag_of_a_team_covers_what_each_member_sees() {
    let (app, [leader, member, third]) = TestApp::with_players(["leader", "member", "third"]);
    let team = app.team(&[(&leader, "leader"), (&member, "member")]);
    let path = format!("{TEAMS}/{team}");
    let read = |player: &Player| {
        let answer = app.get_as(player, &path).expect(200);
        (answer.json(), answer.etag())
    };
    let mut seen = vec![read(&leader), read(&member)];
    for sql in [
        sql::joins(&third, &team, "officer"),
        sql::role(&member, "officer"),
        "UPDATE teams SET name = 'Other', version = version + 1".to_owned(),
    ] {
        app.execute(&sql);
        seen.extend([read(&leader), read(&member)]);
    }
    for (index, (document, tag)) in seen.iter().enumerate() {
        for (other, other_tag) in &seen[..index] {
            assert_eq!(document == other, tag == other_tag, "{document} {other}");
        }
    }
}

#[test]
fn every_mistake_is_named_at_once() {
    let (app, player) = TestApp::with_player("leader");
    let team = app.team(&[(&player, "leader")]);
    let long = json!({ "name": "n".repeat(101), "tag": "t".repeat(9),
        "description": "d".repeat(2_001), "role": "leader", "member_count": 7 });
    app.post_as(&player, TEAMS, &long).expect_mistakes(
        "/description invalid_length, /member_count unknown_field, /name invalid_length
        /role unknown_field, /tag invalid_length",
    );
    // One sign for the eye, 201 characters.
    let marked = json!({ "name": format!("a{}", "\u{301}".repeat(200)) });
    let marked = app.post_as(&player, TEAMS, &marked);
    marked.expect_mistakes("/name too_many_marks");
    let rows = r#"
        {} | /name required
        { "name": "" } | /name invalid_length
        { "name": "  " } | /name invalid_length
        { "name": "a\nb" } | /name invalid_format
        { "name": 1, "tag": null, "description": "a\u0000b" } | /description invalid_format, /name invalid_type, /tag invalid_type
    "#;
    refuse_each(rows, |body| app.post_as(&player, TEAMS, body));
    let rows = r#"
        { "name": null } | /name required
        { "name": " " } | /name invalid_length
        { "role": "member" } | /role unknown_field
        [] | invalid_type
    "#;
    let path = format!("{TEAMS}/{team}");
    refuse_each(rows, |body| app.patch_as(&player, &path, body));
    assert_eq!(app.rows("teams"), 1);
}

#[test]
fn names_of_every_script_come_back_as_they_came() {
    let (app, player) = TestApp::with_player("leader");
    for name in [
        "\u{1f525}\u{1f469}\u{200d}\u{1f680} Zerg",
        "\u{5d7}\u{5d5}\u{5de}\u{5d4} abc",
        "\u{627}\u{644}\u{62d}\u{631}\u{633}",
        "a\u{316}\u{317}\u{318}",
        "Caf\u{e9} \u{c5}",
        "'; DROP TABLE teams; --\\\"",
    ] {
        let description = format!("b\n{name}");
        let tag: String = name.chars().take(8).collect();
        let tag = tag.trim();
        let body = json!({ "name": name, "tag": tag, "description": description });
        let made = app.post_as(&player, TEAMS, &body).created();
        let read = app.get_as(&player, &path(&made)).ok();
        for document in [&made, &read] {
            assert_has!(document, { "name": name, "tag": tag, "description": description });
        }
        let invitation = app.invite(&player, &text(&made["id"]), &json!({}));
        let code = text(&invitation.created()["code"]);
        let shown = app.get(&format!("/api/v1/invitations/{code}"));
        assert_eq!(shown.send().ok()["team"], body);
    }
}

#[test]
fn a_list_has_the_teams_that_one_is_in_page_by_page() {
    let (app, [player, other]) = TestApp::with_players(["player", "other"]);
    let mut expected = Vec::new();
    for number in 0..5 {
        app.wait_ms(1);
        let role = if number % 2 == 0 { "member" } else { "leader" };
        let team = app.team(&[(&player, role), (&other, "officer")]);
        expected.insert(0, (team, role.to_owned()));
        app.team(&[(&other, "leader")]);
    }
    let target = format!("{TEAMS}?limit=2");
    let pages = app.pages(&player, &target);
    let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 2, 1]);
    let all = pages.concat();
    let row = |team: &Value| (text(&team["id"]), text(&team["role"]));
    assert_eq!(all.iter().map(row).collect::<Vec<_>>(), expected);
    // The next page is a link, too; the last one has none.
    let first = app.get_as(&player, &target);
    let next = format!("{target}&cursor={}", text(&first.json()["next_cursor"]));
    assert!(first.header("link").expect("a link").contains(&next));
    let all = app.get_as(&player, &format!("{TEAMS}?limit=6"));
    assert_eq!(all.header("link"), None);
    // A page that is just full is the last one.
    let exact = app.get_as(&player, &format!("{TEAMS}?limit=5"));
    assert_eq!(exact.json()["next_cursor"], Value::Null);
    let wrong = app.get_as(&player, &format!("{TEAMS}?cursor=x"));
    wrong.expect_problem(422, "invalid_input");
}

#[test]
fn for_outsiders_there_is_no_such_team() {
    let (app, [leader, stranger]) = TestApp::with_players(["leader", "stranger"]);
    let boss = app.administrator("boss");
    let team = app.team(&[(&leader, "leader")]);
    app.team(&[(&stranger, "leader"), (&boss, "leader")]);
    let invitation = app.invite(&leader, &team, &json!({})).created();
    let invitation = text(&invitation["id"]);
    let member = |player: &Player| format!("/members/{}", player.id);
    let invitation = format!("/invitations/{invitation}");
    let hand_over = json!({ "user_id": stranger.id });
    let anna = format!("/players/{}", app.roster_player(&team));
    for (method, rest, body) in [
        ("GET", "", Value::Null),
        ("PATCH", "", json!({ "name": "Mine" })),
        ("DELETE", "", Value::Null),
        ("GET", "/members", Value::Null),
        ("PATCH", &member(&leader), json!({ "role": "member" })),
        ("DELETE", &member(&leader), Value::Null),
        ("DELETE", &member(&stranger), Value::Null),
        ("POST", "/hand-over", hand_over),
        ("POST", "/invitations", json!({})),
        ("GET", "/invitations", Value::Null),
        ("DELETE", &invitation, Value::Null),
        ("GET", "/players", Value::Null),
        ("POST", "/players", json!({ "name": "Bert" })),
        ("GET", "/players/export", Value::Null),
        ("POST", "/players/import", json!({ "players": [] })),
        ("GET", &anna, Value::Null),
        ("PUT", &anna, json!({ "name": "Bert" })),
        ("PATCH", &anna, json!({ "name": "Bert" })),
        ("DELETE", &anna, Value::Null),
    ] {
        for player in [&stranger, &boss] {
            let answers = [&team, ABSENT, "team_x", "x"].map(|id| {
                let answer = app.as_player(player, method, &format!("{TEAMS}/{id}{rest}"), &body);
                answer.expect_problem(404, "not_found").without_request_id()
            });
            // Not to be told from a team that does not exist, nor from what is no id.
            let is_same = answers.iter().all(|answer| *answer == answers[0]);
            assert!(is_same, "{method} {rest}");
        }
    }
    assert_eq!(app.roles(&team), [(leader.id.clone(), "leader".to_owned())]);
    assert_eq!(app.rows("team_invitations"), 1);
    assert_eq!(app.rows("team_players WHERE name = 'Anna'"), 1);
}

#[test]
fn one_is_in_twenty_teams_at_most_also_with_all_at_once() {
    let (app, player) = TestApp::with_player("player");
    for _ in 0..15 {
        app.team(&[(&player, "member")]);
    }
    let isolate = app.slow_isolate(9);
    let call = |number: usize| {
        let body = json!({ "name": format!("Team number {number}") });
        isolate.post(TEAMS, &body).by(&player)
    };
    let calls: Vec<_> = (0..12).map(call).collect();
    let statuses = statuses(&isolate.at_once(&calls));
    assert_eq!(statuses, [vec![201; 5], vec![409; 7]].concat());
    // Those that were refused have left nothing behind.
    assert_eq!((app.rows("team_members"), app.rows("teams")), (20, 20));
    let more = app.post_as(&player, TEAMS, &json!({ "name": "One more" }));
    more.expect_problem(409, "too_many_teams");
}

#[test]
fn a_deleted_team_takes_its_own_along_and_gives_builds_back() {
    let (app, [leader, member]) = TestApp::with_players(["leader", "member"]);
    let team = app.team(&[(&leader, "leader"), (&member, "member")]);
    let kept = app.team(&[(&leader, "leader"), (&member, "member")]);
    app.invite(&leader, &team, &json!({})).expect(201);
    app.invite(&leader, &kept, &json!({})).expect(201);
    let shared = |(team, visibility): (&String, &str)| {
        let body = json!({ "visibility": visibility, "team_id": team });
        app.build(&member, &body)
    };
    let [only, public, other] = [(&team, "team"), (&team, "public"), (&kept, "team")].map(shared);
    let path = format!("{TEAMS}/{team}");
    app.delete_as(&leader, &path).expect(204);
    assert_eq!(app.roles(&team), []);
    assert_eq!(app.roles(&kept).len(), 2);
    assert_eq!(app.rows("team_invitations"), 1);
    for (build, visibility, team) in [
        (&only, "private", Value::Null),
        (&public, "public", Value::Null),
        (&other, "team", json!(kept)),
    ] {
        let read = app.get_as(&member, &build_path(build)).ok();
        assert_has!(read, { "visibility": visibility, "team_id": team });
    }
    app.get_as(&leader, &build_path(&only)).expect(404);
}

#[test]
fn a_deleted_teams_webhooks_are_told_first_and_disabled_then() {
    let (app, [leader, officer]) = TestApp::with_players(["leader", "officer"]);
    let team = app.team(&[(&leader, "leader"), (&officer, "officer")]);
    let kept = app.team(&[(&officer, "leader")]);
    let told = app.team_endpoint(&officer, "https://told.guild.gg/h", &team);
    let other = app.team_endpoint(&officer, "https://other.guild.gg/h", &kept);
    let path = format!("{TEAMS}/{team}");
    app.delete_as(&leader, &path).expect(204);
    let reason = |endpoint: &Endpoint| {
        let path = format!("{WEBHOOKS}/{}", endpoint.id);
        app.get_as(&officer, &path).ok()["disabled_reason"].clone()
    };
    // The cron comes between the event and those who are told of it.
    app.hourly();
    assert_eq!(reason(&told), Value::Null);
    app.receivers_answer(500);
    assert_eq!(app.deliver().len(), 1);
    // It has not come through yet.
    app.hourly();
    assert_eq!(reason(&told), Value::Null);
    app.receivers_answer(200);
    let sent = app.deliver_after(6);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].url, told.url);
    assert_has!(event_of(&sent[0]), { "type": "team.deleted", "data": { "id": team } });
    app.hourly();
    let reasons = [&told, &other].map(reason);
    assert_eq!(reasons, [json!("team_deleted"), Value::Null]);
}
