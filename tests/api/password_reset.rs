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

/// A player whose address is proved.
fn eir() -> (TestApp, Player) {
    let app = TestApp::new();
    let player = app.proved("eir");
    (app, player)
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
    let (app, player) = eir();
    let key = text(&app.api_key(&player, &["builds:read"])["key"]);
    let (first, second) = (link(&app, &player), link(&app, &player));
    // A password that is refused leaves the link as it is.
    confirm(&app, &first, "short").expect_problem(422, "invalid_input");
    confirm(&app, &first, NEW).expect(204);
    let told = app.mail_to(&player.email);
    assert!(told.subject.contains("changed"), "{}", told.subject);
    for token in [&first, &second] {
        confirm(&app, token, "six words that nobody else has").expect_problem(410, "invalid_link");
    }
    app.log_in_with(&player.email, PASSWORD).expect(401);
    app.log_in_with(&player.email, NEW).expect(200);
    app.get_as(&player, ME).expect(401);
    app.refresh(&player.refresh_token).expect(401);
    // Keys stay, unless asked.
    let builds = || app.get("/api/v1/builds?owner=me").token(&key).send();
    builds().expect(200);
    let token = link(&app, &player);
    let body = json!({ "token": token, "new_password": PASSWORD, "revoke_api_keys": true });
    app.post(CONFIRM, &body).send().expect(204);
    app.wait_ms(10_000);
    builds().expect(401);
    assert_eq!(app.logged("password.reset"), 2);
}

#[test]
fn a_link_lasts_an_hour_and_ends_with_everything_else() {
    let (app, player) = eir();
    let token = link(&app, &player);
    app.wait_ms(HOUR_MS - 1);
    confirm(&app, &token, "short").expect(422);
    app.wait_ms(1);
    confirm(&app, &token, NEW).expect_problem(410, "invalid_link");
    let player = app.proved("zojja");
    let token = link(&app, &player);
    app.act_as(&player, "/api/v1/auth/end-everything")
        .expect(200);
    confirm(&app, &token, NEW).expect_problem(410, "invalid_link");
}

#[test]
fn every_address_gets_the_same_answer_after_the_same_work() {
    let app = TestApp::new();
    let known = app.proved("known");
    let unproved = app.player("unproved");
    let disabled = app.proved("disabled");
    app.execute(sql::disabled(&disabled, true));
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
            Some(seen) => assert_eq!(*seen, (answer.body, work), "{email}"),
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
    let is_default = |name: &str| ["LIMIT_RESET", "LIMIT_MAILBOX"].contains(&name);
    let app = TestApp::with(|name| config_value(name).filter(|_| !is_default(name)));
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
    assert_eq!(app.rows("email_links WHERE purpose = 'reset'"), 3);
}

#[test]
fn the_second_factor_stays_in_force_and_a_disabled_password_counts_again() {
    let (app, player) = eir();
    let device = authenticator::enrol(&app, &player);
    let token = link(&app, &player);
    app.execute("UPDATE users SET password_disabled_at = 1");
    confirm(&app, &token, NEW).expect(204);
    assert_eq!(app.rows("users WHERE password_disabled_at IS NOT NULL"), 0);
    let answer = app
        .log_in_with(&player.email, NEW)
        .expect_problem(401, "two_factor_required");
    let (challenge, code) = (&answer.json()["challenge"], &device.recovery_codes[0]);
    let body = json!({ "challenge": challenge, "code": code });
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
        // As a confirmation that came first leaves it.
        ("used", "DELETE FROM email_links"),
    ] {
        // Before the call, and right before its write.
        for is_raced in [false, true] {
            let (app, player) = eir();
            let token = link(&app, &player);
            let hashes = || app.texts("SELECT password_hash FROM users");
            let before = hashes();
            let (racing, slot) = app.racing_isolate("DELETE FROM email_links WHERE hash", None);
            if is_raced {
                *slot.borrow_mut() = Some(sql.to_owned());
            } else {
                app.execute(sql);
            }
            let answer = confirm(&racing, &token, NEW);
            assert_eq!(answer.status, 410, "{name}, raced: {is_raced}");
            let left = if name == "deleted" { vec![] } else { before };
            assert_eq!(hashes(), left, "{name}");
        }
    }
}

/// Sends the form of the page.
fn form(app: &TestApp, fields: &str) -> Answer {
    app.call("POST", "/reset").raw(FORM, fields).send()
}

#[test]
fn the_page_does_what_the_calls_do_and_looking_at_it_uses_nothing_up() {
    let (app, player) = eir();
    let plain = app.get("/reset").send().expect(200);
    let policy = plain.header("content-security-policy").expect("a policy");
    assert!(policy.contains("form-action 'self'") && !policy.contains("script-src"));
    let email = player.email.replace('@', "%40");
    form(&app, &format!("email={email}")).expect(200);
    let token = token_of(&app.mail_to(&player.email));
    for _ in 0..3 {
        let page = app.get(&format!("/reset?token={token}")).send().expect(200);
        let body = page.text();
        assert!(body.contains(&format!("value=\"{token}\"")));
        assert_eq!(page.header("set-cookie"), None);
    }
    let weak = form(&app, &format!("token={token}&new_password=short"));
    let body = weak.expect(422).text();
    assert!(body.contains("role=\"alert\"") && body.contains(&token));
    let sent = format!("token={token}&new_password=five+other+words+in+it");
    form(&app, &sent).expect(200);
    form(&app, &sent).expect(410);
    app.log_in_with(&player.email, NEW).expect(200);
    // What someone writes into the address is text on the page.
    let odd = app.get("/reset?token=%22%3E%3Cscript%3E").send();
    assert!(!odd.expect(200).text().contains("<script>"));
}

#[test]
fn browsers_and_finders_of_holes_find_what_they_look_for() {
    let app = TestApp::new();
    let answer = app.get("/.well-known/change-password").send().expect(303);
    answer.expect_header("location", "/reset");
    let file = app.get("/.well-known/security.txt").send().expect(200);
    file.expect_header("content-type", "text/plain; charset=utf-8");
    let text = file.text();
    assert!(text.contains("Contact: mailto:security@guild.gg\n"));
    assert!(text.contains("Expires: 2027-05-21T00:00:00.000Z\n"));
    let bare = TestApp::with(|name| config_value(name).filter(|_| name != "SECURITY_CONTACT"));
    bare.get("/.well-known/security.txt").send().expect(404);
}
