//! Teams: create, read, change, delete, and invalid input. Outsiders, including administrators, get 404.
//! `team_members` and `team_invitations` have joining and leaving, `team_permissions` the roles.

use testing::prelude::*;

const ABSENT: &str = "team_01h455vb4pex5vsknk084sn02q";

fn path(team: &Value) -> String {
    format!("{TEAMS}/{}", text(&team["id"]))
}

/// The types of all events that were written, in their order.
fn told(app: &TestApp) -> Vec<String> {
    let sql = "SELECT type || ' ' || coalesce(team_id, '') FROM webhook_events ORDER BY id";
    let rows = app.execute(sql);
    rows.iter()
        .map(|row| row.text(0).expect("text").to_owned())
        .collect()
}

#[test]
fn a_team_is_made_shown_changed_and_deleted() {
    let app = TestApp::new();
    let player = app.player("leader");
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
    again
        .header(Header::IfNoneMatch, &read.etag())
        .send()
        .expect(304);
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
    assert_eq!(
        (read.body.clone(), read.etag()),
        (changed.body.clone(), changed.etag())
    );

    let delete = |tag: &str| {
        let call = app.call("DELETE", &path(&made)).by(&player);
        call.if_match(tag).send()
    };
    delete(&answer.etag()).expect_problem(412, "precondition_failed");
    app.wait_ms(1);
    delete(&changed.etag()).expect(204);
    app.get_as(&player, &path(&made))
        .expect_problem(404, "not_found");
    assert_eq!(app.rows("team_members"), 0);
    let kinds = ["team.created", "team.updated", "team.deleted"];
    assert_eq!(told(&app), kinds.map(|kind| format!("{kind} {team}")));
    let logged = format!(
        "SELECT count(*) FROM audit_log WHERE action = 'team.deleted' AND target = '{team}' \
         AND actor = '{}'",
        player.id
    );
    assert_eq!(app.count(&logged), 1);
    // Webhooks are told of teams as such: what one is in it is one's own.
    let payload = "SELECT count(*) FROM webhook_events WHERE payload ->> '$.data.role' IS NOT NULL";
    assert_eq!(app.count(payload), 0);
}

#[test]
fn a_team_that_has_just_changed_is_neither_changed_nor_deleted() {
    let app = TestApp::new();
    let player = app.player("leader");
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
        let kept = "SELECT count(*) FROM teams WHERE name = 'Red Guard' AND tag = 'NEW'";
        assert_eq!(app.count(kept), 1, "{method}");
    }
}

#[test]
fn the_tag_of_a_team_covers_what_each_member_sees() {
    let app = TestApp::new();
    let [leader, member, third] = ["leader", "member", "third"].map(|name| app.player(name));
    let team = app.team(&[(&leader, "leader"), (&member, "member")]);
    let path = format!("{TEAMS}/{team}");
    let read = |player: &Player| {
        let answer = app.get_as(player, &path).expect(200);
        (answer.json(), answer.etag())
    };
    let mut seen = vec![read(&leader), read(&member)];
    for sql in [
        format!(
            "INSERT INTO team_members VALUES ('{team}', '{}', 'officer', 'x', 0)",
            third.id
        ),
        format!(
            "UPDATE team_members SET role = 'officer' WHERE user_id = '{}'",
            member.id
        ),
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
    let app = TestApp::new();
    let player = app.player("leader");
    let team = app.team(&[(&player, "leader")]);
    for (body, mistakes) in [
        (json!({}), vec![("/name", "required")]),
        (json!({ "name": "" }), vec![("/name", "invalid_length")]),
        (json!({ "name": "  " }), vec![("/name", "invalid_length")]),
        (json!({ "name": "a\nb" }), vec![("/name", "invalid_format")]),
        (
            json!({
                "name": "n".repeat(101), "tag": "t".repeat(9), "description": "d".repeat(2_001),
                "role": "leader", "member_count": 7,
            }),
            vec![
                ("/description", "invalid_length"),
                ("/member_count", "unknown_field"),
                ("/name", "invalid_length"),
                ("/role", "unknown_field"),
                ("/tag", "invalid_length"),
            ],
        ),
        (
            json!({ "name": 1, "tag": null, "description": "a\u{0}b" }),
            vec![
                ("/description", "invalid_format"),
                ("/name", "invalid_type"),
                ("/tag", "invalid_type"),
            ],
        ),
        (
            // One sign for the eye, 201 characters.
            json!({ "name": format!("a{}", "\u{301}".repeat(200)) }),
            vec![("/name", "too_many_marks")],
        ),
    ] {
        let answer = app.post_as(&player, TEAMS, &body);
        let expected: Vec<_> = mistakes
            .iter()
            .map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned()))
            .collect();
        assert_eq!(answer.invalid(), expected, "{body}");
    }
    for (body, pointer, code) in [
        (json!({ "name": null }), "/name", "required"),
        (json!({ "name": " " }), "/name", "invalid_length"),
        (json!({ "role": "member" }), "/role", "unknown_field"),
        (json!([]), "", "invalid_type"),
    ] {
        let answer = app
            .patch_as(&player, &format!("{TEAMS}/{team}"), &body)
            .expect_problem(422, "invalid_input");
        assert_eq!(
            answer.mistakes(),
            [(pointer.to_owned(), code.to_owned())],
            "{body}"
        );
    }
    assert_eq!(app.rows("teams"), 1);
}

