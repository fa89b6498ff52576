//! The database round trips of each call, and the statements in them. A route that makes more than its
//! row says fails, and no call makes more because there is more data. `query_plans` and `query_work` have
//! the cost of statements.

use testing::prelude::*;

/// Route, round trips, statements: of a call that goes well, by someone whose token this isolate has
/// seen in the last ten seconds. What is not here asks for nothing.
const TABLE: &str = "
    GET    /api/v1/builds/{id} 1 1
    GET    /api/v1/builds 1 1
    POST   /api/v1/builds 1 5
    PUT    /api/v1/builds/{id} 2 7
    PATCH  /api/v1/builds/{id} 2 7
    DELETE /api/v1/builds/{id} 2 5
    GET    /api/v1/compositions/{id}/analysis 2 2
    GET    /api/v1/compositions/{id}/compare/{other} 3 3
    GET    /api/v1/compositions/{id} 1 1
    GET    /api/v1/compositions 1 1
    POST   /api/v1/compositions 3 8
    PUT    /api/v1/compositions/{id} 3 10
    PATCH  /api/v1/compositions/{id} 3 10
    DELETE /api/v1/compositions/{id} 3 7
    GET    /api/v1/compositions/{id}/versions 2 2
    GET    /api/v1/compositions/{id}/versions/{version} 2 2
    POST   /api/v1/compositions/{id}/versions/{version}/restore 3 10
    POST   /api/v1/compositions/{id}/copy 4 9
    POST   /api/v1/compositions/{id}/share-links 3 6
    GET    /api/v1/compositions/{id}/share-links 2 2
    DELETE /api/v1/compositions/{id}/share-links/{link_id} 3 6
    POST   /api/v1/auth/register 3 6
    POST   /api/v1/auth/login 5 11
    POST   /api/v1/auth/login/two-factor 6 16
    POST   /api/v1/auth/refresh 2 3
    POST   /api/v1/auth/logout 3 5
    GET    /api/v1/auth/sessions 1 1
    DELETE /api/v1/auth/sessions 2 5
    DELETE /api/v1/auth/sessions/{id} 2 5
    POST   /api/v1/auth/password 8 18
    POST   /api/v1/auth/reauthenticate 7 11
    POST   /api/v1/auth/end-everything 4 20
    POST   /api/v1/auth/two-factor 2 4
    DELETE /api/v1/auth/two-factor 9 21
    POST   /api/v1/auth/two-factor/confirm 5 24
    POST   /api/v1/auth/two-factor/recovery-codes 5 21
    POST   /api/v1/auth/two-factor/removal 4 7
    DELETE /api/v1/auth/two-factor/removal 2 6
    POST   /api/v1/auth/email/verification 3 5
    POST   /api/v1/auth/email/verify 4 9
    POST   /api/v1/auth/email/undo 4 15
    POST   /api/v1/auth/password-reset 1 1
    POST   /api/v1/auth/password-reset/confirm 3 12
    POST   /api/v1/auth/api-keys 2 6
    GET    /api/v1/auth/api-keys 1 1
    DELETE /api/v1/auth/api-keys/{id} 2 7
    POST   /api/v1/webhooks 3 10
    GET    /api/v1/webhooks 1 1
    GET    /api/v1/webhooks/{id} 1 1
    PATCH  /api/v1/webhooks/{id} 3 6
    DELETE /api/v1/webhooks/{id} 3 6
    POST   /api/v1/webhooks/{id}/rotate-secret 3 8
    POST   /api/v1/webhooks/{id}/test 3 3
    GET    /api/v1/webhooks/{id}/deliveries 2 2
    POST   /api/v1/webhooks/{id}/recover 3 5
    GET    /api/v1/webhooks/deliveries/{id} 2 2
    POST   /api/v1/webhooks/deliveries/{id}/retry 2 4
    POST   /api/v1/teams 3 8
    GET    /api/v1/teams 1 1
    GET    /api/v1/teams/{id} 1 1
    PATCH  /api/v1/teams/{id} 3 7
    DELETE /api/v1/teams/{id} 3 8
    GET    /api/v1/teams/{id}/members 2 2
    PATCH  /api/v1/teams/{id}/members/{user_id} 3 9
    DELETE /api/v1/teams/{id}/members/{user_id} 4 16
    POST   /api/v1/teams/{id}/hand-over 4 12
    POST   /api/v1/teams/{id}/invitations 3 6
    GET    /api/v1/teams/{id}/invitations 2 2
    DELETE /api/v1/teams/{id}/invitations/{invitation_id} 3 6
    POST   /api/v1/invitations/accept 4 9
    GET    /api/v1/invitations/{code} 1 1
    GET    /api/v1/teams/{id}/bans 2 2
    DELETE /api/v1/teams/{id}/bans/{user_id} 3 6
    GET    /api/v1/teams/{id}/webhooks 2 2
    DELETE /api/v1/teams/{id}/webhooks/{webhook_id} 3 6
    GET    /api/v1/teams/{id}/share-links 2 2
    DELETE /api/v1/teams/{id}/share-links/{link_id} 3 6
    GET    /api/v1/teams/{id}/scores 1 1
    PUT    /api/v1/teams/{id}/scores 3 6
    GET    /api/v1/teams/{id}/players 1 1
    POST   /api/v1/teams/{id}/players 3 5
    GET    /api/v1/teams/{id}/players/export 1 1
    POST   /api/v1/teams/{id}/players/import 5 8
    GET    /api/v1/teams/{id}/players/{player_id} 1 1
    PUT    /api/v1/teams/{id}/players/{player_id} 3 5
    PATCH  /api/v1/teams/{id}/players/{player_id} 3 5
    DELETE /api/v1/teams/{id}/players/{player_id} 3 6
    GET    /api/v1/users/me 1 1
    PATCH  /api/v1/users/me 3 7
    DELETE /api/v1/users/me 8 47
    GET    /api/v1/users/me/export 30 31
    GET    /api/v1/users/me/dashboard 2 2
    GET    /api/v1/admin/signing-keys 6 6
    POST   /api/v1/admin/signing-keys/rotate 4 8
    GET    /api/v1/admin/users/{id} 1 1
    PATCH  /api/v1/admin/users/{id} 3 7
    GET    /api/v1/admin/audit-log 1 1
    GET    /api/v1/tags 1 1
    POST   /reset 3 12
    POST   /verify 4 9
    POST   /undo 4 15
    POST   /remove-factor 4 7
    GET    /i/{code} 1 1
    GET    /c/{slug} 2 2
    GET    /c/{slug}/card.png 2 2
    GET    /health/ready 1 1
