//! A team's own scores: who sees and sets them, refusals, concurrent writes. A score that is left out has
//! its default. `analysis` has their effect.

use testing::prelude::*;

fn path(team: &str) -> String {
    format!("/api/v1/teams/{team}/scores")
}

fn put<'a>(app: &'a TestApp, team: &str, token: &str, scores: &Value) -> Call<'a> {
    let call = app.call("PUT", &path(team)).token(token);
    call.json(&json!({ "scores": scores }))
}

#[test]
fn officers_set_them_members_see_them_others_know_nothing_of_them() {
    let app = TestApp::new();
    let (leader, officer) = (app.player("leader"), app.player("officer"));
    let (member, stranger) = (app.player("member"), app.player("stranger"));
    let boss = app.administrator("boss");
    let team = app.team(&[
        (&leader, "leader"),
        (&officer, "officer"),
        (&member, "member"),
    ]);
    let scores = json!({ "62": { "stability": 2 } });
    for (player, seen, set) in [
        (&leader, 200, 200),
        (&officer, 200, 200),
        (&member, 200, 403),
        (&stranger, 404, 404),
        (&boss, 404, 404),
    ] {
        app.get(&path(&team)).by(player).send().expect(seen);
        let written = put(&app, &team, &player.token, &scores).send().expect(set);
        if set == 403 {
            assert_eq!(written.json()["code"], "insufficient_team_role");
        }
    }
    app.get(&path(&team)).send().expect(401);
    for id in ["nonsense", "team_01kanp2xc0e8br5v0xmvhv7j2e"] {
        let read = app.get(&path(id)).by(&leader);
        read.send().expect_problem(404, "not_found");
    }
}

#[test]
fn what_is_left_out_is_the_default_again() {
    let app = TestApp::new();
    let player = app.player("leader");
    let team = app.team(&[(&player, "leader")]);
    let read = || {
        let answer = app.get_as(&player, &path(&team));
        (answer.json()["scores"].clone(), answer.etag())
    };
    let (none, empty_tag) = read();
    assert_eq!(none, json!({}));
    let set = json!({ "81": { "quickness": 0 }, "62": { "strip": 2.0, "stability": 3 }, "46": {} });
    let answer = put(&app, &team, &player.token, &set).send().expect(200);
    // In the order of the table, and without what says nothing.
    let kept = r#"{"scores":{"62":{"stability":3,"strip":2},"81":{"quickness":0}}}"#;
    assert_eq!(String::from_utf8(answer.body.clone()).expect("UTF-8"), kept);
    assert_eq!(read(), (answer.json()["scores"].clone(), answer.etag()));
    let again = app
        .get(&path(&team))
        .header(Header::IfNoneMatch, &answer.etag());
    again.by(&player).send().expect(304);
    put(&app, &team, &player.token, &json!({}))
        .send()
        .expect(200);
    assert_eq!(read(), (json!({}), empty_tag));
}

#[test]
fn every_mistake_is_named() {
    let app = TestApp::new();
    let player = app.player("leader");
    let team = app.team(&[(&player, "leader")]);
    let scores = json!({ "62": { "hugs": 1, "strip": 4 }, "200": {}, "81": [] });
    let found = put(&app, &team, &player.token, &scores).send().invalid();
    let expected = [
        ("/scores/200", "unknown_specialization"),
        ("/scores/62/hugs", "unknown_function"),
        ("/scores/62/strip", "out_of_range"),
        ("/scores/81", "invalid_type"),
    ];
    assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let bodies = [
        (json!({}), "/scores", "required"),
        (json!({ "scores": null }), "/scores", "invalid_type"),
        (
            json!({ "scores": {}, "team_id": "x" }),
            "/team_id",
            "unknown_field",
        ),
    ];
    for (body, pointer, code) in bodies {
        let call = app.call("PUT", &path(&team)).by(&player);
        let answer = call.json(&body).send().expect_problem(422, "invalid_input");
        let expected = vec![(pointer.to_owned(), code.to_owned())];
        assert_eq!(answer.mistakes(), expected, "{body}");
    }
    let kept = app.count("SELECT count(*) FROM teams WHERE scores = '{}'");
    assert_eq!(kept, 1);
}

#[test]
fn of_two_who_set_them_at_once_one_reads_again() {
    let app = TestApp::new();
    let player = app.player("leader");
    let team = app.team(&[(&player, "leader")]);
    let tag = app.get_as(&player, &path(&team)).expect(200).etag();
    let set = |scores: Value| {
        let call = put(&app, &team, &player.token, &scores);
        call.if_match(&tag).send()
    };
    set(json!({ "62": { "stability": 1 } })).expect(200);
    set(json!({ "62": { "stability": 2 } })).expect_problem(412, "precondition_failed");
    let kept = app.get_as(&player, &path(&team)).json();
    assert_eq!(kept["scores"]["62"]["stability"], 1);
}

#[test]
fn a_change_in_between_is_neither_overwritten_nor_outlived() {
    let app = TestApp::new();
    let (player, other) = (app.player("leader"), app.player("other"));
    let team = app.team(&[(&player, "leader"), (&other, "leader")]);
    let others = r#"{"62":{"heal":1}}"#;
    let kept = || {
        let rows = app.test.database.execute("SELECT scores FROM teams");
        rows[0].text(0).expect("text").to_owned()
    };
    let demote = "UPDATE team_members SET role = 'member' WHERE user_id";
    for (sql, left) in [
        (format!("UPDATE teams SET scores = '{others}'"), others),
        (format!("{demote} = '{}'", player.id), others),
    ] {
        let slot = Rc::new(RefCell::new(None));
        let database = Raced {
            database: app.test.database.clone(),
            before: "UPDATE teams SET scores",
            sql: Rc::clone(&slot),
        };
        let late = app.isolate_on(platform_on(&app.test, 2, Box::new(database)));
        *slot.borrow_mut() = Some(sql.clone());
        let call = put(&late, &team, &player.token, &json!({ "62": { "heal": 3 } }));
        call.send().expect_problem(412, "precondition_failed");
        assert_eq!(kept(), left, "{sql}");
    }
}
