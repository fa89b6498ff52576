//! What the crons delete. Expired rows are all deleted, however many there are, and no row is deleted
//! early. `signing_keys` and `tests/simulation` have signing keys and sealed values.

use testing::prelude::*;
use wvw_builder::platform::native::TestClock;

const CRONS: [&str; 2] = ["17 * * * *", "* * * * *"];

/// A table, and how long after the scene its rows still mean something and then are gone.
const LIVES: &[(&str, i64, i64)] = &[
    ("challenges", 4 * 60_000, 6 * 60_000),
    ("idempotency_records", DAY_MS - 1, DAY_MS + HOUR_MS),
    ("guesses", DAY_MS - 1, 31 * DAY_MS),
    ("sessions", 90 * DAY_MS - 1, 90 * DAY_MS + HOUR_MS),
    ("webhook_deliveries", 90 * DAY_MS, 90 * DAY_MS + 1),
    ("webhook_attempts", 90 * DAY_MS, 90 * DAY_MS + 1),
    ("webhook_events", 90 * DAY_MS, 90 * DAY_MS + 1),
    ("webhook_dead_letters", 90 * DAY_MS, 90 * DAY_MS + 1),
    ("team_invitations", 37 * DAY_MS - 1, 37 * DAY_MS + HOUR_MS),
    ("api_keys", 395 * DAY_MS - 1, 395 * DAY_MS + HOUR_MS),
];

/// Rows of each table that were there once a crowd has come by: more than two portions.
const CROWD: i64 = 1_300;

/// How a row of a table is made another one: each of its unique columns, with `n` to count.
const COPIES: &str = "
    challenges            hash          randomblob(32)
    idempotency_records   id            randomblob(32)
    guesses               subject       randomblob(32)
    sessions              id            'session_' || n
    sessions              family_hash   randomblob(32)
    sessions              refresh_hash  randomblob(32)
    team_invitations      id            'invitation_' || n
    team_invitations      code_hash     randomblob(32)
    api_keys              id            'key_' || n
    api_keys              hash          randomblob(32)
    webhook_dead_letters  id            NULL
    webhook_events        id            substr(id, 1, 16) || printf('%016d', n)
    webhook_deliveries    id            substr(id, 1, 19) || printf('%016d', n)
    webhook_deliveries    event_id      substr(event_id, 1, 16) || printf('%016d', n)
    webhook_attempts      delivery_id   substr(delivery_id, 1, 19) || printf('%016d', n)
";

/// Something in each of these tables.
fn scene() -> TestApp {
    let app = TestApp::new();
    app.test.web.answer_with(|_| MemoryWeb::status(200));
    let player = app.player("tidy");
    app.endpoint(&player, "https://tidy.guild.gg/");
    let build = app.post(BUILDS, &build_body(&json!({}))).by(&player);
    build.header(Header::IdempotencyKey, "once").expect(201);
    app.api_key(&player, &["builds:read"]);
    let team = app.team(&[(&player, "leader")]);
    app.invite(&player, &team, &json!({})).expect(201);
    let wrong = app.log_in_with("nobody@guild.gg", "no such words here");
    wrong.expect(401);
    app.execute(format!(
        "INSERT INTO challenges VALUES (x'00', '{}', 0, x'00', 0, 1, {})",
        player.id,
        app.test_now() + 300_000
    ));
    app.deliver();
    let letters = ["event_lost".to_owned()];
    app.consume("wvw-builder-webhooks-dead", &letters);
    app
}

