//! What each call asks of the database: round trips, and statements in them.
//! Promises that a route which asks for more than its row says fails, and that no call asks more often
//! because there is more. Leaves what the statements cost to `query_plans` and `query_work`.

use serde_json::json;
use wvw_builder::http::request::Header;
use wvw_builder::routes::ROUTES;

use crate::support::walk::Walk;
use crate::support::{BUILDS, Call, build_body, build_path, text};

/// Route, round trips, statements: of a call that goes well, by someone whose token this isolate has
/// seen in the last ten seconds. What is not here asks for nothing.
const TABLE: &str = "
";

/// Reads page after page: asks more often the more there is.
const PAGE_BY_PAGE: [&str; 1] = ["/api/v1/users/me/export"];

/// The rows of what was asked with `amount` of everything.
fn measured(amount: usize) -> Vec<(&'static str, String)> {
    let walk = Walk::with(amount);
    let database = &walk.app.test.database;
    let measure = |route: &'static wvw_builder::routes::Route| {
        let call = walk.call(route);
        let (calls, statements) = (database.calls(), database.statements());
        let answer = call.send();
        assert!(answer.status < 300, "{}: {}", answer.what, answer.status);
        let (calls, statements) = (database.calls() - calls, database.statements() - statements);
        let (method, path) = (route.method.as_str(), route.path);
        (path, format!("{method:<6} {path} {calls} {statements}"))
    };
    ROUTES.iter().map(measure).collect()
}

#[test]
fn a_call_asks_what_its_row_says_and_no_more_when_there_is_more() {
    let few = measured(1);
    let many = measured(105);
    let rows: Vec<&str> = TABLE.trim().lines().map(str::trim).collect();
    let asks = |row: &str| !row.ends_with(" 0 0");
    let mut wrong = Vec::new();
    for ((path, few), (_, many)) in few.iter().zip(&many) {
        let is_right = rows.contains(&many.as_str()) || !asks(many);
        if !is_right || (few != many && !PAGE_BY_PAGE.contains(path)) {
            wrong.push(format!("{many} (with one of each: {few})"));
        }
    }
    let asking = many.iter().filter(|(_, row)| asks(row)).count();
    assert!(
        wrong.is_empty() && asking == rows.len(),
        "rows that are not as the table has them, of {asking} for {}:\n{}",
        rows.len(),
        wrong.join("\n")
    );
}

#[test]
fn what_comes_before_a_call_is_asked_for_once() {
    let walk = Walk::with(1);
    let (app, player) = (&walk.app, &walk.holder.player);
    let build = build_path(&app.build(player, &json!({ "visibility": "public" })));
    let body = json!({ "name": "A bot", "scopes": ["builds:read", "builds:write"] });
    let call = app.post("/api/v1/auth/api-keys", &body);
    let made = call.token(&player.token).send().expect(201).json();
    let key = text(&made["key"]);
    let fresh = text(&app.log_in(&player.email)["access_token"]);
    let ago = |seconds: i64| app.test.clock.advance_ms(seconds * 1_000);
    let read = |token: &str| app.get(&build).token(token);
    let write = |key: &str| {
        let call = app.post(BUILDS, &build_body(&json!({})));
        let call = call.token(&player.token);
        if key.is_empty() {
            call
        } else {
            call.header(Header::IdempotencyKey, key)
        }
    };
    type Row<'a> = (&'static str, i64, Call<'a>, usize);
    let rows: [Row<'_>; 12] = [
        ("nobody", 0, app.get(&build), 1),
        ("a token that is new here", 0, read(&fresh), 2),
        ("the same again", 0, read(&fresh), 1),
        ("after nine seconds", 9, read(&fresh), 1),
        ("after ten", 1, read(&fresh), 2),
        ("a key that is new here", 0, read(&key), 3),
        ("the same again", 0, read(&key), 1),
        ("after ten seconds", 10, read(&key), 2),
        ("a write with a token that waited", 0, write(""), 2),
        ("a write", 0, write(""), 1),
        ("a write that is to happen once", 0, write("once"), 2),
        ("its answer again", 0, write("once"), 2),
    ];
    for (name, seconds, call, expected) in rows {
        ago(seconds);
        let calls = app.calls_of(|| drop(call.send()));
        assert_eq!(calls, expected, "{name}");
    }
}
