//! Webhook endpoints: create, change, disable, delete, and invalid input. No refused URL is stored.
//! `webhooks_secrets` has secrets and tests, `webhooks_log` the log of deliveries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use testing::prelude::*;
use testing::webhooks::{URL, actions, ask, delivery, get, make, make_proved, patch, path};
use wvw_builder::events::signing::EndpointSecret;

/// A secret as it is shown.
fn shown(secret: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

#[test]
fn an_endpoint_is_made_shown_changed_and_deleted() {
    let (app, player) = TestApp::with_player("owner");
    let body = json!({
        "url": "https://Bot.Guild.gg:443/hooks?x=1", "description": "  Discord bot ",
        "event_types": ["build.created", "build.deleted", "build.created"], "rate_limit": 60,
        "headers": { "X-Guild": "red", "Authorization": "Bearer of-the-bot" },
    });
    let answer = ask(&app, &player, &body).send().expect(201);
    let mut made = answer.json();
    assert_eq!(answer.header("location"), Some(path(&made).as_str()));
    assert_has!(made, {
        "url": "https://bot.guild.gg/hooks?x=1", "event_types": ["build.created", "build.deleted"],
        "description": "Discord bot", "headers": { "x-guild": "red" },
        "hidden_headers": ["authorization"],
    });
    assert_eq!(made["health"]["state"], "unproved");
    assert_has!(made, { "api_key_id": null, "enabled": true });
    let secret = text(&made["secret"]);
    let parsed = EndpointSecret::parse(&secret).expect("a secret");
    assert_eq!(parsed.expose().len(), 32);

    made.as_object_mut().expect("an object").remove("secret");
    let read = get(&app, &player, &made).expect(200);
    assert_eq!((read.json(), read.etag()), (made.clone(), answer.etag()));
    let again = app.get(&path(&made)).by(&player);
    let again = again.header(Header::IfNoneMatch, &read.etag());
    again.send().expect(304);
    let list = app.get_as(&player, WEBHOOKS).ok();
    assert_eq!(list["data"], json!([made]));

    app.wait_ms(1_000);
    let change = json!({
        "event_types": ["*"], "description": null, "rate_limit": null,
        "headers": { "x-guild": null, "x-other": "1" },
    });
    let stale = patch(&app, &player, &made, &change).if_match("\"7\"");
    stale.send().expect_problem(412, "precondition_failed");
    let fresh = patch(&app, &player, &made, &change).if_match(&read.etag());
    let changed = fresh.send().expect(200);
    assert_ne!(changed.etag(), read.etag());
    let changed = changed.json();
    assert_has!(changed, {
        "event_types": ["*"], "description": "", "rate_limit": null, "headers": { "x-other": "1" },
        "hidden_headers": ["authorization"], "url": made["url"],
    });
    assert_eq!(get(&app, &player, &made).json(), changed);

    let delete = || app.call("DELETE", &path(&made)).by(&player);
    let stale = delete().if_match(&read.etag());
    stale.send().expect_problem(412, "precondition_failed");
    delivery(&app, &text(&made["id"]), "pending", 0);
    delete().send().expect(204);
    delete().send().expect_problem(404, "not_found");
    let tables = "webhooks webhook_secrets webhook_deliveries webhook_attempts";
    for table in tables.split(' ') {
        assert_eq!(app.rows(table), 0, "{table}");
    }
    let changed = r#"webhook.changed ["event_types","description","rate_limit","headers"]"#;
    let expected = ["webhook.created", changed, "webhook.deleted"];
    assert_eq!(actions(&app), expected);
    let log = app.texts("SELECT entry FROM audit_log").concat();
    for secret in ["guild.gg/hooks", "whsec_"] {
        assert!(!log.contains(secret), "{log}");
    }
}

/// A body as that of a new endpoint, and as a change of one.
fn both<'a>(app: &'a TestApp, player: &Player, webhook: &Value, body: &Value) -> [Call<'a>; 2] {
    [ask(app, player, body), patch(app, player, webhook, body)]
}

