//! Forgotten passwords: who gets a link, what it allows, and what strangers learn. Every address gets the
//! same response after the same work, and a link works once, while the account is unchanged. `mail` has
//! delivery.

use testing::authenticator;
use testing::prelude::*;

const CONFIRM: &str = "/api/v1/auth/password-reset/confirm";
const NEW: &str = "five other words in it";
const FORM: &str = "application/x-www-form-urlencoded";

fn ask(app: &TestApp, email: &str) -> Answer {
    app.post(RESET, &json!({ "email": email })).send()
}

fn confirm(app: &TestApp, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "new_password": password });
    app.post(CONFIRM, &body).send()
}

fn log_in(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    app.post(LOGIN, &body).send()
}

/// A link for a player.
#[track_caller]
fn link(app: &TestApp, player: &Player) -> String {
    app.mails();
    ask(app, &player.email).expect(202);
    token_of(&app.mail_to(&player.email))
}

#[test]
fn a_link_sets_the_password_once_and_ends_logins_and_other_links() {
    let app = TestApp::new();
    let player = app.proved("eir");
    let key = json!({ "name": "bot", "scopes": ["builds:read"] });
    let key = app.post("/api/v1/auth/api-keys", &key).by(&player);
    let key = text(&key.send().created()["key"]);
    let (first, second) = (link(&app, &player), link(&app, &player));
    // A password that is refused leaves the link as it is.
    confirm(&app, &first, "short").expect_problem(422, "invalid_input");
    confirm(&app, &first, NEW).expect(204);
    let told = app.mail_to(&player.email);
    assert!(told.subject.contains("changed"), "{}", told.subject);
    for token in [&first, &second] {
        confirm(&app, token, "six words that nobody else has").expect_problem(410, "invalid_link");
    }
    log_in(&app, &player.email, PASSWORD).expect(401);
    log_in(&app, &player.email, NEW).expect(200);
    app.get_as(&player, ME).expect(401);
    let refresh = json!({ "refresh_token": player.refresh_token });
    app.post("/api/v1/auth/refresh", &refresh)
        .send()
        .expect(401);
    // Keys stay, unless asked.
    let builds = || app.get("/api/v1/builds?owner=me").token(&key).send();
    builds().expect(200);
    let token = link(&app, &player);
    let body = json!({ "token": token, "new_password": PASSWORD, "revoke_api_keys": true });
    app.post(CONFIRM, &body).send().expect(204);
    app.test.clock.advance_ms(10_000);
    builds().expect(401);
    assert_eq!(app.logged("password.reset"), 2);
}

#[test]
fn a_link_lasts_an_hour() {
    let app = TestApp::new();
    let player = app.proved("eir");
    let token = link(&app, &player);
    app.test.clock.advance_ms(HOUR_MS - 1);
    confirm(&app, &token, "short").expect(422);
    app.test.clock.advance_ms(1);
    confirm(&app, &token, NEW).expect_problem(410, "invalid_link");
}

#[test]
fn every_address_gets_the_same_answer_after_the_same_work() {
    let app = TestApp::new();
    let known = app.proved("known");
    let unproved = app.player("unproved");
    let disabled = app.proved("disabled");
    let sql = format!(
        "UPDATE users SET disabled_at = 1 WHERE id = '{}'",
        disabled.id
    );
    app.test.database.execute(&sql);
    app.mails();
    let nobody = "nobody@guild.gg";
    let mut seen: Option<(Vec<u8>, Vec<String>)> = None;
    for email in [&known.email, &unproved.email, &disabled.email, nobody] {
        let before = app.test.database.statements();
        let answer = ask(&app, email).expect(202);
        let work = app.test.database.recorded()[before..].to_vec();
        let work: Vec<_> = work.iter().map(|it| it.sql.to_string()).collect();
        match &seen {
            None => seen = Some((answer.body, work)),
            Some((body, sql)) => {
                assert_eq!((&answer.body, &work), (body, sql), "{email}");
            }
        }
    }
    // Only then is it looked up, and only who has proved the address gets something.
    let sent = app.mails();
    let to: Vec<_> = sent.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, [known.email.as_str()]);
    assert_eq!(app.rows("mails"), 0);
}

#[test]
fn it_is_limited_by_network_by_address_and_by_account() {
    let production = |name: &str| match name {
        "LIMIT_RESET" | "LIMIT_MAILBOX" => None,
        name => config_value(name),
    };
    let app = TestApp::with(production);
    let player = app.proved("eir");
    let from = |network: &str, email: &str| {
        let call = app.post(RESET, &json!({ "email": email }));
        call.header(Header::ConnectingIp, network).send()
    };
    // Of an address, known or not, five an hour.
    for email in [player.email.as_str(), "nobody@guild.gg"] {
        let left = if email == player.email { 4 } else { 5 };
        for number in 0..left {
            from(&format!("192.0.2.{number}"), email).expect(202);
        }
        from("192.0.2.9", email).expect_problem(429, "quota_exceeded");
    }
    // Of a network ten, for any addresses.
    for number in 0..10 {
        from("198.51.100.1", &format!("a{number}@guild.gg")).expect(202);
    }
    from("198.51.100.1", "b@guild.gg").expect_problem(429, "quota_exceeded");
    // Of an account three links work at a time.
    app.mails();
    let links = "SELECT count(*) FROM email_links WHERE purpose = 'reset'";
    assert_eq!(app.count(links), 3);
}

#[test]
fn the_second_factor_stays_in_force() {
    let app = TestApp::new();
    let player = app.proved("eir");
    let device = authenticator::enrol(&app, &player);
    let token = link(&app, &player);
    confirm(&app, &token, NEW).expect(204);
    let answer = log_in(&app, &player.email, NEW).expect_problem(401, "two_factor_required");
    let body = json!({
        "challenge": answer.json()["challenge"],
        "code": device.recovery_codes[0],
    });
    app.post(authenticator::SECOND_STEP, &body)
        .send()
        .expect(200);
}