#[test]
fn names_of_every_script_come_back_as_they_came() {
    let app = TestApp::new();
    let player = app.player("leader");
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
        let invitation = app
            .invite(&player, &text(&made["id"]), &json!({}))
            .created();
        let shown = app.get(&format!(
            "/api/v1/invitations/{}",
            text(&invitation["code"])
        ));
        assert_eq!(shown.send().expect(200).json()["team"], body);
    }
}

#[test]
fn a_list_has_the_teams_that_one_is_in_page_by_page() {
    let app = TestApp::new();
    let (player, other) = (app.player("player"), app.player("other"));
    let mut expected = Vec::new();
    for number in 0..5 {
        app.wait_ms(1);
        let role = if number % 2 == 0 { "member" } else { "leader" };
        let team = app.team(&[(&player, role), (&other, "officer")]);
        expected.insert(0, (team, role.to_owned()));
        app.team(&[(&other, "leader")]);
    }
    let mut found = Vec::new();
    let mut target = format!("{TEAMS}?limit=2");
    let mut pages = 0;
    loop {
        let answer = app.get_as(&player, &target).expect(200);
        let page = answer.json();
        pages += 1;
        let items = array(&page["data"]);
        assert!(items.len() <= 2);
        found.extend(
            items
                .iter()
                .map(|team| (text(&team["id"]), text(&team["role"]))),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!(answer.header("link"), None);
            break;
        };
        target = format!("{TEAMS}?limit=2&cursor={cursor}");
        assert!(answer.header("link").expect("a link").contains(&target));
    }
    assert_eq!((found, pages), (expected, 3));
    // A page that is just full is the last one.
    let exact = app.get_as(&player, &format!("{TEAMS}?limit=5"));
    assert_eq!(exact.json()["next_cursor"], Value::Null);
    let wrong = app.get_as(&player, &format!("{TEAMS}?cursor=x"));
    wrong.expect_problem(422, "invalid_input");
}

#[test]
fn for_outsiders_there_is_no_such_team() {
    let app = TestApp::new();
    let [leader, stranger] = ["leader", "stranger"].map(|name| app.player(name));
    let boss = app.administrator("boss");
    let team = app.team(&[(&leader, "leader")]);
    app.team(&[(&stranger, "leader"), (&boss, "leader")]);
    let invitation = app.invite(&leader, &team, &json!({})).created();
    let invitation = text(&invitation["id"]);
    for (method, rest, body) in [
        ("GET", String::new(), Value::Null),
        ("PATCH", String::new(), json!({ "name": "Mine" })),
        ("DELETE", String::new(), Value::Null),
        ("GET", "/members".to_owned(), Value::Null),
        (
            "PATCH",
            format!("/members/{}", leader.id),
            json!({ "role": "member" }),
        ),
        ("DELETE", format!("/members/{}", leader.id), Value::Null),
        ("DELETE", format!("/members/{}", stranger.id), Value::Null),
        (
            "POST",
            "/hand-over".to_owned(),
            json!({ "user_id": stranger.id }),
        ),
        ("POST", "/invitations".to_owned(), json!({})),
        ("GET", "/invitations".to_owned(), Value::Null),
        ("DELETE", format!("/invitations/{invitation}"), Value::Null),
    ] {
        for player in [&stranger, &boss] {
            let answers = [&team, ABSENT, "team_x", "x"].map(|id| {
                let answer = app.as_player(player, method, &format!("{TEAMS}/{id}{rest}"), &body);
                answer.expect_problem(404, "not_found").without_request_id()
            });
            // Not to be told from a team that does not exist, nor from what is no id.
            assert!(
                answers.iter().all(|answer| *answer == answers[0]),
                "{method} {rest}"
            );
        }
    }
    assert_eq!(app.roles(&team), [(leader.id.clone(), "leader".to_owned())]);
    assert_eq!(app.rows("team_invitations"), 1);
}