/// Makes `CROWD` of each row of a table there is one of.
fn copy(app: &TestApp, table: &str, count: i64) {
    let columns = app.texts(&format!("SELECT name FROM pragma_table_info('{table}')"));
    let value = |name: &String| {
        let mut copies = rows::<3>(COPIES).into_iter();
        let changed = copies.find(|[of, column, _]| *of == table && column == name);
        changed.map_or(name.clone(), |[.., value]| value.to_owned())
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    app.execute(format!(
        "INSERT INTO {table} WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c \
         WHERE n < {count}) SELECT {} FROM c, (SELECT * FROM {table} LIMIT 1)",
        values.join(", ")
    ));
}

/// Both crons, once.
fn tick(app: &TestApp) {
    for cron in CRONS {
        block_on(app.app.tick(cron, app.test_now()));
    }
}

#[test]
fn what_means_nothing_any_more_is_removed_and_nothing_else() {
    let now = scene().test_now();
    for (table, kept_ms, gone_ms) in LIVES {
        let app = scene();
        let before = app.rows(table);
        assert!(before > 0, "the scene leaves nothing in {table}");
        for (after_ms, expected) in [(*kept_ms, before), (*gone_ms, 0)] {
            app.test.clock.set_ms(now + after_ms);
            tick(&app);
            assert_eq!(app.rows(table), expected, "{table} after {after_ms} ms");
        }
    }
}

#[test]
fn a_crowd_is_removed_by_the_first_cron_that_comes() {
    let app = scene();
    let mut tables: Vec<&str> = rows(COPIES).iter().map(|[table, _, _]| *table).collect();
    tables.dedup();
    for table in &tables {
        copy(&app, table, CROWD);
        assert!(app.rows(table) > CROWD, "{table}");
    }
    app.test.clock.advance_ms(400 * DAY_MS);
    tick(&app);
    for table in &tables {
        assert_eq!(app.rows(table), 0, "{table}");
    }
}

#[test]
fn what_is_still_on_its_way_stays_and_holds_up_nothing_else() {
    let app = scene();
    let own =
        "SELECT count(*) FROM webhook_events e JOIN webhook_deliveries d ON d.event_id = e.id";
    let set = |state: &str| {
        app.execute(format!(
            "UPDATE webhook_deliveries SET state = '{state}', next_attempt_at = {}",
            app.test_now() + HOUR_MS
        ));
    };
    // Recovered on its last day: its schedule goes on for three more.
    app.test.clock.advance_ms(89 * DAY_MS);
    set("pending");
    for table in ["webhook_events", "webhook_deliveries"] {
        copy(&app, table, CROWD);
    }
    app.execute("UPDATE webhook_deliveries SET state = 'dead' WHERE id LIKE '%00_'");
    let before = app.count(own);
    let dead = app.rows("webhook_deliveries WHERE state = 'dead'");
    assert!(dead > 0);
    app.test.clock.advance_ms(2 * DAY_MS);
    tick(&app);
    let expected = before - dead;
    assert_eq!(app.count(own), expected, "dead ones go, with their events");
    for table in ["webhook_deliveries", "webhook_events"] {
        assert_eq!(app.rows(table), before - dead, "{table}");
    }
    // It has arrived.
    set("delivered");
    tick(&app);
    for table in ["webhook_deliveries", "webhook_events"] {
        assert_eq!(app.rows(table), 0, "{table}");
    }
}

#[test]
fn nothing_stays_on_its_way_for_ever_and_no_event_goes_that_was_told_to_nobody_yet() {
    let app = scene();
    app.execute("UPDATE webhook_deliveries SET state = 'pending'");
    let at = |days: i64| {
        app.test.clock.set_ms(scene().test_now() + days * DAY_MS);
        let next = app.test_now() + HOUR_MS;
        let sql = format!("UPDATE webhook_deliveries SET next_attempt_at = {next}");
        app.execute(&sql);
        tick(&app);
        ["webhook_deliveries", "webhook_events"].map(|table| app.rows(table))
    };
    assert_eq!(at(104), [1, 1]);
    assert_eq!(at(105), [0, 0]);
    let app = scene();
    app.clear("webhook_deliveries");
    app.execute("UPDATE webhook_events SET fanned_out_at = NULL");
    app.test.clock.advance_ms(400 * DAY_MS);
    tick(&app);
    assert_eq!(app.rows("webhook_events"), 1);
}

/// A database that needs a while for every batch.
struct Tired {
    database: TestDatabase,
    clock: TestClock,
    ms: i64,
}

impl Database for Tired {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        self.database.query(statement)
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        self.clock.advance_ms(self.ms);
        self.database.batch(statements)
    }
}

/// What the log says of a step of the last run.
fn line(app: &TestApp, step: &str) -> Value {
    let lines = app.test.log.lines();
    let mut read = lines.iter().rev().map(|(_, line)| json_of(line));
    read.find(|line| line["step"] == step).expect("a line")
}

#[test]
fn a_run_ends_by_the_clock_and_by_its_portions_and_says_what_is_left() {
    let (keys, letters) = ("idempotency_records", "webhook_dead_letters");
    for (table, step, count, ms, done) in [
        // A second each: as many as begin within fifteen.
        (keys, "idempotency.remove_expired", 8_000, 1_000, 7_500),
        (letters, "webhooks.remove_old_letters", 100_700, 0, 100_000),
    ] {
        let app = scene();
        copy(&app, table, count);
        let all = app.rows(table);
        app.test.clock.advance_ms(400 * DAY_MS);
        let tired = Tired {
            database: app.test.database.clone(),
            clock: app.test.clock.clone(),
            ms,
        };
        let tired = app.isolate_on(platform_on(&app.test, 5, Box::new(tired)));
        tick(&tired);
        let line = line(&app, step);
        let expected = json!([done, all - done]);
        assert_eq!(json!([line["count"], line["left"]]), expected);
        assert_eq!(app.rows(table), all - done, "{table}");
        tick(&app);
        assert_eq!(app.rows(table), 0, "{table}, by the next run");
    }
}
