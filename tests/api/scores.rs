//! A team's own scores: refusals and concurrent writes. A score that is left out has its default. `analysis`
//! has their effect, `team_permissions` who sees and sets them.

use testing::prelude::*;

fn path(team: &str) -> String {
    format!("/api/v1/teams/{team}/scores")
}

fn put<'a>(app: &'a TestApp, team: &str, token: &str, scores: &Value) -> Call<'a> {
    let call = app.call("PUT", &path(team)).token(token);
    call.json(&json!({ "scores": scores }))
}

#[test]
fn what_is_left_out_is_the_default_again() {
    let (app, player) = TestApp::with_player("leader");
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
    assert_eq!(answer.text(), kept);
    assert_eq!(read(), (answer.json()["scores"].clone(), answer.etag()));
    let again = app.get(&path(&team)).by(&player);
    let again = again.header(Header::IfNoneMatch, &answer.etag());
    again.send().expect(304);
    // Of two who set them at once, one reads again.
    let none = put(&app, &team, &player.token, &json!({}));
    none.clone().if_match(&answer.etag()).send().expect(200);
    let late = none.if_match(&answer.etag()).send();
    late.expect_problem(412, "precondition_failed");
    assert_eq!(read(), (json!({}), empty_tag));
}

#[test]
fn every_mistake_is_named() {
    let (app, player) = TestApp::with_player("leader");
    let team = app.team(&[(&player, "leader")]);
    let scores = json!({ "62": { "hugs": 1, "strip": 4 }, "200": {}, "81": [] });
    let refused = put(&app, &team, &player.token, &scores).send();
    refused.expect_mistakes(
        "/scores/200 unknown_specialization, /scores/62/hugs unknown_function
        /scores/62/strip out_of_range, /scores/81 invalid_type",
    );
    let rows = r#"
        {} | /scores required
        { "scores": null } | /scores invalid_type
        { "scores": {}, "team_id": "x" } | /team_id unknown_field
    "#;
    refuse_each(rows, |body| app.put_as(&player, &path(&team), body));
    assert_eq!(app.rows("teams WHERE scores = '{}'"), 1);
}

#[test]
fn a_change_in_between_is_neither_overwritten_nor_outlived() {
    let (app, [player, other]) = TestApp::with_players(["leader", "other"]);
    let team = app.team(&[(&player, "leader"), (&other, "leader")]);
    let others = r#"{"62":{"heal":1}}"#;
    let body = json!({ "scores": { "62": { "heal": 3 } } });
    let path = path(&team);
    for sql in [
        format!("UPDATE teams SET scores = '{others}'"),
        sql::role(&player, "member"),
    ] {
        let call = ("PUT", path.as_str(), &body);
        let status = app.raced("UPDATE teams SET scores", sql, &player, call);
        assert_eq!(status, 412);
        assert_eq!(app.texts("SELECT scores FROM teams"), [others]);
    }
}
