//! Delivery of mails: attempts, pauses, ends, and who sends. No mail is lost, sent twice by concurrent
//! senders, tried for ever, or stored in the clear. The other tests have the causes of mails.

use testing::prelude::*;
use wvw_builder::platform::Lane;

const QUEUE: &str = "wvw-builder-mail";

fn left(app: &TestApp) -> i64 {
    app.rows("mails")
}

fn sealed(app: &TestApp) -> Vec<u8> {
    let rows = app.execute("SELECT sealed_content FROM mails");
    rows[0].blob(0).expect("bytes").to_vec()
}

/// Moves the clock, lets the cron of that minute run, and sends what it has woken.
fn after(app: &TestApp, ms: i64) -> usize {
    app.test.clock.advance_ms(ms);
    block_on(app.app.tick("* * * * *", app.test_now()));
    app.mails().len()
}

#[test]
fn a_mail_is_gone_once_it_is_sent() {
    let app = TestApp::new();
    app.player("eir");
    assert_eq!(left(&app), 1);
    assert_eq!(app.test.mail.attempts(), 0, "not before the answer");
    assert_eq!(app.mails().len(), 1);
    assert_eq!(left(&app), 0);
    assert_eq!(after(&app, MINUTE_MS), 0);
    assert_eq!(app.test.mail.attempts(), 1);
}

#[test]
fn a_lost_message_costs_a_minute() {
    let app = TestApp::new();
    app.player("eir");
    app.test.queue.take_due(Lane::Mail);
    assert_eq!(after(&app, MINUTE_MS), 1);
    assert_eq!(left(&app), 0);
}

#[test]
fn what_fails_for_now_is_tried_again_with_growing_pauses_until_it_is_of_no_use() {
    let app = TestApp::new();
    app.player("eir");
    app.test.mail.fail_temporarily();
    app.mails();
    let mut tries = vec![0];
    for minute in 1..=24 * 60 {
        let before = app.test.mail.attempts();
        after(&app, MINUTE_MS);
        if app.test.mail.attempts() > before {
            tries.push(minute);
        }
    }
    assert_eq!(tries, [0, 1, 6, 21, 81, 261, 621, 1341]);
    assert_eq!(left(&app), 0, "given up: its link would not work any more");
}

#[test]
fn a_mail_that_goes_at_last_is_the_same_mail() {
    let app = TestApp::new();
    app.player("eir");
    app.test.mail.fail_temporarily();
    app.mails();
    let written = app.test_now();
    app.test.mail.fail_with(None);
    app.test.clock.advance_ms(MINUTE_MS);
    block_on(app.app.tick("* * * * *", app.test_now()));
    let sent = app.mails();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].written_ms, written);
    assert!(sent[0].id.starts_with("mail_"));
}

#[test]
fn what_is_refused_for_good_is_not_tried_again() {
    let app = TestApp::new();
    app.player("eir");
    app.test.mail.fail_permanently();
    app.mails();
    assert_eq!(left(&app), 0);
    let lines = app.test.log.lines();
    let told = lines.iter().filter(|(_, it)| it.contains("mail_given_up"));
    assert_eq!(told.count(), 1);
    let has_address = lines.iter().any(|(_, it)| it.contains("eir@"));
    assert!(!has_address);
}

#[test]
fn of_two_who_would_send_at_once_one_does() {
    let app = TestApp::new();
    app.player("eir");
    let due = app.test.queue.take_due(Lane::Mail);
    let other = app.isolate(2);
    // The first is still at it when the second comes.
    app.test.mail.fail_temporarily();
    app.consume(QUEUE, &due);
    other.consume(QUEUE, &due);
    assert_eq!(app.test.mail.attempts(), 1);
    // A message that comes twice, too, and what is no message.
    app.test.mail.fail_with(None);
    app.test.clock.advance_ms(MINUTE_MS);
    app.consume(QUEUE, &[due[0].clone(), due[0].clone(), "x".to_owned()]);
    assert_eq!(app.test.mail.sent().len(), 1);
}

#[test]
fn who_was_cut_off_while_sending_is_replaced_after_the_lease() {
    let app = TestApp::new();
    app.player("eir");
    let now = app.test_now();
    app.execute(format!(
        "UPDATE mails SET tries = 1, next_at = {now} + 120000"
    ));
    app.mails();
    assert_eq!(app.test.mail.attempts(), 0);
    assert_eq!(after(&app, 120_000), 1);
}

#[test]
fn no_token_and_no_words_lie_readable_and_the_master_key_can_be_replaced() {
    let (app, player) = TestApp::with_player("eir");
    let bytes = sealed(&app);
    assert!(!String::from_utf8_lossy(&bytes).contains("wvwl_"));
    // Under another key it does not open, and is given up; under the previous one it does.
    let rotated = |name: &str| match name {
        "MASTER_KEY" => config_value("PASSWORD_PEPPER").map(|key| key.replace("ZW", "ZX")),
        "MASTER_KEY_PREVIOUS" => config_value("MASTER_KEY"),
        name => config_value(name),
    };
    let second = app.isolate_with(app.test.platform(2), rotated);
    block_on(second.app.tick("17 * * * *", app.test_now()));
    assert_ne!(sealed(&app), bytes);
    assert_eq!(second.mail_to(&player.email).to, player.email);
}

#[test]
fn a_mail_goes_with_its_change_or_not_at_all() {
    let app = TestApp::new();
    let player = app.proved("eir");
    // Fifty keys are all there can be: the change fails, and so does its mail.
    let body = json!({ "name": "bot", "scopes": ["builds:read"] });
    let make = || app.post(API_KEYS, &body).by(&player);
    for _ in 0..50 {
        make().expect(201);
    }
    assert_eq!(app.mails_to(&player.email).len(), 30, "as many an hour");
    make().expect_problem(409, "too_many_api_keys");
    assert_eq!(left(&app), 0);
    // Those of someone who is gone go with them.
    let other = app.player("gone");
    assert_eq!(left(&app), 1);
    app.delete_account(&other).expect(204);
    assert_eq!(left(&app), 0);
    assert_eq!(app.mails(), []);
}
