//! The ports on an ordinary machine: `SQLite` with the product's own migrations, memory, a clock that tests
//! move and randomness from a seed. A run can be replayed.

mod limiter;
mod mail;
mod sqlite;
mod web;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::task::Poll;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::{
    Cache, CacheError, Clock, Database, DatabaseError, Level, LocalFuture, Log, Platform, Random,
    Retrying, Row, Statement, Unicode,
};
pub use limiter::{MemoryLimiter, ObjectRules};
pub use mail::MemoryMail;
pub use sqlite::{Sqlite, StatementResult};
pub use web::{MemoryQueue, MemoryWeb, Queued};

/// 2026-11-22T00:00:00Z: where every test clock begins.
pub const TEST_EPOCH_MS: i64 = 1_795_305_600_000;

/// A clock in the hand of the test.
#[derive(Clone)]
pub struct TestClock(Rc<Cell<i64>>);

impl TestClock {
    /// Moves forward (or back) by `ms`.
    pub fn advance_ms(&self, ms: i64) {
        self.0.set(self.0.get() + ms);
    }

    /// Moves to `ms` since 1970.
    pub fn set_ms(&self, ms: i64) {
        self.0.set(ms);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.get()
    }

    /// Over after one turn of everyone else for each ten milliseconds, and one at least: nobody
    /// waits here, time moves when the test says so.
    fn sleep(&self, ms: u32) -> LocalFuture<'static, ()> {
        let mut turns = 1 + ms / 10;
        Box::pin(std::future::poll_fn(move |cx| {
            if turns == 0 {
                return Poll::Ready(());
            }
            turns -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        }))
    }
}

/// SHA-256 in counter mode over a seed: the same run every time.
pub struct SeededRandom {
    seed: u64,
    counter: Cell<u64>,
}

impl SeededRandom {
    /// Randomness from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            counter: Cell::new(0),
        }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let counter = self.counter.get();
            self.counter.set(counter + 1);
            let mut hash = Sha256::new();
            hash.update(self.seed.to_be_bytes());
            hash.update(counter.to_be_bytes());
            chunk.copy_from_slice(&hash.finalize()[..chunk.len()]);
        }
    }
}

/// A cache that can be told to be away.
#[derive(Clone, Default)]
pub struct MemoryCache {
    entries: Rc<RefCell<HashMap<String, String>>>,
    away: Rc<Cell<bool>>,
}

impl MemoryCache {
    /// Makes every call fail, or work again.
    pub fn set_away(&self, away: bool) {
        self.away.set(away);
    }
}

impl Cache for MemoryCache {
    fn get<'a>(&'a self, key: &'a str) -> LocalFuture<'a, Result<Option<String>, CacheError>> {
        Box::pin(async move {
            if self.away.get() {
                return Err(CacheError("away".to_owned()));
            }
            Ok(self.entries.borrow().get(key).cloned())
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        _seconds: u64,
    ) -> LocalFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            if self.away.get() {
                return Err(CacheError("away".to_owned()));
            }
            let mut entries = self.entries.borrow_mut();
            entries.insert(key.to_owned(), value.to_owned());
            Ok(())
        })
    }
}

/// Log lines kept for the test to read.
#[derive(Clone, Default)]
pub struct MemoryLog(Rc<RefCell<Vec<(Level, String)>>>);

impl MemoryLog {
    /// All lines so far.
    pub fn lines(&self) -> Vec<(Level, String)> {
        self.0.borrow().clone()
    }
}

impl Log for MemoryLog {
    fn line(&self, level: Level, line: &str) {
        self.0.borrow_mut().push((level, line.to_owned()));
    }
}

struct NativeUnicode;

impl Unicode for NativeUnicode {
    fn nfc(&self, text: &str) -> String {
        text.nfc().collect()
    }

    fn nfkd(&self, text: &str) -> String {
        text.nfkd().collect()
    }
}

/// `SQLite`, counted, and out of reach when the test says so.
#[derive(Clone)]
pub struct TestDatabase {
    sqlite: Rc<Sqlite>,
    recorded: Rc<RefCell<Vec<Statement>>>,
    calls: Rc<Cell<usize>>,
    work: Rc<Cell<u64>>,
    away: Rc<Cell<bool>>,
    losses: Rc<Cell<usize>>,
}

impl TestDatabase {
    /// Statements run so far.
    pub fn statements(&self) -> usize {
        self.recorded.borrow().len()
    }

    /// The statements themselves, in order.
    pub fn recorded(&self) -> Vec<Statement> {
        self.recorded.borrow().clone()
    }

    /// Round trips made so far.
    pub fn calls(&self) -> usize {
        self.calls.get()
    }

    /// Steps of `SQLite`'s virtual machine made so far.
    pub fn work(&self) -> u64 {
        self.work.get()
    }

