//! Verification of addresses: state, who gets the link, and what strangers learn. A later verification
//! wins, at most once, and no response reveals an account. `address_undo` has the undoing of a change,
//! `mail` delivery.

use testing::prelude::*;

const AGAIN: &str = "/api/v1/auth/email/verification";
const OTHER_PASSWORD: &str = "five other words in it";

#[test]
fn a_registration_logs_in_at_once_and_its_link_proves_the_address_once() {
    let (app, player) = TestApp::with_player("eir");
    assert_eq!(app.me(&player)["email_verified"], false);
    let mail = app.mail_to(&player.email);
    let link = "https://builds.guild.gg/verify?token=wvwl_";
    assert!(mail.text.contains(link), "{}", mail.text);
    let token = token_of(&mail);
    let stored = app.execute("SELECT hash FROM email_links");
    assert_eq!(stored[0].blob(0).expect("a hash").len(), 32);
    app.use_link(VERIFY, &token).expect(204);
    assert_eq!(app.me(&player)["email_verified"], true);
    app.expect_dead_link(VERIFY, &token);
    assert_eq!(app.logged("email.verified"), 1);
    assert_eq!(app.mails(), [], "nothing is sent for it");
}

#[test]
fn a_link_lasts_a_day_and_those_sent_before_go_on() {
    let (app, player) = TestApp::with_player("late");
    let first = app.link_to(&player.email);
    app.test.clock.advance_ms(DAY_MS - 1);
    let player = app.logged_in_again(&player);
    app.act_as(&player, AGAIN).expect(202);
    let second = app.link_to(&player.email);
    assert_ne!(first, second);
    app.test.clock.advance_ms(1);
    app.expect_dead_link(VERIFY, &first);
    app.use_link(VERIFY, &second).expect(204);
    // It is proved: there is nothing to send.
    let player = app.logged_in_again(&player);
    app.act_as(&player, AGAIN).expect(202);
    assert_eq!(app.mails(), []);
}

#[test]
fn what_is_no_link_of_this_purpose_proves_nothing() {
    let app = TestApp::new();
    let player = app.proved("eir");
    app.post(RESET, &json!({ "email": player.email }))
        .expect(202);
    let reset = app.link_to(&player.email);
    let cut = &reset[..reset.len() - 1];
    for token in ["x", "wvwl_", &reset, cut, &format!("{reset}A")] {
        app.expect_dead_link(VERIFY, token);
    }
}

#[test]
fn an_address_without_a_proof_keeps_nobody_from_it() {
    let app = TestApp::new();
    // A stranger has it first, and uses the product.
    let squatter = app.player("eir");
    app.build(&squatter, &json!({}));
    app.mails();
    let made = app
        .register_with("EIR@players.guild.gg", OTHER_PASSWORD)
        .created();
    assert_eq!(app.rows("users"), 1);
    app.log_in_with(&squatter.email, OTHER_PASSWORD).expect(401);
    let token = app.link_to(&squatter.email);
    app.use_link(VERIFY, &token).expect(204);
    // The one who proves it has it, by the id that they were told, and logs in.
    let login = app.log_in_with(&squatter.email, OTHER_PASSWORD).expect(200);
    let own = app.me(&squatter.with_tokens(&login.json()));
    assert_has!(own, { "id": made["user"]["id"], "email_verified": true });
    // The other one has lost the address and nothing else, and can have another one.
    app.log_in_with(&squatter.email, PASSWORD)
        .expect_problem(401, "invalid_credentials");
    let theirs = app.me(&squatter);
    let stand_in = format!("{}@unproved.invalid", squatter.id);
    assert_eq!(theirs["email"], json!(stand_in));
    app.log_in_with(&stand_in, PASSWORD).expect(200);
    let builds = app.get_as(&squatter, &format!("{BUILDS}?owner=me")).ok();
    assert_eq!(array(&builds["data"]).len(), 1);
    assert_eq!(app.logged("email.lost"), 1);
    app.mails();
    app.act_as(&squatter, AGAIN).expect(202);
    assert_eq!(app.mails_to(&squatter.email), []);
    // Nobody registers with what stands in.
    app.register_with(&stand_in, PASSWORD)
        .expect_problem(422, "invalid_input");
}

