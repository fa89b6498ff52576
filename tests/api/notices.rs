//! Notices to account owners, and the links in them. A mail goes only to the verified address and is
//! written in the batch of the change. `mail` has delivery.

use testing::authenticator;
use testing::authenticator::enrol;
use testing::prelude::*;

const UNDO: &str = "/api/v1/auth/email/undo";
const CONFIRM: &str = "/api/v1/auth/password-reset/confirm";
const NEW: &str = "five other words in it";

/// Moves a player to another address; gives the link that undoes it.
#[track_caller]
fn moved(app: &TestApp, player: &Player, email: &str) -> String {
    app.move_to(player, email).expect(200);
    let token = app.link_to(email);
    app.use_link(VERIFY, &token).expect(204);
    let told = app.mail_to(&player.email);
    assert!(told.subject.contains("another address"));
    token_of(&told)
}

#[test]
fn a_login_from_a_device_that_is_not_known_is_told_and_others_are_not() {
    let app = TestApp::new();
    let player = app.proved("eir");
    app.log_in(&player.email);
    assert_eq!(app.mails(), [], "from where it was used before");
    let from = |network: &str, device: Option<&Value>| {
        let mut body = json!({ "email": player.email, "password": PASSWORD });
        if let Some(device) = device {
            body["device_token"] = device.clone();
        }
        let call = app.post(LOGIN, &body);
        let call = call.from_address(network);
        call.ok()
    };
    let login = from("192.0.2.1", None);
    let mail = app.mail_to(&player.email);
    assert!(mail.subject.contains("do not know"), "{}", mail.subject);
    from("192.0.2.1", None);
    from("198.51.100.1", Some(&login["device_token"]));
    assert_eq!(app.mails(), []);
}

#[test]
fn passwords_keys_and_factors_are_told_to_the_address_that_was_proved() {
    let app = TestApp::new();
    for (name, is_proved) in [("proved", true), ("unproved", false)] {
        let player = app.player(name);
        if is_proved {
            app.prove_address(&player);
        }
        app.mails();
        let key = json!({ "name": "<b>bot</b>", "scopes": ["builds:read"] });
        let call = app.post(API_KEYS, &key).by(&player);
        call.expect(201);
        let device = enrol(&app, &player);
        let body = json!({ "password": PASSWORD, "code": device.fresh_code(&app) });
        let call = app.call("DELETE", authenticator::TWO_FACTOR).json(&body);
        call.by(&player).expect(204);
        app.change_password(&player, NEW).expect(204);
        let sent = app.mails();
        assert!(sent.iter().all(|mail| mail.to == player.email));
        assert!(sent.iter().all(|mail| !mail.html.contains("<b>")));
        let subjects: Vec<_> = sent.iter().map(|mail| mail.subject.as_str()).collect();
        let expected = [
            "An API key was made",
            "Your account has a second factor now",
            "Your account has no second factor any more",
            "Your password was changed",
        ];
        assert_eq!(subjects, expected[..if is_proved { 4 } else { 0 }]);
    }
}

#[test]
fn a_move_is_undone_from_the_old_address_for_seven_days() {
    let app = TestApp::new();
    let player = app.proved("eir");
    app.api_key(&player, &["builds:read"]);
    app.mails();
    let undo = moved(&app, &player, "thief@guild.gg");
    app.test.clock.advance_ms(7 * DAY_MS - 1);
    app.use_link(UNDO, &undo).expect(204);
    // Back, with nothing left to whoever was there.
    app.log_in_with("thief@guild.gg", PASSWORD).expect(401);
    app.log_in_with(&player.email, PASSWORD).expect(401);
    app.get_as(&player, ME).expect(401);
    assert_eq!(app.rows("api_keys"), 0);
    assert_eq!(app.live_sessions(), 0);
    let reset = app.link_to(&player.email);
    let body = json!({ "token": reset, "new_password": NEW });
    app.post(CONFIRM, &body).expect(204);
    app.log_in_with(&player.email, NEW).expect(200);
    app.expect_dead_link(UNDO, &undo);
}

#[test]
fn after_seven_days_by_another_link_or_beside_a_proof_nothing_is_undone() {
    let app = TestApp::new();
    let player = app.proved("eir");
    let undo = moved(&app, &player, "new@guild.gg");
    app.test.clock.advance_ms(7 * DAY_MS);
    app.expect_dead_link(UNDO, &undo);
    app.log_in_with("new@guild.gg", PASSWORD).expect(200);
    // Someone else has proved the old address since: it is theirs.
    let app = TestApp::new();
    let player = app.proved("eir");
    let undo = moved(&app, &player, "new@guild.gg");
    let next = app.player("eir");
    app.prove_address(&next);
    app.expect_dead_link(UNDO, &undo);
    app.log_in_with("new@guild.gg", PASSWORD).expect(200);
    // Who has it without a proof loses it.
    let app = TestApp::new();
    let player = app.proved("eir");
    let undo = moved(&app, &player, "new@guild.gg");
    app.player("eir");
    app.mails();
    app.use_link(UNDO, &undo).expect(204);
    let (id, email) = (&player.id, &player.email);
    let back = format!("users WHERE id = '{id}' AND email_key = '{email}'");
    assert_eq!(app.rows(&back), 1);
}

