//! Verification of addresses: state, who gets the link, and what strangers learn. A later verification
//! wins, at most once, and no response reveals an account. `address_undo` has the undoing of a change,
//! `mail` delivery.

use testing::prelude::*;

const AGAIN: &str = "/api/v1/auth/email/verification";
const OTHER_PASSWORD: &str = "five other words in it";

#[track_caller]
fn register(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password, "display_name": "A player" });
    app.post(REGISTER, &body).send().expect(201)
}

fn log_in(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    app.post(LOGIN, &body).send()
}

fn me(app: &TestApp, player: &Player) -> Value {
    app.get_as(player, ME).ok()
}

#[track_caller]
fn move_to(app: &TestApp, player: &Player, email: &str) -> Answer {
    let body = json!({ "email": email, "current_password": PASSWORD });
    let call = app.call("PATCH", ME).by(player).json(&body);
    call.send().expect(200)
}

#[test]
fn a_registration_logs_in_at_once_and_its_link_proves_the_address_once() {
    let app = TestApp::new();
    let player = app.player("eir");
    assert_eq!(me(&app, &player)["email_verified"], false);
    let mail = app.mail_to(&player.email);
    assert!(
        mail.text
            .contains("https://builds.guild.gg/verify?token=wvwl_")
    );
    let token = token_of(&mail);
    let stored = app.test.database.execute("SELECT hash FROM email_links");
    assert_eq!(stored[0].blob(0).expect("a hash").len(), 32);
    app.use_link(VERIFY, &token).expect(204);
    assert_eq!(me(&app, &player)["email_verified"], true);
    app.use_link(VERIFY, &token)
        .expect_problem(410, "invalid_link");
    assert_eq!(app.logged("email.verified"), 1);
    assert_eq!(app.mails(), [], "nothing is sent for it");
}

#[test]
fn a_link_lasts_a_day_and_those_sent_before_go_on() {
    let app = TestApp::new();
    let player = app.player("late");
    let first = token_of(&app.mail_to(&player.email));
    app.test.clock.advance_ms(DAY_MS - 1);
    let player = Player {
        token: text(&app.log_in(&player.email)["access_token"]),
        ..player
    };
    app.as_player(&player, "POST", AGAIN, &Value::Null)
        .expect(202);
    let second = token_of(&app.mail_to(&player.email));
    assert_ne!(first, second);
    app.test.clock.advance_ms(1);
    app.use_link(VERIFY, &first)
        .expect_problem(410, "invalid_link");
    app.use_link(VERIFY, &second).expect(204);
    // It is proved: there is nothing to send.
    app.call("POST", AGAIN)
        .token(&text(&app.log_in(&player.email)["access_token"]))
        .send()
        .expect(202);
    assert_eq!(app.mails(), []);
}

#[test]
fn what_is_no_link_of_this_purpose_proves_nothing() {
    let app = TestApp::new();
    let player = app.proved("eir");
    app.post(RESET, &json!({ "email": player.email }))
        .send()
        .expect(202);
    let reset = token_of(&app.mail_to(&player.email));
    let cut = &reset[..reset.len() - 1];
    for token in ["x", "wvwl_", &reset, cut, &format!("{reset}A")] {
        app.use_link(VERIFY, token)
            .expect_problem(410, "invalid_link");
    }
}