/// Spellings by which someone would get inside, after what is said of each.
const REFUSED: &str = "
    invalid_url hook https:/guild.gg https:\\\\guild.gg https://guild.gg\\@127.0.0.1/
    invalid_url https://gu\u{e9}ld.gg/ https://guild\u{3002}gg/
    scheme_not_https http://guild.gg/ ftp://guild.gg/ file:///etc/passwd javascript://guild.gg/
    user_info_in_url https://user@guild.gg/ https://user:pass@guild.gg/
    fragment_in_url https://guild.gg/#x
    port_not_allowed https://guild.gg:22/
    invalid_host https://%6c%6f/ https://256.1.1.1/
    private_name https://localhost/ https://LOCALHOST./ https://a.localhost/ https://intranet/
    private_name https://printer.local/ https://metadata.google.internal/
    own_host https://builds.guild.gg/ https://BUILDS.guild.gg./api
    private_address https://127.0.0.1/ https://127.0.0.1./ https://127.1/ https://2130706433/
    private_address https://0x7f000001/ https://017700000001/ https://0/ https://10.0.0.1/
    private_address https://169.254.169.254/latest/meta-data https://172.16.0.1/ https://100.64.0.1/
    private_address https://192.168.0.1/ https://[::1]/ https://[::]/ https://[::ffff:127.0.0.1]/
    private_address https://[::ffff:7f00:1]/ https://[64:ff9b::a00:1]/ https://[2002:7f00:1::]/
    private_address https://[fd00::1]/ https://[fe80::1]/
";

#[test]
fn no_url_leads_inside_neither_at_first_nor_by_a_change() {
    let (app, player) = TestApp::with_player("attacker");
    let webhook = make(&app, &player, &json!({}));
    let refuse = |url: &str, code: &str| {
        for call in both(&app, &player, &webhook, &json!({ "url": url })) {
            call.send().expect_mistakes(&format!("/url {code}"));
        }
    };
    for row in REFUSED.trim().lines() {
        let (code, urls) = row.trim().split_once(' ').expect("URLs");
        urls.split(' ').for_each(|url| refuse(url, code));
    }
    for url in [" https://guild.gg/", "https://guild.gg/\n"] {
        refuse(url, "invalid_url");
    }
    assert_eq!(get(&app, &player, &webhook).json()["url"], URL);
    assert_eq!(app.rows("webhooks"), 1);
    assert_eq!(app.test.web.requests().len(), 0);
}

#[test]
fn an_endpoint_is_refused_with_all_its_mistakes() {
    let (app, player) = TestApp::with_player("mistaken");
    let webhook = make(&app, &player, &json!({}));
    let many: Vec<String> = (0..21).map(|n| format!("x.{n}")).collect();
    let rows = r#"
        { "event_types": [] } | /event_types invalid_length
        { "event_types": "*" } | /event_types invalid_type
        { "event_types": ["build.made"] } | /event_types/0 unknown_event_type
        { "event_types": ["ping", "*"] } | /event_types/1 unknown_event_type
        { "event_types": ["ping", "Ping"] } | /event_types/1 unknown_event_type
        { "team_id": "team_x" } | /team_id invalid_format
        { "rate_limit": 0 } | /rate_limit out_of_range
        { "rate_limit": 60001 } | /rate_limit out_of_range
        { "rate_limit": "60" } | /rate_limit invalid_type
        { "enabled": 1 } | /enabled invalid_type
        { "description": "a\nb" } | /description invalid_format
        { "url": 5 } | /url invalid_type
        { "url": "" } | /url invalid_length
        { "secret_key": "x" } | /secret_key unknown_field
    "#;
    refuse_each(rows, |body| ask(&app, &player, body).send());
    refuse_each(rows, |body| patch(&app, &player, &webhook, body).send());
    for call in both(&app, &player, &webhook, &json!({ "event_types": many })) {
        let found = call.send().invalid();
        assert!(found.contains(&("/event_types".to_owned(), "invalid_length".to_owned())));
    }
    let named = ask(&app, &player, &json!({ "event_types": ["build.made"] })).send();
    assert!(text(&named.json()["errors"][0]["detail"]).contains("\"build.made\""));
    for headers in [
        json!([]),
        json!({ "host": "x" }),
        json!({ "webhook-id": "x" }),
        json!({ "content-type": "text/plain" }),
        json!({ "x-a": "b\r\nc: d" }),
        json!({ "x-a": 5 }),
        json!({ "x a": "b" }),
    ] {
        for call in both(&app, &player, &webhook, &json!({ "headers": headers })) {
            // A list in a merge patch replaces the object.
            call.send().expect_problem(422, "invalid_input");
        }
    }
    let all = json!({ "url": "http://x", "event_types": ["?"], "team_id": "x", "secret": "x" });
    assert_eq!(ask(&app, &player, &all).send().invalid().len(), 4);
    app.post_as(&player, WEBHOOKS, &json!({})).expect(422);
    let secret = json!({ "secret": shown(&[7; 32]) });
    patch(&app, &player, &webhook, &secret).send().expect(422);
    assert_eq!(app.rows("webhooks"), 1);
}