#[test]
fn the_way_back_of_a_thief_dies_with_the_owners() {
    let app = TestApp::new();
    let player = app.proved("eir");
    let owners = moved(&app, &player, "thief@guild.gg");
    let thief = Player {
        email: "thief@guild.gg".to_owned(),
        ..player
    };
    let thiefs = moved(&app, &thief, "thief2@guild.gg");
    app.use_link(UNDO, &owners).expect(204);
    app.expect_dead_link(UNDO, &thiefs);
}

/// An account with a second factor, and the link in the notice of it.
fn with_factor(app: &TestApp) -> (Player, authenticator::Authenticator, String) {
    let player = app.proved("eir");
    let device = enrol(app, &player);
    let token = app.link_to(&player.email);
    (player, device, token)
}

fn tick(app: &TestApp) {
    block_on(app.app.tick("* * * * *", app.test_now()));
}

fn factors(app: &TestApp) -> i64 {
    app.rows("two_factor")
}

#[test]
fn a_strangers_factor_goes_72_hours_after_the_owner_of_the_address_asks() {
    let app = TestApp::new();
    let (player, _, token) = with_factor(&app);
    let answer = app.use_link(REMOVAL, &token).ok();
    assert_eq!(answer["removal_at"], "2026-11-25T00:00:00.000Z");
    assert!(app.mail_to(&player.email).subject.contains("taken away"));
    // To ask again changes nothing.
    app.test.clock.advance_ms(71 * HOUR_MS);
    let again = app.use_link(REMOVAL, &token).ok();
    assert_eq!(again, answer);
    tick(&app);
    app.log_in_with(&player.email, PASSWORD)
        .expect_problem(401, "two_factor_required");
    app.test.clock.advance_ms(HOUR_MS - 1);
    tick(&app);
    assert_eq!(factors(&app), 1);
    app.test.clock.advance_ms(1);
    tick(&app);
    assert_eq!(factors(&app), 0);
    assert_eq!(app.rows("recovery_codes"), 0);
    assert!(
        app.mail_to(&player.email)
            .subject
            .contains("no second factor")
    );
    app.get_as(&player, ME).expect(401);
    app.log_in_with(&player.email, PASSWORD).expect(200);
    app.expect_dead_link(REMOVAL, &token);
}

#[test]
fn a_second_use_of_the_link_does_what_the_cron_does() {
    let app = TestApp::new();
    let (player, _, token) = with_factor(&app);
    app.use_link(REMOVAL, &token).expect(200);
    app.test.clock.advance_ms(72 * HOUR_MS);
    app.use_link(REMOVAL, &token).expect(200);
    assert_eq!(factors(&app), 0);
    app.log_in_with(&player.email, PASSWORD).expect(200);
}

#[test]
fn only_a_login_with_the_factor_stops_the_removal() {
    let app = TestApp::new();
    let (player, device, token) = with_factor(&app);
    app.use_link(REMOVAL, &token).expect(200);
    app.mails();
    let stop = |player: &Player| app.delete_as(player, REMOVAL);
    // This login is from before the factor.
    stop(&player).expect_problem(409, "no_factor_removal");
    let player = authenticator::log_in(&app, player, &device);
    stop(&player).expect(204);
    let sent = app.mails_to(&player.email);
    assert!(sent.iter().any(|mail| mail.subject.contains("stays")));
    stop(&player).expect_problem(409, "no_factor_removal");
    app.test.clock.advance_ms(73 * HOUR_MS);
    tick(&app);
    assert_eq!(factors(&app), 1);
}

#[test]
fn a_link_counts_for_its_own_factor_and_its_own_address() {
    let app = TestApp::new();
    let (player, device, token) = with_factor(&app);
    let body = json!({ "password": PASSWORD, "code": device.fresh_code(&app) });
    let call = app.call("DELETE", authenticator::TWO_FACTOR).json(&body);
    call.by(&player).expect(204);
    app.expect_dead_link(REMOVAL, &token);
    app.test.clock.advance_ms(1);
    enrol(&app, &player);
    app.expect_dead_link(REMOVAL, &token);
    let second = token_of(app.mails().last().expect("a notice"));
    // A removal that was asked for from an address ends with it.
    app.use_link(REMOVAL, &second).expect(200);
    app.mails();
    moved(&app, &player, "new@guild.gg");
    app.expect_dead_link(REMOVAL, &second);
    app.test.clock.advance_ms(73 * HOUR_MS);
    tick(&app);
    assert_eq!(factors(&app), 1);
}
