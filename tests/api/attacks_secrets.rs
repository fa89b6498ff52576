//! The table of attacks, row "canary secrets in the logs of the whole suite": which secrets the suite
//! looks for in every log line it sees. Each kind is among them, and a line with one fails. `support`
//! searches after each response.

use testing::authenticator::{SECOND_STEP, TWO_FACTOR, challenge, enrol};
use testing::prelude::*;
use wvw_builder::platform::Level;

use testing::webhooks;

/// What teams, squads and webhooks hand out, and what is guessed at them.
fn secrets_of_a_guild(app: &TestApp, player: &Player) -> Vec<(&'static str, String)> {
    let ask = |call: Call<'_>| call.by(player).send().json();
    let hook = webhooks::make(app, player, &json!({}));
    let rotate = format!("{WEBHOOKS}/{}/rotate-secret", text(&hook["id"]));
    let rotated = ask(app.post(&rotate, &json!({})));
    let team = app.team(&[(player, "leader")]);
    let invitation = app.invite(player, &team, &json!({})).created();
    let guessed = "wvwi_made-up-code";
    let guess = app.post("/api/v1/invitations/accept", &json!({ "code": guessed }));
    guess.by(player).send();
    let composition = text(&app.composition(player, &json!({}))["id"]);
    let shared = ask(app.call("POST", &format!("{COMPOSITIONS}/{composition}/share-links")));
    vec![
        ("webhook secret", text(&hook["secret"])),
        ("webhook secret after a rotation", text(&rotated["secret"])),
        ("invitation code", text(&invitation["code"])),
        ("a guessed invitation code", guessed.to_owned()),
        ("slug of a shared page", text(&shared["slug"])),
    ]
}

#[test]
fn every_kind_of_secret_is_looked_for_in_every_line() {
    let app = TestApp::new();
    let player = app.player("canary");
    let login = json!({ "email": player.email, "password": PASSWORD });
    let login = app.post("/api/v1/auth/login", &login).send().json();
    let begun = app
        .as_player(&player, "POST", TWO_FACTOR, &Value::Null)
        .ok();
    let authenticator = enrol(&app, &player);
    let challenge = challenge(&app, &player);
    let step = json!({ "challenge": challenge, "code": authenticator.fresh_code(&app) });
    let second = app.post(SECOND_STEP, &step).send().ok();
    let key = json!({ "name": "A bot", "scopes": ["builds:read"] });
    let key = app.post("/api/v1/auth/api-keys", &key).by(&player);
    let key = key.send().created();
    let change = json!({ "current_password": PASSWORD, "new_password": "a very secret new one" });
    let change = app.post("/api/v1/auth/password", &change);
    change.by(&player).send().expect(204);
    let lost = app.get("/nothing?access_token=in-the-query").send();
    lost.expect(404);
    let keyed = app
        .get(BUILDS)
        .header(Header::IdempotencyKey, "a-key-of-mine");
    keyed.send().expect(200);
    app.call("POST", "/api/v1/auth/login")
        .raw("application/json", "{\"password\": no json")
        .send();
    app.get(BUILDS).token("made-up-token").send().expect(401);
    let mut rows = vec![
        ("password", PASSWORD.to_owned()),
        ("new password", "a very secret new one".to_owned()),
        ("email", player.email.clone()),
        ("access token", player.token.clone()),
        (
            "access token of a second step",
            text(&second["access_token"]),
        ),
        ("refresh token", text(&login["refresh_token"])),
        ("device token", text(&login["device_token"])),
        ("TOTP secret", text(&begun["secret"])),
        ("otpauth URI", text(&begun["otpauth_uri"])),
        ("recovery code", authenticator.recovery_codes[9].clone()),
        ("challenge", challenge),
        ("API key", text(&key["key"])),
        ("idempotency key", "a-key-of-mine".to_owned()),
        ("a query", "access_token=in-the-query".to_owned()),
        (
            "a body that cannot be read",
            "{\"password\": no json".to_owned(),
        ),
        ("a token that is none", "made-up-token".to_owned()),
    ];
    rows.extend(secrets_of_a_guild(&app, &player));
    for (name, secret) in &rows {
        let line = json!({ "event": "request", "cause": format!("it was {secret}!") }).to_string();
        assert!(
            app.leak(&line).is_some(),
            "{name}: nobody would notice {line}"
        );
    }
    let harmless = json!({ "user_id": player.id, "route": BUILDS, "cause": "it was late" });
    assert_eq!(app.leak(&harmless.to_string()), None);
    // What the service itself writes at the worst of times.
    app.test.database.set_away(true);
    for (_, secret) in &rows {
        let body = json!({ "refresh_token": secret });
        app.post("/api/v1/auth/refresh", &body).send();
        app.get(&format!("/c/{}", percent_encoded(secret))).send();
        app.get(&format!("/api/v1/invitations/{}", percent_encoded(secret)))
            .send();
        app.get(BUILDS).token(secret).send();
    }
    app.test.database.set_away(false);
    let looked_at = app.test.log.lines().len();
    assert!(looked_at > 40, "{looked_at}");
    assert!(
        app.test
            .log
            .lines()
            .iter()
            .any(|(level, _)| *level == Level::Error)
    );
}
