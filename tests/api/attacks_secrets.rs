//! The table of attacks, row "canary secrets in the logs of the whole suite": which secrets the suite
//! looks for in every log line it sees. Each kind is among them, and a line with one fails. `support`
//! searches after each response.

use testing::authenticator::{SECOND_STEP, TWO_FACTOR, challenge, enrol};
use testing::prelude::*;
use wvw_builder::platform::Level;

use testing::webhooks;

/// What teams, squads and webhooks hand out, and what is guessed at them.
fn secrets_of_a_guild(app: &TestApp, player: &Player) -> Vec<(&'static str, String)> {
    let hook = webhooks::make(app, player, &json!({}));
    let rotate = format!("{}/rotate-secret", webhooks::path(&hook));
    let rotated = app.post_as(player, &rotate, &json!({})).json();
    let team = app.team(&[(player, "leader")]);
    let invitation = app.invite(player, &team, &json!({})).created();
    let guessed = "wvwi_made-up-code";
    app.accept(player, guessed);
    let plan = app.composition(player, &json!({}));
    let shared = app.share_link(player, &plan);
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
    let (app, player) = TestApp::with_player("canary");
    let login = app.log_in(&player.email);
    let begun = app.act_as(&player, TWO_FACTOR).ok();
    let authenticator = enrol(&app, &player);
    let challenge = challenge(&app, &player);
    let step = json!({ "challenge": challenge, "code": authenticator.fresh_code(&app) });
    let second = app.post(SECOND_STEP, &step).ok();
    let key = app.api_key(&player, &["builds:read"]);
    let changed = app.change_password(&player, "a very secret new one");
    changed.expect(204);
    app.get("/nothing?access_token=in-the-query").expect(404);
    let keyed = app
        .get(BUILDS)
        .header(Header::IdempotencyKey, "a-key-of-mine");
    keyed.expect(200);
    let unreadable = "{\"password\": no json";
    app.call("POST", LOGIN)
        .raw("application/json", unreadable)
        .send();
    app.get(BUILDS).token("made-up-token").expect(401);
    let mut rows = vec![
        ("password", PASSWORD.to_owned()),
        ("new password", "a very secret new one".to_owned()),
        ("email", player.email.clone()),
        ("access token", player.token.clone()),
        ("second access token", text(&second["access_token"])),
        ("refresh token", text(&login["refresh_token"])),
        ("device token", text(&login["device_token"])),
        ("TOTP secret", text(&begun["secret"])),
        ("otpauth URI", text(&begun["otpauth_uri"])),
        ("recovery code", authenticator.recovery_codes[9].clone()),
        ("challenge", challenge),
        ("API key", text(&key["key"])),
        ("idempotency key", "a-key-of-mine".to_owned()),
        ("a query", "access_token=in-the-query".to_owned()),
        ("a body that cannot be read", unreadable.to_owned()),
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
        app.refresh(secret);
        for path in ["/c", "/api/v1/invitations"] {
            app.get(&format!("{path}/{}", percent_encoded(secret)))
                .send();
        }
        app.get(BUILDS).token(secret).send();
    }
    app.test.database.set_away(false);
    let lines = app.test.log.lines();
    assert!(lines.iter().any(|(level, _)| *level == Level::Error));
    let looked_at = lines.len();
    assert!(looked_at > 40, "{looked_at}");
}