#[test]
fn an_address_without_a_proof_keeps_nobody_from_it() {
    let app = TestApp::new();
    // A stranger has it first, and uses the product.
    let squatter = app.player("eir");
    app.build(&squatter, &json!({}));
    app.mails();
    let made = register(&app, "EIR@players.guild.gg", OTHER_PASSWORD).json();
    assert_eq!(app.rows("users"), 1);
    log_in(&app, &squatter.email, OTHER_PASSWORD).expect(401);
    let token = token_of(&app.mail_to(&squatter.email));
    app.use_link(VERIFY, &token).expect(204);
    // The one who proves it has it, by the id that they were told, and logs in.
    let login = log_in(&app, &squatter.email, OTHER_PASSWORD).expect(200);
    let own = app.get(ME).token(&text(&login.json()["access_token"]));
    let own = own.send().ok();
    assert_eq!(own["id"], made["user"]["id"]);
    assert_eq!(own["email_verified"], true);
    // The other one has lost the address and nothing else, and can have another one.
    log_in(&app, &squatter.email, PASSWORD).expect_problem(401, "invalid_credentials");
    let theirs = me(&app, &squatter);
    let stand_in = format!("{}@unproved.invalid", squatter.id);
    assert_eq!(theirs["email"], json!(stand_in));
    log_in(&app, &stand_in, PASSWORD).expect(200);
    let builds = app.get("/api/v1/builds?owner=me").by(&squatter);
    assert_eq!(
        builds.send().expect(200).json()["data"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    assert_eq!(app.logged("email.lost"), 1);
    app.mails();
    app.as_player(&squatter, "POST", AGAIN, &Value::Null)
        .expect(202);
    assert_eq!(app.mails_to(&squatter.email), []);
    // Nobody registers with what stands in.
    let body = json!({ "email": stand_in, "password": PASSWORD, "display_name": "x" });
    app.post(REGISTER, &body)
        .send()
        .expect_problem(422, "invalid_input");
}

#[test]
fn of_several_who_wait_for_an_address_the_first_proof_wins() {
    let app = TestApp::new();
    let squatter = app.player("eir");
    let own = token_of(&app.mail_to(&squatter.email));
    register(&app, &squatter.email, OTHER_PASSWORD);
    let second = token_of(&app.mail_to(&squatter.email));
    register(&app, &squatter.email, "six words that nobody else has");
    let third = token_of(&app.mail_to(&squatter.email));
    // Someone else would move there.
    let mover = app.player("mover");
    app.mails();
    move_to(&app, &mover, &squatter.email);
    let fourth = token_of(&app.mail_to(&squatter.email));
    app.use_link(VERIFY, &second).expect(204);
    for token in [own, second, third, fourth] {
        app.use_link(VERIFY, &token)
            .expect_problem(410, "invalid_link");
    }
    assert_eq!(app.rows("users"), 3);
    let proved = "SELECT count(*) FROM users WHERE email_verified_at IS NOT NULL";
    assert_eq!(app.count(proved), 1);
    assert_eq!(me(&app, &mover)["email"], json!(mover.email));
}

#[test]
fn an_address_that_was_proved_is_taken_by_nobody_and_its_owner_is_told() {
    let app = TestApp::new();
    let owner = app.proved("eir");
    let fresh = register(&app, "new@guild.gg", PASSWORD).json();
    app.mails();
    let again = register(&app, &owner.email, OTHER_PASSWORD).json();
    // The answers differ in what was sent and made at random only.
    let shape = |answer: &Value| {
        let mut user = answer["user"].clone();
        user["id"] = Value::Null;
        user["email"] = Value::Null;
        user
    };
    assert_eq!(shape(&fresh), shape(&again));
    let mail = app.mail_to(&owner.email);
    assert!(mail.subject.contains("already"), "{}", mail.subject);
    assert!(!mail.text.contains("?token="));
    assert!(!mail.text.contains("A player"), "nobody's own words");
    assert_eq!(app.rows("users"), 2);
    app.log_in(&owner.email);
    // Who moves there learns as little.
    let mover = app.proved("mover");
    let answer = move_to(&app, &mover, &owner.email).json();
    assert_eq!(answer["pending_email"], json!(owner.email));
    assert!(app.mail_to(&owner.email).subject.contains("already"));
    app.as_player(&mover, "POST", AGAIN, &Value::Null)
        .expect(202);
    assert!(app.mail_to(&owner.email).subject.contains("already"));
}

#[test]
fn a_move_takes_effect_when_the_new_address_is_proved() {
    let app = TestApp::new();
    let player = app.proved("eir");
    move_to(&app, &player, "New@guild.gg");
    let token = token_of(&app.mail_to("New@guild.gg"));
    log_in(&app, "new@guild.gg", PASSWORD).expect(401);
    assert_eq!(me(&app, &player)["pending_email"], "New@guild.gg");
    app.use_link(VERIFY, &token).expect(204);
    let moved = me(&app, &player);
    assert_eq!(moved["email"], "New@guild.gg");
    assert_eq!(moved["email_verified"], true);
    assert_eq!(moved["pending_email"], Value::Null);
    log_in(&app, "new@guild.gg", PASSWORD).expect(200);
    log_in(&app, &player.email, PASSWORD).expect(401);
    // Another spelling of the same address needs no proof.
    let body = json!({ "email": "NEW@guild.gg", "current_password": PASSWORD });
    let spelled = app.call("PATCH", ME).by(&player).json(&body).send().ok();
    assert_eq!(spelled["email"], "NEW@guild.gg");
    assert_eq!(spelled["email_verified"], true);
}

#[test]
fn only_the_address_that_is_waited_for_last_is_moved_to() {
    let app = TestApp::new();
    let player = app.proved("eir");
    move_to(&app, &player, "first@guild.gg");
    let first = token_of(&app.mail_to("first@guild.gg"));
    move_to(&app, &player, "second@guild.gg");
    let second = token_of(&app.mail_to("second@guild.gg"));
    app.use_link(VERIFY, &first)
        .expect_problem(410, "invalid_link");
    app.use_link(VERIFY, &second).expect(204);
    assert_eq!(me(&app, &player)["email"], "second@guild.gg");
    // A new password ends a move that its owner may not have asked for.
    move_to(&app, &player, "third@guild.gg");
    let third = token_of(&app.mail_to("third@guild.gg"));
    let body = json!({ "current_password": PASSWORD, "new_password": OTHER_PASSWORD });
    let call = app.post("/api/v1/auth/password", &body);
    call.by(&player).send().expect(204);
    app.use_link(VERIFY, &third)
        .expect_problem(410, "invalid_link");
    assert_eq!(me(&app, &player)["pending_email"], Value::Null);
}

/// Uses a link while `sql` happens right before the batch that has `before` in it.
fn raced(app: &TestApp, token: &str, before: &'static str, sql: String) -> Answer {
    let (racing, _) = app.racing_isolate(before, Some(sql));
    racing.use_link(VERIFY, token)
}

#[test]
fn of_two_uses_at_once_and_beside_other_changes_one_wins() {
    for (name, sql) in [
        ("used", "DELETE FROM email_links"),
        (
            "disabled",
            "UPDATE users SET disabled_at = 1 WHERE id = '{id}'",
        ),
        ("deleted", "DELETE FROM users WHERE id = '{id}'"),
        (
            "moved",
            "UPDATE users SET email_key = 'else@guild.gg', pending_email = NULL WHERE id = '{id}'",
        ),
        (
            "waits for another",
            "UPDATE users SET pending_email = 'else@guild.gg' WHERE id = '{id}'",
        ),
        (
            "someone else has just proved it",
            "UPDATE users SET email = 'new@guild.gg', email_key = 'new@guild.gg', \
             email_verified_at = 1 WHERE id <> '{id}'",
        ),
    ] {
        let app = TestApp::new();
        app.player("other");
        let player = app.proved("eir");
        move_to(&app, &player, "new@guild.gg");
        let token = token_of(&app.mail_to("new@guild.gg"));
        let sql = sql.replace("{id}", &player.id);
        let answer = raced(&app, &token, "DELETE FROM email_links WHERE hash", sql);
        assert_eq!(answer.status, 410, "{name}");
        let moved = format!(
            "SELECT count(*) FROM users WHERE email_key = 'new@guild.gg' AND id = '{}'",
            player.id
        );
        assert_eq!(app.count(&moved), 0, "{name}");
    }
}

#[test]
fn two_registrations_at_once_share_an_address_as_two_in_turn_do() {
    let app = TestApp::new();
    let sql = "INSERT INTO users (id, email, email_key, display_name, password_hash, \
               password_changed_at, created_at, updated_at) VALUES \
               ('user_01kanp2xc0e8br5v0xmvhv7j2d', 'a@guild.gg', 'a@guild.gg', 'x', 'x', 1, 1, 1)";
    let (racing, _) = app.racing_isolate("INSERT INTO users", Some(sql.to_owned()));
    register(&racing, "a@guild.gg", PASSWORD);
    assert_eq!(app.rows("users"), 1);
    let token = token_of(&app.mail_to("a@guild.gg"));
    app.use_link(VERIFY, &token).expect(204);
    log_in(&app, "a@guild.gg", PASSWORD).expect(200);
}

#[test]
fn without_mail_an_address_is_theirs_who_came_first() {
    let app = TestApp::new();
    app.test.mail.set_missing();
    let player = app.player("first");
    let other = app.player("other");
    let body = json!({ "email": player.email, "password": PASSWORD, "display_name": "x" });
    app.post(REGISTER, &body)
        .send()
        .expect_problem(409, "email_taken");
    let body = |email: &str| json!({ "email": email, "current_password": PASSWORD });
    let call = |email: &str| app.call("PATCH", ME).by(&other).json(&body(email));
    call(&player.email)
        .send()
        .expect_problem(409, "email_taken");
    let moved = call("new@guild.gg").send().ok();
    assert_eq!(moved["email"], "new@guild.gg");
    assert_eq!(moved["pending_email"], Value::Null);
    log_in(&app, "new@guild.gg", PASSWORD).expect(200);
}

#[test]
fn an_inbox_is_not_flooded_from_however_many_networks() {
    let production = |name: &str| match name {
        "LIMIT_MAILBOX" => None,
        _ => config_value(name),
    };
    let app = TestApp::with(production);
    let player = app.player("eir");
    // By the API, an address has five mails an hour.
    let again = || app.as_player(&player, "POST", AGAIN, &Value::Null);
    for _ in 0..5 {
        again().expect(202);
    }
    again().expect_problem(429, "quota_exceeded");
    // Registrations are answered all the same, but no more is sent.
    for network in 0..20 {
        let body = json!({ "email": player.email, "password": PASSWORD, "display_name": "x" });
        app.post(REGISTER, &body)
            .header(Header::ConnectingIp, &format!("192.0.2.{network}"))
            .send()
            .expect(201);
    }
    assert_eq!(app.mails().len(), 5);
    assert_eq!(app.rows("mails"), 0);
    let links = "SELECT count(*) FROM email_links WHERE purpose = 'register'";
    assert!(app.count(links) <= 10, "nor kept");
    app.test.clock.advance_ms(3_600_000);
    app.call("POST", AGAIN)
        .token(&text(&app.log_in(&player.email)["access_token"]))
        .send()
        .expect(202);
    assert_eq!(app.mails().len(), 1);
}

#[test]
fn whoever_proves_an_address_in_the_moment_it_would_be_taken_keeps_it() {
    let app = TestApp::new();
    let holder = app.player("eir");
    app.mails();
    register(&app, &holder.email, OTHER_PASSWORD);
    let token = token_of(&app.mail_to(&holder.email));
    let sql = "UPDATE users SET email_verified_at = 1".to_owned();
    let answer = raced(&app, &token, "DELETE FROM email_links WHERE hash", sql);
    assert_eq!(answer.status, 410);
    assert_eq!(app.rows("users"), 1);
    log_in(&app, &holder.email, PASSWORD).expect(200);
}
