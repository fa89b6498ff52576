//! Webhooks under faults: messages that are lost, late or come twice, a database that fails before
//! and after it wrote, clocks that step, and receivers of ten kinds. Promises that a seed replays:
//! `SEED=n cargo test --test simulation webhooks`. `SEEDS=n` runs as many (100 unless given).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use pollster::block_on;
use wvw_builder::app::App;
use wvw_builder::config::Config;
use wvw_builder::context::State;
use wvw_builder::identity::seal;
use wvw_builder::ids::{UserId, WebhookId, WebhookSecretId};
use wvw_builder::platform::native::{SeededRandom, TestDatabase, TestPlatform};
use wvw_builder::platform::{
    Clock as _, Database, DatabaseError, Lane, LocalFuture, Platform, Row, Statement,
};
use wvw_builder::telemetry::Trace;
use wvw_builder::webhooks::SECRET_LABEL;
use wvw_builder::webhooks::outbox::Event;

use crate::receivers::{Dice, KINDS, Kind, Log, answer};
use crate::world::{DAY_MS, HOUR_MS, MINUTE_MS, config};

const EVENTS: u32 = 25;
/// The rate of the endpoint that has one: attempts a minute.
const RATE: usize = 3;

/// A database that fails before or after it has written.
struct Faulty {
    database: TestDatabase,
    dice: Rc<Dice>,
    is_on: Rc<Cell<bool>>,
}

impl Faulty {
    fn fails(&self) -> bool {
        self.is_on.get() && self.dice.one_in(15)
    }
}

const LOST: &str = "Network connection lost.";

impl Database for Faulty {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        if self.fails() {
            return Box::pin(async { Err(DatabaseError::classify(LOST)) });
        }
        self.database.query(statement)
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        if self.fails() {
            return Box::pin(async { Err(DatabaseError::classify(LOST)) });
        }
        let is_answer_lost = self.fails();
        Box::pin(async move {
            let outcome = self.database.batch(statements).await;
            if is_answer_lost {
                return Err(DatabaseError::classify(LOST));
            }
            outcome
        })
    }
}

struct Simulation {
    test: TestPlatform,
    app: App,
    dice: Rc<Dice>,
    user: UserId,
    log: Rc<RefCell<Log>>,
    database_fails: Rc<Cell<bool>>,
    clock_steps: bool,
    messages: Vec<(i64, Lane, String)>,
    has_faults: bool,
}