#[test]
fn of_several_who_wait_for_an_address_the_first_proof_wins() {
    let (app, squatter) = TestApp::with_player("eir");
    let own = app.link_to(&squatter.email);
    app.register_with(&squatter.email, OTHER_PASSWORD)
        .expect(201);
    let second = app.link_to(&squatter.email);
    app.register_with(&squatter.email, "six words that nobody else has")
        .expect(201);
    let third = app.link_to(&squatter.email);
    // Someone else would move there.
    let mover = app.player("mover");
    app.mails();
    app.move_to(&mover, &squatter.email).expect(200);
    let fourth = app.link_to(&squatter.email);
    app.use_link(VERIFY, &second).expect(204);
    for token in [own, second, third, fourth] {
        app.expect_dead_link(VERIFY, &token);
    }
    assert_eq!(app.rows("users"), 3);
    assert_eq!(app.rows("users WHERE email_verified_at IS NOT NULL"), 1);
    assert_eq!(app.me(&mover)["email"], json!(mover.email));
}

#[test]
fn an_address_that_was_proved_is_taken_by_nobody_and_its_owner_is_told() {
    let app = TestApp::new();
    let owner = app.proved("eir");
    let fresh = app.register_with("new@guild.gg", PASSWORD).created();
    app.mails();
    let again = app.register_with(&owner.email, OTHER_PASSWORD).created();
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
    let answer = app.move_to(&mover, &owner.email).json();
    assert_eq!(answer["pending_email"], json!(owner.email));
    assert!(app.mail_to(&owner.email).subject.contains("already"));
    app.act_as(&mover, AGAIN).expect(202);
    assert!(app.mail_to(&owner.email).subject.contains("already"));
}

#[test]
fn a_move_takes_effect_when_the_new_address_is_proved() {
    let app = TestApp::new();
    let player = app.proved("eir");
    app.move_to(&player, "New@guild.gg").expect(200);
    let token = app.link_to("New@guild.gg");
    app.log_in_with("new@guild.gg", PASSWORD).expect(401);
    assert_eq!(app.me(&player)["pending_email"], "New@guild.gg");
    app.use_link(VERIFY, &token).expect(204);
    let moved = app.me(&player);
    assert_has!(moved, { "email": "New@guild.gg", "email_verified": true, "pending_email": null });
    app.log_in_with("new@guild.gg", PASSWORD).expect(200);
    app.log_in_with(&player.email, PASSWORD).expect(401);
    // Another spelling of the same address needs no proof.
    let spelled = app.move_to(&player, "NEW@guild.gg").ok();
    assert_has!(spelled, { "email": "NEW@guild.gg", "email_verified": true });
}

#[test]
fn only_the_address_that_is_waited_for_last_is_moved_to() {
    let app = TestApp::new();
    let player = app.proved("eir");
    app.move_to(&player, "first@guild.gg").expect(200);
    let first = app.link_to("first@guild.gg");
    app.move_to(&player, "second@guild.gg").expect(200);
    let second = app.link_to("second@guild.gg");
    app.expect_dead_link(VERIFY, &first);
    app.use_link(VERIFY, &second).expect(204);
    assert_eq!(app.me(&player)["email"], "second@guild.gg");
    // A new password ends a move that its owner may not have asked for.
    app.move_to(&player, "third@guild.gg").expect(200);
    let third = app.link_to("third@guild.gg");
    app.change_password(&player, OTHER_PASSWORD).expect(204);
    app.expect_dead_link(VERIFY, &third);
    assert_eq!(app.me(&player)["pending_email"], Value::Null);
}

/// Uses a link while `sql` happens right before it is taken.
fn raced(app: &TestApp, token: &str, sql: &str) -> Answer {
    let racing = app.racing("DELETE FROM email_links WHERE hash", sql);
    racing.use_link(VERIFY, token)
}

