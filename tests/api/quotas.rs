//! Quotas of accounts and teams. The last one is accepted, the next is refused with its code, and a
//! deletion makes room again, for every way to add one. The features test other quotas.

use testing::prelude::*;

const MAX_BUILDS: usize = 1_000;
const MAX_SHARED: usize = 2_000;
const MAX_OWN: usize = 200;
const MAX_OF_TEAM: usize = 500;

/// Copies of a row with ids and numbers of their own, and other values in some columns.
fn copy(app: &TestApp, table: &str, row: &Value, count: usize, others: &[(&str, &str)]) {
    let names = app.texts(&format!("SELECT name FROM pragma_table_info('{table}')"));
    let start = app.rows(table);
    let value = |name: &String| match others.iter().find(|(other, _)| other == name) {
        Some((_, value)) => (*value).to_owned(),
        None if name == "id" => {
            format!("substr(r.id, 1, length(r.id) - 6) || printf('%06d', {start} + n)")
        }
        None if name == "number" => format!("{start} + n"),
        None => format!("r.{name}"),
    };
    let values: Vec<String> = names.iter().map(value).collect();
    app.execute(format!(
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) \
         INSERT INTO {table} ({}) SELECT {} FROM c, {table} r WHERE r.id = '{}'",
        names.join(", "),
        values.join(", "),
        text(&row["id"])
    ));
}

fn build(app: &TestApp, player: &Player, changes: &Value) -> Answer {
    app.post_as(player, BUILDS, &build_body(changes))
}

fn plan(app: &TestApp, player: &Player, changes: &Value) -> Answer {
    app.post_as(player, COMPOSITIONS, &composition_body(changes))
}

#[test]
fn an_account_has_a_thousand_builds() {
    let (app, [player, other]) = TestApp::with_players(["many", "other"]);
    let first = app.build(&player, &json!({}));
    copy(&app, "builds", &first, MAX_BUILDS - 2, &[]);
    build(&app, &player, &json!({ "tags": ["last"] })).expect(201);
    build(&app, &player, &json!({ "tags": ["one more"] })).expect_problem(409, "too_many_builds");
    assert_eq!(app.rows("builds"), 1_000);
    assert_eq!(app.rows("build_facets"), 1);
    build(&app, &other, &json!({})).expect(201);
    let changed = json!({ "name": "Changed" });
    app.patch_as(&player, &build_path(&first), &changed).ok();
    app.delete_as(&player, &build_path(&first)).expect(204);
    build(&app, &player, &json!({})).expect(201);
}

#[test]
fn two_thousand_builds_are_shared_with_a_team() {
    let (app, player) = TestApp::with_player("shares");
    let team = app.team(&[(&player, "leader")]);
    let shared = json!({ "visibility": "team", "team_id": team });
    let first = app.build(&player, &shared);
    let own = app.build(&player, &json!({}));
    let others = [("owner_id", "'user_01h455vb4pex5vsknk084sn02q'")];
    copy(&app, "builds", &first, MAX_SHARED - 2, &others);
    let share = |tag: &str| {
        let call = app.call("PATCH", &build_path(&own)).json(&shared);
        call.if_match(tag).by(&player).send()
    };
    let tag = || app.get_as(&player, &build_path(&own)).etag();
    share(&tag()).expect(200);
    build(&app, &player, &shared).expect_problem(409, "too_many_builds");
    // What is shared with it already may change, and one that is not may not come.
    let changed = json!({ "name": "Changed" });
    app.patch_as(&player, &build_path(&own), &changed).ok();
    let back = json!({ "visibility": "private", "team_id": null });
    app.patch_as(&player, &build_path(&own), &back).expect(200);
    build(&app, &player, &shared).expect(201);
    share(&tag()).expect_problem(409, "too_many_builds");
    share("\"1-x\"").expect(412);
    assert_eq!(app.rows("builds WHERE team_id IS NOT NULL"), 2_000);
}

#[test]
fn an_account_has_200_compositions_and_a_team_500() {
    let (app, player) = TestApp::with_player("plans");
    let team = app.team(&[(&player, "leader")]);
    let first = app.composition(&player, &json!({}));
    copy(&app, "compositions", &first, MAX_OWN - 2, &[]);
    plan(&app, &player, &json!({})).expect(201);
    let of_team = json!({ "team_id": team, "visibility": "team" });
    let planned = plan(&app, &player, &of_team).created();
    let refused = plan(&app, &player, &json!({ "tags": ["one more"] }));
    refused.expect_problem(409, "too_many_compositions");
    let copied = |body: &Value| app.post_as(&player, &format!("{}/copy", path_of(&planned)), body);
    copied(&json!({})).expect_problem(409, "too_many_compositions");
    copy(&app, "compositions", &planned, MAX_OF_TEAM - 2, &[]);
    copied(&json!({ "team_id": team })).expect(201);
    copied(&json!({ "team_id": team })).expect_problem(409, "too_many_compositions");
    plan(&app, &player, &of_team).expect_problem(409, "too_many_compositions");
    assert_eq!(app.rows("composition_tags"), 0);
    for (one, next) in [(&first, json!({})), (&planned, of_team)] {
        app.delete_as(&player, &path_of(one)).expect(204);
        plan(&app, &player, &next).expect(201);
        plan(&app, &player, &next).expect_problem(409, "too_many_compositions");
    }
}
