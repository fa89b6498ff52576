//! Webhooks under faults: queues and consumers that fail, a database that is away, clocks that step, owners who act
//! meanwhile, and receivers of ten kinds. `SEED=n cargo test --test simulation webhooks` replays a seed; `SEEDS=n` or
//! `SEEDS=n..m` runs as many.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use pollster::block_on;
use wvw_builder::app::App;
use wvw_builder::builds::events::CREATED;
use wvw_builder::config::Config;
use wvw_builder::events::outbox::Event;
use wvw_builder::http::trace::Trace;
use wvw_builder::ids::{WebhookId, WebhookSecretId};
use wvw_builder::platform::native::SeededRandom;
use wvw_builder::platform::{
    Clock as _, Database as _, LocalFuture, Platform, Settlement, Statement,
};
use wvw_builder::seal;
use wvw_builder::webhooks::SECRET_LABEL;
use wvw_builder::webhooks::endpoints::proof;

use crate::faults::{Dice, Faults, Faulty, Health, run_mixed};
use crate::owner::{ACTS, Act};
use crate::queues::{MAX_RETRIES, Queues, RETRY_MS, Tally};
use crate::receivers::{Kind, Log, Receivers};
use crate::world::{HOUR_MS, MINUTE_MS, World, config};

/// So many seeds keep a run of all tests short, and meet everything that can happen.
const USUAL: u64 = 60;
const EVENTS: u32 = 25;
/// The rate of the endpoint that has one: attempts a minute.
const RATE: usize = 3;
struct Simulation<'w> {
    world: &'w World,
    app: App,
    dice: Rc<Dice>,
    log: Rc<RefCell<Log>>,
    health: Rc<Cell<Health>>,
    faults: Faults,
    /// By how much the clock has stepped, and when it did, by a clock that never steps.
    stepped: Rc<Cell<i64>>,
    steps: Vec<i64>,
    queues: Queues,
    has_faults: bool,
    /// Endpoints that were disabled at some time: they need not have been told of everything.
    were_disabled: HashSet<String>,
}

impl<'w> Simulation<'w> {
    fn new(seed: u64, world: &'w World) -> Self {
        let dice = Rc::new(Dice(SeededRandom::new(seed)));
        let count = 2 + dice.roll(4) as usize;
        let kinds: Vec<Kind> = (0..count).map(|_| Kind::any(&dice)).collect();
        let faults = Faults {
            database: dice.one_in(2),
            clock: dice.one_in(2),
            kills: dice.one_in(2),
            owner: dice.one_in(2),
        };
        let config = config(1, None);
        for (place, kind) in kinds.iter().enumerate() {
            insert_endpoint(world, &config, place, *kind);
        }
        let log: Rc<RefCell<Log>> = Rc::default();
        let stepped = Rc::new(Cell::new(0));
        let health = Rc::new(Cell::new(Health::Good));
        let test = &world.test;
        let platform = Platform {
            database: Box::new(Faulty {
                database: test.database.clone(),
                dice: Rc::clone(&dice),
                health: Rc::clone(&health),
            }),
            http: Box::new(Receivers {
                kinds,
                log: Rc::clone(&log),
                dice: Rc::clone(&dice),
                clock: test.clock.clone(),
                database: test.database.clone(),
                begun: world.now(),
                stepped: Rc::clone(&stepped),
            }),
            ..world.platform(0)
        };
        Self {
            world,
            app: App::new(platform, Ok(config)),
            dice,
            log,
            health,
            faults,
            stepped,
            steps: Vec::new(),
            queues: Queues::default(),
            has_faults: true,
            were_disabled: HashSet::new(),
        }
    }

    fn usual_health(&self) -> Health {
        if self.faults.database && self.has_faults {
            Health::Faulty
        } else {
            Health::Good
        }
    }