fn settings(seed: u64) -> (Vec<Kind>, bool, bool, Rc<Dice>) {
    let dice = Rc::new(Dice(SeededRandom::new(seed)));
    let count = 2 + dice.roll(4) as usize;
    let kinds = (0..count).map(|_| KINDS[dice.roll(10) as usize]).collect();
    let (database_fails, clock_steps) = (dice.one_in(2), dice.one_in(2));
    (kinds, database_fails, clock_steps, dice)
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let (kinds, database_fails, clock_steps, dice) = settings(seed);
        let (_, test) = TestPlatform::new();
        let is_on = Rc::new(Cell::new(false));
        let platform = Platform {
            database: Box::new(Faulty {
                database: test.database.clone(),
                dice: Rc::clone(&dice),
                is_on: Rc::clone(&is_on),
            }),
            ..test.platform(seed)
        };
        let config = config(1, None);
        let user = UserId::fresh(&platform);
        for (place, kind) in kinds.iter().enumerate() {
            insert_endpoint(&test, &config, &platform, &user, place, *kind);
        }
        let log: Rc<RefCell<Log>> = Rc::default();
        answer(&test, &kinds, &log, &dice, !database_fails);
        is_on.set(database_fails);
        Self {
            app: App::new(platform, Ok(config)),
            test,
            dice,
            user,
            log,
            database_fails: is_on,
            clock_steps,
            messages: Vec::new(),
            has_faults: true,
        }
    }

    fn state(&self) -> &State {
        match &self.app {
            App::Ready(state) => state,
            App::Misconfigured { .. } => panic!("the configuration is good"),
        }
    }

    /// Something happens; whether it was written is the database's word.
    fn raise(&self, number: u32) {
        let platform = &self.state().platform;
        let data = format!(r#"{{"id":"build_{number}"}}"#);
        let trace = Trace::from_header(None, platform);
        let event = Event::new(
            platform,
            &trace,
            (&self.user).into(),
            "build.created",
            "build",
            &data,
        );
        let written = block_on(platform.database.batch(vec![event.insert()]));
        if written.is_ok_and(|changes| changes == [1]) {
            event.wake(platform);
        }
    }

    /// Takes what was sent to the queues, and does to it what queues do.
    fn collect(&mut self) {
        for message in self.test.queue.take_all() {
            let copies = if self.has_faults {
                [0, 0, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1][self.dice.roll(16) as usize]
            } else {
                1
            };
            for _ in 0..copies {
                let late = match self.dice.roll(20) {
                    0 if self.has_faults => i64::from(self.dice.roll(14)) * DAY_MS,
                    1..4 if self.has_faults => i64::from(self.dice.roll(600)) * 1_000,
                    _ => 0,
                };
                let due = message.due_ms + late;
                self.messages
                    .push((due, message.lane, message.body.clone()));
            }
        }
    }

    /// Gives what is due to the consumers, in batches of any size.
    fn consume_due(&mut self) {
        self.collect();
        let now = self.test.clock.now_ms();
        let mut due: Vec<_> = self.messages.extract_if(.., |each| each.0 <= now).collect();
        while !due.is_empty() {
            let size = 1 + self.dice.roll(5) as usize;
            let lane = due[0].1;
            let mut bodies = Vec::new();
            due.retain(|(_, each, body)| {
                let takes = *each == lane && bodies.len() < size;
                if takes {
                    bodies.push(body.clone());
                }
                !takes
            });
            let name = match lane {
                Lane::First => "webhooks",
                Lane::Slow => "webhooks-slow",
            };
            let again = Cell::new(false);
            block_on(self.app.consume(name, &bodies, &|settlements| {
                use wvw_builder::platform::Settlement::Retry;
                again.set(matches!(settlements.first(), Some(Retry(_))));
            }));
            if again.get() {
                let at = self.test.clock.now_ms() + 10_000;
                self.messages
                    .extend(bodies.into_iter().map(|body| (at, lane, body)));
            }
        }
    }

    fn sweep(&self) {
        let now = self.test.clock.now_ms();
        block_on(self.app.tick("* * * * *", now));
    }

    fn count(&self, sql: &str) -> i64 {
        self.test.database.execute(sql)[0]
            .integer(0)
            .expect("a number")
    }

    fn pass(&mut self) {
        for number in 0..EVENTS {
            self.raise(number);
            for _ in 0..self.dice.roll(4) {
                self.consume_due();
                let ms = match self.dice.roll(6) {
                    0 => i64::from(self.dice.roll(8)) * HOUR_MS,
                    1 | 2 => i64::from(self.dice.roll(30)) * MINUTE_MS,
                    _ => i64::from(self.dice.roll(30_000)),
                };
                self.test.clock.advance_ms(ms);
                if self.clock_steps && self.dice.one_in(10) {
                    let back = i64::from(self.dice.roll(7_200_000));
                    self.test.clock.advance_ms(back - 3_600_000);
                }
                if self.dice.one_in(3) {
                    self.sweep();
                }
            }
        }
        // The faults end; what they left behind has to be found.
        self.has_faults = false;
        self.database_fails.set(false);
        for round in 0..400 {
            self.sweep();
            self.consume_due();
            self.test.clock.advance_ms(1_000);
            self.consume_due();
            let open = "SELECT (SELECT count(*) FROM webhook_events WHERE fanned_out_at IS NULL) + \
                        (SELECT count(*) FROM webhook_deliveries WHERE state = 'pending')";
            if self.count(open) == 0 {
                return;
            }
            let hours = if round < 50 { 1 } else { 3 };
            self.test.clock.advance_ms(hours * HOUR_MS);
        }
        self.log
            .borrow_mut()
            .violations
            .push("something never ends".to_owned());
    }

    /// What must hold at the end.
    fn check(&self, seed: u64) {
        let missing = self.count(
            "SELECT count(*) FROM webhook_events e CROSS JOIN webhooks w WHERE NOT EXISTS \
             (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = e.id AND d.webhook_id = w.id) \
             AND w.disabled_at IS NULL AND e.type = 'build.created'",
        );
        let nameless = self.count(
            "SELECT count(*) FROM webhook_deliveries WHERE state = 'dead' AND reason IS NULL",
        );
        let held = self.count(
            "SELECT count(*) FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id \
             WHERE d.state = 'held' AND w.disabled_at IS NULL",
        );
        let log = self.log.borrow();
        let delivered =
            self.count("SELECT count(*) FROM webhook_deliveries WHERE state = 'delivered'");
        let succeeded = log.seen.values().filter(|seen| seen.succeeded).count();
        let mut violations = log.violations.clone();
        for (name, count) in [
            ("events without a delivery", missing),
            ("dead without a reason", nameless),
            ("held by an enabled endpoint", held),
        ] {
            if count > 0 {
                violations.push(format!("{count} {name}"));
            }
        }
        if usize::try_from(delivered) != Ok(succeeded) {
            violations.push(format!(
                "{delivered} said to be delivered, {succeeded} were"
            ));
        }
        if !self.clock_steps {
            for times in log.rated.values() {
                let is_full = |(place, at): (usize, &i64)| {
                    times
                        .get(place + RATE)
                        .is_some_and(|later| later - at < MINUTE_MS)
                };
                if times.iter().enumerate().any(is_full) {
                    violations.push(format!("more than {RATE} in a minute"));
                }
            }
        }
        assert!(violations.is_empty(), "SEED={seed}: {violations:?}");
    }
}

fn insert_endpoint(
    test: &TestPlatform,
    config: &Config,
    platform: &Platform,
    user: &UserId,
    place: usize,
    kind: Kind,
) {
    let (id, secret) = (WebhookId::fresh(platform), WebhookSecretId::fresh(platform));
    let rate = if kind == Kind::Rated {
        RATE.to_string()
    } else {
        "NULL".to_owned()
    };
    test.database.execute(&format!(
        "INSERT INTO webhooks (id, user_id, url, description, event_types, rate_limit, version, \
         created_at, updated_at) VALUES ('{id}', '{user}', 'https://r{place}.guild.gg/', '', \
         '[\"*\"]', {rate}, 1, 0, 0)"
    ));
    let label = format!("{SECRET_LABEL}{secret}");
    let sealed = seal::seal(&config.master_keys, &label, &[7; 32], platform).expect("sealed");
    let insert = Statement::new(
        "INSERT INTO webhook_secrets (id, webhook_id, sealed_secret, created_at) \
         VALUES (?1, ?2, ?3, 0)",
        vec![secret.as_str().into(), id.as_str().into(), sealed.into()],
    );
    block_on(test.database.batch(vec![insert])).expect("written");
}

#[test]
fn every_event_arrives_or_is_given_up_with_a_reason() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SEEDS").unwrap_or(100),
    };
    for seed in seeds {
        let mut simulation = Simulation::new(seed);
        simulation.pass();
        simulation.check(seed);
    }
}