#[test]
fn a_link_is_worth_nothing_once_the_account_is_another() {
    for (name, sql) in [
        ("disabled", "UPDATE users SET disabled_at = 1"),
        ("deleted", "DELETE FROM users"),
        ("moved", "UPDATE users SET email_key = 'else@guild.gg'"),
        ("not proved", "UPDATE users SET email_verified_at = NULL"),
        (
            "password changed",
            "UPDATE users SET password_changed_at = password_changed_at + 1000000",
        ),
        ("used", "DELETE FROM email_links"),
    ] {
        // Before the call, and right before its write.
        for is_raced in [false, true] {
            let app = TestApp::new();
            let player = app.proved("eir");
            let token = link(&app, &player);
            let hash = "SELECT count(DISTINCT password_hash) FROM users";
            let before = app.test.database.execute("SELECT password_hash FROM users");
            let (racing, slot) = app.racing_isolate("DELETE FROM email_links WHERE hash", None);
            if is_raced {
                *slot.borrow_mut() = Some(sql.to_owned());
            } else {
                app.test.database.execute(sql);
            }
            let answer = confirm(&racing, &token, NEW);
            assert_eq!(answer.status, 410, "{name}, raced: {is_raced}");
            let after = app.test.database.execute("SELECT password_hash FROM users");
            if name == "deleted" {
                assert_eq!(app.count(hash), 0);
            } else {
                assert_eq!(format!("{after:?}"), format!("{before:?}"), "{name}");
            }
        }
    }
}

#[test]
fn a_link_ends_with_everything_else() {
    let app = TestApp::new();
    let player = app.proved("zojja");
    let token = link(&app, &player);
    let end = app.call("POST", "/api/v1/auth/end-everything");
    end.token(&player.token).send().expect(200);
    confirm(&app, &token, NEW).expect_problem(410, "invalid_link");
}

#[test]
fn of_two_confirmations_at_once_one_counts() {
    let app = TestApp::new();
    let player = app.proved("eir");
    let token = link(&app, &player);
    let (racing, slot) = app.racing_isolate("DELETE FROM email_links WHERE hash", None);
    // What the faster one writes.
    *slot.borrow_mut() = Some("DELETE FROM email_links WHERE purpose = 'reset'".to_owned());
    confirm(&racing, &token, NEW).expect_problem(410, "invalid_link");
    log_in(&app, &player.email, PASSWORD).expect(200);
}

#[test]
fn a_reset_lets_a_disabled_password_count_again() {
    let app = TestApp::new();
    let player = app.proved("eir");
    let token = link(&app, &player);
    let sql = "UPDATE users SET password_disabled_at = 1";
    app.test.database.execute(sql);
    confirm(&app, &token, NEW).expect(204);
    let left = "SELECT count(*) FROM users WHERE password_disabled_at IS NOT NULL";
    assert_eq!(app.count(left), 0);
    log_in(&app, &player.email, NEW).expect(200);
}

/// A form of a page.
fn form<'a>(app: &'a TestApp, path: &str, fields: &str) -> Call<'a> {
    app.call("POST", path).raw(FORM, fields)
}

#[test]
fn the_page_does_what_the_calls_do_and_looking_at_it_uses_nothing_up() {
    let app = TestApp::new();
    let player = app.proved("eir");
    let plain = app.get("/reset").send().expect(200);
    let policy = plain.header("content-security-policy").expect("a policy");
    assert!(policy.contains("form-action 'self'") && !policy.contains("script-src"));
    let email = player.email.replace('@', "%40");
    form(&app, "/reset", &format!("email={email}"))
        .send()
        .expect(200);
    let token = token_of(&app.mail_to(&player.email));
    for _ in 0..3 {
        let page = app.get(&format!("/reset?token={token}")).send().expect(200);
        let body = String::from_utf8(page.body).expect("UTF-8");
        assert!(body.contains(&format!("value=\"{token}\"")));
        assert_eq!(
            page.headers
                .iter()
                .filter(|(name, _)| name == "set-cookie")
                .count(),
            0
        );
    }
    let weak = form(&app, "/reset", &format!("token={token}&new_password=short"));
    let weak = weak.send().expect(422);
    let body = String::from_utf8(weak.body).expect("UTF-8");
    assert!(body.contains("role=\"alert\"") && body.contains(&token));
    let sent = format!("token={token}&new_password=five+other+words+in+it");
    form(&app, "/reset", &sent).send().expect(200);
    form(&app, "/reset", &sent).send().expect(410);
    log_in(&app, &player.email, NEW).expect(200);
    // What someone writes into the address is text on the page.
    let odd = app
        .get("/reset?token=%22%3E%3Cscript%3E")
        .send()
        .expect(200);
    assert!(!String::from_utf8_lossy(&odd.body).contains("<script>"));
}

#[test]
fn browsers_and_finders_of_holes_find_what_they_look_for() {
    let app = TestApp::new();
    let answer = app.get("/.well-known/change-password").send().expect(303);
    assert_eq!(answer.header("location"), Some("/reset"));
    let file = app.get("/.well-known/security.txt").send().expect(200);
    assert_eq!(
        file.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let text = String::from_utf8(file.body).expect("UTF-8");
    assert!(text.contains("Contact: mailto:security@guild.gg\n"));
    assert!(
        text.contains("Expires: 2027-05-21T00:00:00.000Z\n"),
        "{text}"
    );
    let bare = TestApp::with(|name| config_value(name).filter(|_| name != "SECURITY_CONTACT"));
    bare.get("/.well-known/security.txt").send().expect(404);
}