    /// Something happens; whether it was written is the database's word.
    fn raise(&self, number: u32) {
        let App::Ready(state) = &self.app else {
            panic!("the configuration is good");
        };
        let platform = &state.platform;
        let data = format!(r#"{{"id":"build_{number}"}}"#);
        let trace = Trace::from_header(None, platform);
        let audience = (&self.world.user).into();
        let event = Event::new(platform, &trace, audience, &CREATED, "build", &data);
        let written = run_to_end(platform.database.batch(vec![event.insert()]));
        if written.is_ok_and(|changes| changes == [1]) {
            event.wake(platform);
        }
    }

    /// Gives what is due to consumers, all at once, and with them perhaps the cron and the owner.
    fn work(&mut self, cron: bool) {
        let (dice, now) = (Rc::clone(&self.dice), self.world.now());
        let sent = self.world.test.queue.take_all();
        self.queues.take(sent, &dice, self.has_faults);
        let batches = self.queues.batches(now, &dice);
        if self.faults.owner && self.has_faults && self.dice.one_in(16) {
            self.switch_account("iif(disabled_at IS NULL, 1, NULL)");
            self.queues.count_up("account switched", 1);
        }
        self.note_disabled();
        let act = if self.faults.owner && self.has_faults && self.dice.one_in(4) {
            let token = self.world.isolate(0).sign().text().to_owned();
            Act::any(&self.world.test, &self.dice, &token)
        } else {
            None
        };
        let answered = Cell::new(0);
        let app = &self.app;
        let mut work: Vec<LocalFuture<'_, ()>> = Vec::new();
        for batch in &batches {
            work.push(Box::pin(async move {
                let bodies = batch.bodies();
                let settle = |settlements: &[Settlement]| {
                    let again = matches!(settlements.first(), Some(Settlement::Retry(_)));
                    batch.comes_again.set(Some(again));
                };
                app.consume(batch.queue(), &bodies, &settle).await;
            }));
        }
        if cron {
            work.push(Box::pin(app.tick("* * * * *", now)));
        }
        if let Some(act) = &act {
            work.push(Box::pin(async { answered.set(act.run(app).await) }));
        }
        let kills = self.faults.kills && self.has_faults;
        let killed = run_mixed(work, &self.dice, kills);
        self.queues.count_up("killed", killed);
        if let Some(act) = &act {
            if act.name == "disable" || act.name == "delete" {
                self.were_disabled.insert(act.webhook.clone());
            }
            if (200..300).contains(&answered.get()) {
                self.queues.count_up(act.name, 1);
            }
        }
        for batch in batches {
            self.queues.settle(batch, self.world.now());
        }
    }

    /// An administrator disables the account, or enables it.
    fn switch_account(&self, disabled_at: &str) {
        let sql = format!("UPDATE users SET disabled_at = {disabled_at}");
        self.world.execute(&sql);
    }

    /// Notes which endpoints must not be called by what begins now.
    fn note_disabled(&mut self) {
        let sql = "SELECT id, url, disabled_at FROM webhooks";
        let rows = self.world.execute(sql);
        let is_account_disabled = self.world.rows("users WHERE disabled_at IS NOT NULL") > 0;
        let mut log = self.log.borrow_mut();
        log.disabled.clear();
        let mut known = HashSet::new();
        for row in &rows {
            let url = row.text(1).expect("a URL").to_owned();
            known.insert(url.clone());
            if row.optional_integer(2).expect("a time").is_some() {
                let id = row.text(0).expect("an id").to_owned();
                self.were_disabled.insert(id);
                log.disabled.insert(url);
            } else if is_account_disabled {
                log.disabled.insert(url);
            }
        }
        let gone = (0..5).map(|place| format!("https://r{place}.guild.gg/"));
        log.deleted = gone.filter(|url| !known.contains(url)).collect();
    }

    /// Time passes, and the clock may step.
    fn wait(&mut self) {
        let clock = &self.world.test.clock;
        clock.advance_ms(match self.dice.roll(6) {
            0 => self.dice.up_to(7) * HOUR_MS,
            1 | 2 => self.dice.up_to(29) * MINUTE_MS,
            _ => self.dice.up_to(30_000),
        });
        if self.faults.clock && self.dice.one_in(10) {
            let step = self.dice.up_to(7_200_000) - 3_600_000;
            clock.advance_ms(step);
            self.stepped.set(self.stepped.get() + step);
            self.steps.push(clock.now_ms() - self.stepped.get());
        }
    }

    fn pass(&mut self) {
        for number in 0..EVENTS {
            self.health.set(self.usual_health());
            self.raise(number);
            for _ in 0..self.dice.roll(4) {
                let cron = self.dice.one_in(3);
                self.work(cron);
                self.wait();
            }
            if self.faults.database && self.dice.one_in(30) {
                // Away for so long that what comes meanwhile ends in the dead letters.
                self.health.set(Health::Away);
                for _ in 0..=MAX_RETRIES {
                    self.work(true);
                    self.world.wait_ms(RETRY_MS);
                }
            }
        }
        // The faults end; what they left behind has to be found.
        self.has_faults = false;
        self.health.set(Health::Good);
        self.switch_account("NULL");
        for round in 0..400 {
            self.work(true);
            self.world.wait_ms(1_000);
            self.work(false);
            let world = self.world;
            let waiting = world.rows("webhook_events WHERE fanned_out_at IS NULL");
            let pending = world.rows("webhook_deliveries WHERE state = 'pending'");
            if waiting + pending == 0 {
                return;
            }
            let hours = if round < 50 { 1 } else { 3 };
            self.world.wait_ms(hours * HOUR_MS);
        }
        self.violate("something never ends");
    }

    fn violate(&self, what: impl Into<String>) {
        self.log.borrow_mut().violations.push(what.into());
    }

    /// What must hold at the end.
    fn check(&mut self) {
        let ids = self.were_disabled.iter().map(|id| format!("'{id}'"));
        let were_disabled = ids.collect::<Vec<_>>().join(", ");
        let without_delivery = format!(
            "webhook_events e CROSS JOIN webhooks w WHERE NOT EXISTS \
             (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = e.id AND d.webhook_id = w.id) \
             AND w.id NOT IN ({were_disabled}) AND w.disabled_at IS NULL AND e.type = 'build.created'"
        );
        let dead = "webhook_deliveries WHERE state = 'dead' AND reason IS NULL";
        let held = "webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id \
                    WHERE d.state = 'held' AND w.disabled_at IS NULL AND w.is_proven = 1";
        for (name, table) in [
            ("events without a delivery", without_delivery.as_str()),
            ("dead without a reason", dead),
            ("held by an enabled endpoint that has proved itself", held),
        ] {
            let count = self.world.rows(table);
            if count > 0 {
                self.violate(format!("{count} {name}"));
            }
        }
        self.check_successes();
        self.check_rates();
        let log = self.log.borrow();
        let attempts = log.seen.values().map(|seen| seen.attempts).sum();
        self.queues.count_up("attempts", attempts);
    }

    /// What is said to be delivered was; and while nothing cuts a record off, the other way round.
    fn check_successes(&self) {
        let rows = self.world.execute(
            "SELECT w.url, d.event_id, d.state FROM webhook_deliveries d \
             JOIN webhooks w ON w.id = d.webhook_id",
        );
        let is_calm = !self.faults.database && !self.faults.kills && !self.faults.owner;
        let mut wrong = Vec::new();
        let mut log = self.log.borrow_mut();
        for row in &rows {
            let [url, id, state] = [0, 1, 2].map(|index| row.text(index).expect("text").to_owned());
            let seen = log.seen.get(&(url, id.clone()));
            let succeeded = seen.is_some_and(|seen| seen.succeeded);
            let is_delivered = state == "delivered";
            if is_delivered && !succeeded || is_calm && succeeded && !is_delivered {
                wrong.push(format!("{id} is {state}, succeeded: {succeeded}"));
            }
            if is_calm && is_delivered && seen.is_some_and(|seen| seen.attempts > 10) {
                wrong.push(format!("{id} took more attempts than there are"));
            }
        }
        log.violations.extend(wrong);
    }

    /// By a clock that never steps no minute has more than the rate. A step may begin a new one: the
    /// Worker knows no other clock than the one that steps.
    fn check_rates(&self) {
        let mut is_over = false;
        for times in self.log.borrow_mut().rated.values_mut() {
            times.sort_unstable();
            for (place, from) in times.iter().enumerate() {
                let within = |at: &&i64| **at < from + MINUTE_MS;
                let count = times[place..].iter().take_while(within).count();
                let steps = self.steps.iter().filter(|at| *at >= from && within(at));
                is_over |= count > RATE * (1 + steps.count());
            }
        }
        if is_over {
            self.violate(format!("more than {RATE} in a minute"));
        }
    }
}

/// Runs it alone, to its end.
fn run_to_end<T>(future: LocalFuture<'_, T>) -> T {
    let mut all = testing::databases::all_together([future]);
    all.pop().expect("one")
}

fn insert_endpoint(world: &World, config: &Config, place: usize, kind: Kind) {
    let platform = world.platform(0);
    let id = WebhookId::fresh(&platform);
    let secret = WebhookSecretId::fresh(&platform);
    let rate = match kind {
        Kind::Rated => RATE.to_string(),
        _ => "NULL".to_owned(),
    };
    world.execute(&format!(
        "INSERT INTO webhooks (id, user_id, url, description, event_types, rate_limit, version, \
         created_at, updated_at, is_proven) VALUES ('{id}', '{}', 'https://r{place}.guild.gg/', '', \
         '[\"*\"]', {rate}, 1, 0, 0, {})",
        world.user,
        i64::from(place.is_multiple_of(2)),
    ));
    let label = format!("{SECRET_LABEL}{secret}");
    let sealed = seal::seal(&config.master_keys, &label, &[7; 32], &platform).expect("sealed");
    let insert = Statement::new(
        "INSERT INTO webhook_secrets (id, webhook_id, sealed_secret, created_at) \
         VALUES (?1, ?2, ?3, 0)",
        vec![secret.as_str().into(), id.as_str().into(), sealed.into()],
    );
    let mut writes = vec![insert];
    // Every second one has yet to prove itself. The reconciler finds its ping.
    if !place.is_multiple_of(2) {
        let trace = Trace::from_header(None, &platform);
        let now = world.now();
        writes.extend(proof::ping(&platform, &trace, &world.user, &id, now));
    }
    block_on(world.test.database.batch(writes)).expect("written");
}

/// Says which seed it was, whatever ends it.
struct Replay(u64);

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("SEED={} cargo test --test simulation webhooks", self.0);
        }
    }
}