#[test]
fn a_secret_of_the_clients_own_has_the_form_of_the_standard() {
    let (app, player) = TestApp::with_player("secretive");
    let good = [24, 32, 64].map(|length| shown(&vec![201; length]));
    for (place, secret) in good.iter().enumerate() {
        let body = json!({ "secret": secret, "url": format!("{URL}/{place}") });
        let made = make(&app, &player, &body);
        assert_eq!(made["secret"], **secret);
    }
    let webhook = make(&app, &player, &json!({}));
    let rotate = format!("{}/rotate-secret", path(&webhook));
    for secret in [
        shown(&[201; 23]),
        shown(&[201; 65]),
        good[1].replace("whsec_", ""),
        good[1].replace("whsec_", "whsec-"),
        good[1].trim_end_matches('=').to_owned(),
        format!("{} ", good[1]),
        good[1].replace('y', "-"),
        String::new(),
    ] {
        let body = json!({ "secret": secret });
        let rotation = app.post(&rotate, &body).by(&player);
        for call in [ask(&app, &player, &body), rotation] {
            call.send().expect_mistakes("/secret invalid_secret");
        }
    }
}

#[test]
fn disabled_it_holds_what_waits_and_enabled_it_begins_anew() {
    let (app, player) = TestApp::with_player("switch");
    let webhook = make_proved(&app, &player, &json!({}));
    let id = text(&webhook["id"]);
    let states = || {
        let state = "state || iif(claim IS NULL, '', ' leased')";
        app.texts(&format!(
            "SELECT {state} FROM webhook_deliveries ORDER BY 1"
        ))
    };
    let set = |body: Value| patch(&app, &player, &webhook, &body).send().ok();
    for (state, leased_until) in [("pending", 0), ("pending", app.test_now() + 9), ("dead", 0)] {
        delivery(&app, &id, state, leased_until);
    }
    app.execute(
        "UPDATE webhooks SET failures = 7, failing_since = 1, paused_until = 9e15, \
         hung_until = 9e15, is_proven = 1",
    );
    let failing = get(&app, &player, &webhook).ok();
    assert_has!(failing["health"], { "state": "paused", "failures": 7 });

    let off = set(json!({ "enabled": false }));
    assert_has!(off, {
        "enabled": false, "disabled_reason": "owner", "disabled_at": "2026-11-22T00:00:00.000Z",
    });
    assert_eq!(off["health"]["failures"], 7);
    assert_eq!(states(), ["dead", "held", "pending leased"]);
    // Said again later, it stays as it was.
    app.wait_ms(5);
    let again = set(json!({ "enabled": false }));
    assert_eq!(again["disabled_at"], off["disabled_at"]);
    assert_eq!(app.test.queue.take_all(), []);

    let on = set(json!({ "enabled": true }));
    assert_has!(on, { "disabled_at": null, "disabled_reason": null });
    assert_has!(on["health"], { "state": "healthy", "failing_since": null });
    assert_eq!(states(), ["dead", "pending", "pending leased"]);
    let woken = app.test.queue.take_all();
    assert_eq!(woken.len(), 1);
    assert_eq!(woken[0].body, id);
    assert_eq!(get(&app, &player, &webhook).json(), on);
    // Another host: nobody knows how it answers.
    let moved = set(json!({ "url": "https://b.guild.gg/" }));
    assert_eq!(moved["health"]["state"], "unproved");
}