#[test]
fn one_is_in_twenty_teams_at_most_also_with_all_at_once() {
    let app = TestApp::new();
    let player = app.player("player");
    for _ in 0..15 {
        app.team(&[(&player, "member")]);
    }
    let isolate = app.slow_isolate(9);
    let requests: Vec<_> = (0..12)
        .map(|number| {
            let body = json!({ "name": format!("Team number {number}") });
            isolate.post(TEAMS, &body).by(&player).request()
        })
        .collect();
    let answers = all_together(requests.iter().map(|it| isolate.app.handle(it)));
    app.skip_log();
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((made, refused), (5, 7));
    assert_eq!(app.rows("team_members"), 20);
    // Those that were refused have left nothing behind.
    assert_eq!(app.rows("teams"), 20);
    app.post_as(&player, TEAMS, &json!({ "name": "One more" }))
        .expect_problem(409, "too_many_teams");
}

#[test]
fn a_deleted_team_takes_its_own_along_and_gives_builds_back() {
    let app = TestApp::new();
    let [leader, member] = ["leader", "member"].map(|name| app.player(name));
    let team = app.team(&[(&leader, "leader"), (&member, "member")]);
    let kept = app.team(&[(&leader, "leader"), (&member, "member")]);
    app.invite(&leader, &team, &json!({})).expect(201);
    app.invite(&leader, &kept, &json!({})).expect(201);
    let shared = |team: &str, visibility: &str| {
        app.build(
            &member,
            &json!({ "visibility": visibility, "team_id": team }),
        )
    };
    let [only, public, other] = [
        shared(&team, "team"),
        shared(&team, "public"),
        shared(&kept, "team"),
    ];
    app.delete_as(&leader, &format!("{TEAMS}/{team}"))
        .expect(204);
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
    let app = TestApp::new();
    let [leader, officer] = ["leader", "officer"].map(|name| app.player(name));
    let team = app.team(&[(&leader, "leader"), (&officer, "officer")]);
    let kept = app.team(&[(&officer, "leader")]);
    let endpoint = |player: &Player, name: &str, team: &str| {
        let endpoint = app.endpoint(player, &format!("https://{name}.guild.gg/h"));
        app.execute(&format!(
            "UPDATE webhooks SET team_id = '{team}' WHERE id = '{}'",
            endpoint.id
        ));
        endpoint.id
    };
    let told = endpoint(&officer, "told", &team);
    let other = endpoint(&officer, "other", &kept);
    app.delete_as(&leader, &format!("{TEAMS}/{team}"))
        .expect(204);
    let hourly = || app.hourly();
    let reason = |id: &str| {
        let sql = format!("SELECT coalesce(disabled_reason, '') FROM webhooks WHERE id = '{id}'");
        app.execute(&sql)[0].text(0).expect("text").to_owned()
    };
    // The cron comes between the event and those who are told of it.
    hourly();
    assert_eq!(reason(&told), "");
    app.receivers_answer(500);
    assert_eq!(app.deliver().len(), 1);
    // It has not come through yet.
    hourly();
    assert_eq!(reason(&told), "");
    app.receivers_answer(200);
    let sent = app.deliver_after(6);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].url, "https://told.guild.gg/h");
    let body: Value =
        serde_json::from_str(sent[0].body.as_ref().expect("a body").as_str()).expect("JSON");
    assert_has!(body, { "type": "team.deleted", "data": { "id": team } });
    hourly();
    assert_eq!(
        (reason(&told).as_str(), reason(&other).as_str()),
        ("team_deleted", "")
    );
    let read = app.get_as(&officer, &format!("/api/v1/webhooks/{told}"));
    assert_eq!(read.expect(200).json()["disabled_reason"], "team_deleted");
}