/// The seeds that the caller's shell asks for: `SEED=7`, `SEEDS=1000` or `SEEDS=1000..2000`.
fn seeds() -> Range<u64> {
    let asked = |name: &str| std::env::var(name).ok();
    let number = |text: &str| text.parse::<u64>().expect("a number of seeds");
    if let Some(seed) = asked("SEED") {
        return number(&seed)..number(&seed) + 1;
    }
    let Some(seeds) = asked("SEEDS") else {
        return 0..USUAL;
    };
    match seeds.split_once("..") {
        Some((from, to)) => number(from)..number(to),
        None => 0..number(&seeds),
    }
}

#[test]
fn every_event_arrives_or_is_given_up_with_a_reason() {
    let seeds = seeds();
    let is_many = seeds.end - seeds.start >= USUAL;
    let mut tally = Tally::new();
    for seed in seeds {
        let _replay = Replay(seed);
        let world = World::new();
        let mut simulation = Simulation::new(seed, &world);
        simulation.pass();
        simulation.check();
        let violations = &simulation.log.borrow().violations;
        assert!(violations.is_empty(), "SEED={seed}: {violations:#?}");
        for (what, count) in &simulation.queues.tally {
            *tally.entry(what).or_default() += count;
        }
    }
    println!("{tally:?}");
    if is_many {
        let faults = "killed, lost, twice, dead letters recorded, account switched";
        for what in faults.split(", ").chain(ACTS) {
            let count = tally.get(what).copied().unwrap_or_default();
            assert!(count > 0, "never: {what}");
        }
    }
}
