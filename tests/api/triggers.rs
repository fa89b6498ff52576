//! Queues and crons are recognised by their whole names, and `wrangler.toml` has those of the tables
//! (`src/triggers.rs`) in each environment.

use std::collections::HashMap;

use serde::Deserialize;
use testing::prelude::*;
use wvw_builder::platform::{Lane, Level, Settlement};
use wvw_builder::triggers::check::WorkerEnvironment;

const TEXT: &str = include_str!("../../wrangler.toml");

#[derive(Deserialize)]
struct Configuration {
    #[serde(flatten)]
    development: WorkerEnvironment,
    env: HashMap<String, WorkerEnvironment>,
}

/// What differs in each environment, when `from` stands as `to` everywhere.
fn differences(from: &str, to: &str) -> Vec<String> {
    assert!(TEXT.contains(from), "{from}");
    let text = TEXT.replace(from, to);
    let configuration: Configuration = basic_toml::from_str(&text).expect("TOML");
    assert!(configuration.env.contains_key("production"));
    let all = configuration
        .env
        .values()
        .chain([&configuration.development]);
    all.flat_map(WorkerEnvironment::differences).collect()
}

#[test]
fn each_environment_has_the_queues_and_crons_of_the_tables() {
    assert_eq!(differences("[vars]", "[vars]"), Vec::<String>::new());
}

#[test]
fn a_difference_is_named_in_both_environments() {
    let cases = r#"
        "wvw-builder-mail"  "guild-mail"  "guild-mail"
        queue = "wvw-builder-webhooks-slow"\nmax  queue = "wvw-builder-webhooks"\nmax  "wvw-builder-webhooks": a consumer is there 2 times
        dead_letter_queue = "wvw-builder-webhooks-dead"  -  dead_letter_queue of "wvw-builder-webhooks" is None
        dead_letter_queue = "wvw-builder-webhooks-dead"  dead_letter_queue = "wvw-builder-mail"  dead_letter_queue of "wvw-builder-webhooks-slow" is Some
        binding = "WEBHOOKS_SLOW"\nqueue = "wvw-builder-webhooks-slow"  binding = "WEBHOOKS_SLOW"\nqueue = "wvw-builder-webhooks"  producer WEBHOOKS_SLOW may not send to "wvw-builder-webhooks"
        binding = "OUTBOX"  binding = "MAILS"  "OUTBOX": a producer is there 0 times
        17 * * * *  18 * * * *  cron "18 * * * *" is not in
        "17 * * * *",  -  a cron for Hourly is there 0 times
    "#;
    for [from, to, expected] in rows(cases) {
        let [from, to] = [from, to].map(|text| text.replace("\\n", "\n"));
        let found = differences(&from, if to == "-" { "" } else { &to });
        let named = found.iter().filter(|line| line.contains(expected)).count();
        assert!(named >= 2, "{to}: {found:?}");
    }
}

/// The only log line since the last call, which is an error.
fn error_line(app: &TestApp) -> Value {
    let lines = app.test.log.lines();
    let (level, line) = lines.last().expect("a line");
    assert_eq!(*level, Level::Error, "{line}");
    serde_json::from_str(line).expect("JSON")
}

#[test]
fn messages_of_a_queue_that_is_not_in_the_table_all_come_again() {
    let (app, player) = TestApp::with_player("queues");
    app.endpoint(&player, "https://queues.guild.gg/");
    app.deliver();
    app.build(&player, &json!({}));
    let mut bodies = app.test.queue.take_due(Lane::First);
    assert!(!bodies.is_empty());
    bodies.push("not an id".to_owned());
    let others = "guild-webhooks guild-webhooks-slow guild-webhooks-dead guild-mail \
                  wvw-builder-webhooks-2";
    for queue in others.split(' ').chain([""]) {
        let settled = RefCell::new(Vec::new());
        block_on(app.app.consume(queue, &bodies, &|settlements| {
            settled.borrow_mut().extend_from_slice(settlements);
        }));
        let settled = settled.into_inner();
        assert_eq!(settled, vec![Settlement::Retry(60); bodies.len()]);
        assert_has!(error_line(&app), {
            "event": "batch_not_consumed", "code": "unknown_trigger", "queue": queue,
        });
    }
    assert_eq!(app.rows("webhook_dead_letters"), 0);
    assert!(app.test.web.take_requests().is_empty());
    app.consume("wvw-builder-webhooks", &bodies);
    assert_eq!(app.test.web.take_requests().len(), 1);
}

#[test]
fn a_cron_that_is_not_in_the_table_runs_nothing() {
    let app = TestApp::new();
    app.player("crons");
    app.wait_ms(400 * 86_400_000);
    app.test.database.recorded();
    for cron in ["18 * * * *", "17 * * * * ", "*/1 * * * *", ""] {
        let before = app.test.database.recorded().len();
        block_on(app.app.tick(cron, app.test_now()));
        assert_eq!(app.test.database.recorded().len(), before, "{cron}");
        assert_has!(error_line(&app), { "event": "tick", "cron": cron, "code": "unknown_trigger" });
    }
    assert_eq!(app.rows("sessions"), 1);
    app.hourly();
    assert_eq!(app.rows("sessions"), 0);
}
