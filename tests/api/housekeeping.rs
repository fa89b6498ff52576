//! What the hourly cron removes.
//! Promises that nothing stays for ever that means nothing any more, and nothing goes before.
//! Leaves signing keys and sealed values to `signing_keys` and `tests/simulation`.

use pollster::block_on;
use serde_json::json;
use wvw_builder::http::request::Header;

use crate::support::{TestApp, build_body};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A table, and how long after the scene its rows still mean something and then are gone.
const LIVES: &[(&str, i64, i64)] = &[
    ("challenges", 4 * 60_000, 6 * 60_000),
    ("idempotency_records", DAY_MS - 1, DAY_MS + HOUR_MS),
    ("guesses", DAY_MS - 1, 31 * DAY_MS),
    ("sessions", 90 * DAY_MS - 1, 90 * DAY_MS + HOUR_MS),
    ("team_invitations", 37 * DAY_MS - 1, 37 * DAY_MS + HOUR_MS),
    ("api_keys", 395 * DAY_MS - 1, 395 * DAY_MS + HOUR_MS),
];

/// Something in each of these tables.
fn scene() -> TestApp {
    let app = TestApp::new();
    let player = app.player("tidy");
    app.post("/api/v1/builds", &build_body(&json!({})))
        .token(&player.token)
        .header(Header::IdempotencyKey, "once")
        .send()
        .expect(201);
    let key = json!({ "name": "bot", "scopes": ["builds:read"] });
    let call = app.post("/api/v1/auth/api-keys", &key);
    call.token(&player.token).send().expect(201);
    let team = app.team(&[(&player, "leader")]);
    app.invite(&player, &team, &json!({})).expect(201);
    let wrong = json!({ "email": "nobody@guild.gg", "password": "no such words here" });
    app.post("/api/v1/auth/login", &wrong).send().expect(401);
    app.test.database.execute(&format!(
        "INSERT INTO challenges VALUES (x'00', '{}', 0, x'00', 0, 0, 1, {})",
        player.id,
        app.test_now() + 300_000
    ));
    app
}

#[test]
fn what_means_nothing_any_more_is_removed_and_nothing_else() {
    let now = scene().test_now();
    for (table, kept_ms, gone_ms) in LIVES {
        let app = scene();
        let count = || app.count(&format!("SELECT count(*) FROM {table}"));
        assert!(count() > 0, "the scene leaves nothing in {table}");
        let before = count();
        for (after_ms, expected) in [(*kept_ms, before), (*gone_ms, 0)] {
            app.test.clock.set_ms(now + after_ms);
            block_on(app.app.tick("17 * * * *", app.test_now()));
            assert_eq!(count(), expected, "{table} after {after_ms} ms");
        }
    }
}