    /// How `SQLite` runs a statement: the steps of its plan, outside the counts.
    ///
    /// # Panics
    /// When the statement is not valid SQL.
    pub fn plan(&self, statement: &Statement) -> Vec<String> {
        let sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
        let explain = Statement::new(sql, statement.params.clone());
        let outcome = self.sqlite.batch(vec![explain]);
        let mut outcome = outcome.unwrap_or_else(|error| panic!("{}: {error}", statement.sql));
        let steps = outcome.remove(0).rows;
        let detail = |row: &Row| row.text(3).map(str::to_owned);
        steps.iter().filter_map(|row| detail(row).ok()).collect()
    }

    /// Makes every call fail, or work again.
    pub fn set_away(&self, away: bool) {
        self.away.set(away);
    }

    /// Makes the next `count` calls lose their connection.
    pub fn lose_connection(&self, count: usize) {
        self.losses.set(count);
    }

    /// Runs SQL of the test's own, outside the counts.
    ///
    /// # Panics
    /// When the SQL fails: the test that wrote it must.
    pub fn execute(&self, sql: &str) -> Vec<Row> {
        let statement = Statement::new(sql.to_owned(), Vec::new());
        let outcome = self.sqlite.batch(vec![statement]);
        let mut outcome = outcome.unwrap_or_else(|error| panic!("{sql}: {error}"));
        outcome.remove(0).rows
    }

    /// Does `work`, and takes back all that it wrote.
    pub fn undone<T>(&self, work: impl FnOnce() -> T) -> T {
        self.sqlite.undone(work)
    }

    fn run(&self, statements: Vec<Statement>) -> Result<Vec<StatementResult>, DatabaseError> {
        let losses = self.losses.get();
        self.losses.set(losses.saturating_sub(1));
        if self.away.get() || losses > 0 {
            return Err(DatabaseError::classify("Network connection lost."));
        }
        self.calls.set(self.calls.get() + 1);
        self.recorded.borrow_mut().extend_from_slice(&statements);
        let outcomes = self.sqlite.batch(statements)?;
        let work: u64 = outcomes.iter().map(|outcome| outcome.work).sum();
        self.work.set(self.work.get() + work);
        Ok(outcomes)
    }
}

impl Database for TestDatabase {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        Box::pin(async move {
            let mut outcomes = self.run(vec![statement])?;
            Ok(outcomes.pop().unwrap_or_default().rows)
        })
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        Box::pin(async move {
            let outcomes = self.run(statements)?;
            Ok(outcomes.iter().map(|outcome| outcome.changes).collect())
        })
    }
}

/// What a test holds beside the platform it gave away.
pub struct TestPlatform {
    /// Moves time.
    pub clock: TestClock,
    /// Reads and breaks the database.
    pub database: TestDatabase,
    /// Breaks the cache.
    pub cache: MemoryCache,
    /// Counts, evicts and breaks the objects of the limits.
    pub limiter: MemoryLimiter,
    /// Holds what was sent to the queues.
    pub queue: MemoryQueue,
    /// Holds what was sent by mail.
    pub mail: MemoryMail,
    /// Answers for all other servers.
    pub web: MemoryWeb,
    /// Reads the log.
    pub log: MemoryLog,
}

impl TestPlatform {
    /// A platform with an empty, migrated database, whose limits nobody asks.
    #[allow(clippy::new_ret_no_self)]
    pub fn new() -> (Platform, Self) {
        Self::with_objects(ObjectRules::NONE)
    }

    /// A platform whose limits' objects decide by `rules`.
    pub fn with_objects(rules: ObjectRules) -> (Platform, Self) {
        let clock = TestClock(Rc::new(Cell::new(TEST_EPOCH_MS)));
        let handle = Self {
            limiter: MemoryLimiter::new(clock.clone(), rules),
            queue: MemoryQueue::new(clock.clone()),
            mail: MemoryMail::new(clock.clone()),
            web: MemoryWeb::default(),
            clock,
            database: TestDatabase {
                sqlite: Rc::new(Sqlite::in_memory()),
                recorded: Rc::default(),
                calls: Rc::default(),
                work: Rc::default(),
                away: Rc::default(),
                losses: Rc::default(),
            },
            cache: MemoryCache::default(),
            log: MemoryLog::default(),
        };
        (handle.platform(1), handle)
    }

    /// Another isolate on the same database, cache and clock, with its own randomness.
    pub fn platform(&self, seed: u64) -> Platform {
        Platform {
            database: Box::new(Retrying(self.database.clone())),
            cache: Box::new(self.cache.clone()),
            limiter: Box::new(self.limiter.clone()),
            queue: Box::new(self.queue.clone()),
            http: Box::new(self.web.clone()),
            mail: Box::new(self.mail.clone()),
            clock: Box::new(self.clock.clone()),
            random: Box::new(SeededRandom::new(seed)),
            unicode: Box::new(NativeUnicode),
            log: Box::new(self.log.clone()),
        }
    }
}