";

/// What asks more the more there is, and why.
const GROWING: [(Method, &str, &str); 2] = [
    (Method::Get, "/api/v1/users/me/export", "page after page"),
    (Method::Delete, ME, "a row of the log for each team"),
];

/// The rows of what was asked with `amount` of everything.
fn measured(amount: usize) -> Vec<(&'static Route, String)> {
    let walk = Walk::with(amount);
    let database = &walk.app.test.database;
    let measure = |route: &'static Route| {
        let call = walk.call(route);
        let (calls, statements) = (database.calls(), database.statements());
        let answer = call.send();
        assert!(answer.status < 400, "{}: {}", answer.what, answer.status);
        let (calls, statements) = (database.calls() - calls, database.statements() - statements);
        let (method, path) = (route.method.as_str(), route.path);
        (route, format!("{method:<6} {path} {calls} {statements}"))
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
    for ((route, few), (_, many)) in few.iter().zip(&many) {
        let is_growing = |(method, path, _): &(Method, &str, &str)| {
            route.method == *method && route.path == *path
        };
        let is_right = rows.contains(&many.as_str()) || !asks(many);
        if !is_right || (few != many && !GROWING.iter().any(is_growing)) {
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
    let key = text(&app.api_key(player, &["builds:read", "builds:write"])["key"]);
    let fresh = app.new_token(player);
    let read = |token: &str| app.get(&build).token(token);
    let write = || app.post(BUILDS, &build_body(&json!({}))).by(player);
    let once = || write().header(Header::IdempotencyKey, "once");
    let rows: [(&str, i64, Call<'_>, usize); 12] = [
        ("nobody", 0, app.get(&build), 1),
        ("a token that is new here", 0, read(&fresh), 2),
        ("the same again", 0, read(&fresh), 1),
        ("after nine seconds", 9, read(&fresh), 1),
        ("after ten", 1, read(&fresh), 2),
        ("a key that is new here", 0, read(&key), 3),
        ("the same again", 0, read(&key), 1),
        ("after ten seconds", 10, read(&key), 2),
        ("a write with a token that waited", 0, write(), 2),
        ("a write", 0, write(), 1),
        ("a write that is to happen once", 0, once(), 2),
        ("its answer again", 0, once(), 2),
    ];
    for (name, seconds, call, expected) in rows {
        app.wait_ms(seconds * 1_000);
        let calls = app.calls_of(|| drop(call.send()));
        assert_eq!(calls, expected, "{name}");
    }
}