#[test]
fn of_two_uses_at_once_and_beside_other_changes_one_wins() {
    let of_user = |change: &str| format!("UPDATE users SET {change} WHERE id = '{{id}}'");
    for sql in [
        "DELETE FROM email_links".to_owned(),
        of_user("disabled_at = 1"),
        "DELETE FROM users WHERE id = '{id}'".to_owned(),
        of_user("email_key = 'else@guild.gg', pending_email = NULL"),
        of_user("pending_email = 'else@guild.gg'"),
        // Someone else has just proved it.
        of_user("email = 'new@guild.gg', email_key = 'new@guild.gg', email_verified_at = 1")
            .replace("id =", "id <>"),
    ] {
        let app = TestApp::new();
        app.player("other");
        let player = app.proved("eir");
        app.move_to(&player, "new@guild.gg").expect(200);
        let token = app.link_to("new@guild.gg");
        let sql = sql.replace("{id}", &player.id);
        assert_eq!(raced(&app, &token, &sql).status, 410, "{sql}");
        let moved = format!(
            "users WHERE email_key = 'new@guild.gg' AND id = '{}'",
            player.id
        );
        assert_eq!(app.rows(&moved), 0, "{sql}");
    }
}

#[test]
fn two_registrations_at_once_share_an_address_as_two_in_turn_do() {
    let app = TestApp::new();
    let sql = "INSERT INTO users (id, email, email_key, display_name, password_hash, \
               password_changed_at, created_at, updated_at) VALUES \
               ('user_01kanp2xc0e8br5v0xmvhv7j2d', 'a@guild.gg', 'a@guild.gg', 'x', 'x', 1, 1, 1)";
    let racing = app.racing("INSERT INTO users", sql);
    racing.register_with("a@guild.gg", PASSWORD).expect(201);
    assert_eq!(app.rows("users"), 1);
    let token = app.link_to("a@guild.gg");
    app.use_link(VERIFY, &token).expect(204);
    app.log_in_with("a@guild.gg", PASSWORD).expect(200);
}

#[test]
fn without_mail_an_address_is_theirs_who_came_first() {
    let app = TestApp::new();
    app.test.mail.set_missing();
    let player = app.player("first");
    let other = app.player("other");
    let taken = |answer: Answer| drop(answer.expect_problem(409, "email_taken"));
    taken(app.register_with(&player.email, PASSWORD));
    taken(app.move_to(&other, &player.email));
    let moved = app.move_to(&other, "new@guild.gg").ok();
    assert_has!(moved, { "email": "new@guild.gg", "pending_email": null });
    app.log_in_with("new@guild.gg", PASSWORD).expect(200);
}

#[test]
fn an_inbox_is_not_flooded_from_however_many_networks() {
    let app = TestApp::with(|name| config_value(name).filter(|_| name != "LIMIT_MAILBOX"));
    let player = app.player("eir");
    // By the API, an address has five mails an hour.
    let again = || app.act_as(&player, AGAIN);
    for _ in 0..5 {
        again().expect(202);
    }
    again().expect_problem(429, "quota_exceeded");
    // Registrations are answered all the same, but no more is sent.
    for network in 0..20 {
        let body = json!({ "email": player.email, "password": PASSWORD, "display_name": "x" });
        let call = app.post(REGISTER, &body);
        call.from_address(&format!("192.0.2.{network}")).expect(201);
    }
    assert_eq!(app.mails().len(), 5);
    assert_eq!(app.rows("mails"), 0);
    let links = app.rows("email_links WHERE purpose = 'register'");
    assert!(links <= 10, "nor kept");
    app.test.clock.advance_ms(3_600_000);
    let player = app.logged_in_again(&player);
    app.act_as(&player, AGAIN).expect(202);
    assert_eq!(app.mails().len(), 1);
}

#[test]
fn whoever_proves_an_address_in_the_moment_it_would_be_taken_keeps_it() {
    let (app, holder) = TestApp::with_player("eir");
    app.mails();
    app.register_with(&holder.email, OTHER_PASSWORD).expect(201);
    let token = app.link_to(&holder.email);
    let answer = raced(&app, &token, "UPDATE users SET email_verified_at = 1");
    assert_eq!(answer.status, 410);
    assert_eq!(app.rows("users"), 1);
    app.log_in_with(&holder.email, PASSWORD).expect(200);
}
