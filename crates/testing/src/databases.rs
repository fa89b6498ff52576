//! Databases in front of the one of the test that behave as D1 may at its worst: slow enough for another
//! request to come in between, and changed by someone else between a read and its write.

use std::cell::RefCell;
use std::future::Future;
use std::ops::Range;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use wvw_builder::http::response::Response;
use wvw_builder::platform::native::{TestDatabase, TestPlatform};
use wvw_builder::platform::{Database, DatabaseError, LocalFuture, Platform, Row, Statement};

use super::{Call, TestApp};

/// Lets everyone else run once before each answer.
pub struct Slow(pub TestDatabase);

/// Runs SQL of the test's own once, just before the next batch in which a statement has this text.
pub struct Raced {
    pub database: TestDatabase,
    pub before: &'static str,
    pub sql: Slot,
}

/// The platform of a test with another database in front.
pub fn platform_on(test: &TestPlatform, seed: u64, database: Box<dyn Database>) -> Platform {
    Platform {
        database,
        ..test.platform(seed)
    }
}

/// What comes in between, once: SQL of the test's own.
pub type Slot = Rc<RefCell<Option<String>>>;

impl TestApp {
    /// An isolate whose database lets everyone else run before it answers.
    pub fn slow_isolate(&self, seed: u64) -> Self {
        let slow = Slow(self.test.database.clone());
        self.isolate_on(platform_on(&self.test, seed, Box::new(slow)))
    }

    /// As many of them as there are seeds.
    pub fn slow_isolates(&self, seeds: Range<u64>) -> Vec<Self> {
        seeds.map(|seed| self.slow_isolate(seed)).collect()
    }

    /// An isolate in which `sql` comes right before the next batch with `before`.
    pub fn racing(&self, before: &'static str, sql: impl Into<String>) -> Self {
        self.racing_isolate(before, Some(sql.into())).0
    }

    /// An isolate in which what is in the slot comes right before the next batch with `before`.
    pub fn racing_isolate(&self, before: &'static str, sql: Option<String>) -> (Self, Slot) {
        let slot = Rc::new(RefCell::new(sql));
        let raced = Raced {
            database: self.test.database.clone(),
            before,
            sql: Rc::clone(&slot),
        };
        (
            self.isolate_on(platform_on(&self.test, 3, Box::new(raced))),
            slot,
        )
    }
}

impl Database for Slow {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        Box::pin(async move {
            step_aside().await;
            self.0.query(statement).await
        })
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        Box::pin(async move {
            step_aside().await;
            self.0.batch(statements).await
        })
    }
}

impl Database for Raced {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        self.database.query(statement)
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        if statements.iter().any(|it| it.sql.contains(self.before))
            && let Some(sql) = self.sql.borrow_mut().take()
        {
            self.database.execute(&sql);
        }
        self.database.batch(statements)
    }
}

/// Waits for one turn of [`together`].
pub async fn step_aside() {
    let mut has_waited = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut has_waited, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// Runs two requests in turns, as an isolate does with what comes in at once.
pub fn together<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let mut context = Context::from_waker(Waker::noop());
    let (mut a, mut b) = (None, None);
    while a.is_none() || b.is_none() {
        a = a.or_else(|| ready(first.as_mut().poll(&mut context)));
        b = b.or_else(|| ready(second.as_mut().poll(&mut context)));
    }
    (a.expect("it has ended"), b.expect("it has ended"))
}

/// Sends all of them at once, to one isolate after the other; gives the responses in order.
pub fn at_once<'a>(
    isolates: &[TestApp],
    calls: impl IntoIterator<Item = Call<'a>>,
) -> Vec<Response> {
    let requests: Vec<_> = calls.into_iter().map(|call| call.request()).collect();
    let turns = requests.iter().zip(isolates.iter().cycle());
    let responses = all_together(turns.map(|(request, isolate)| isolate.app.handle(request)));
    isolates[0].skip_log();
    responses
}

/// How many of the responses have this status.
pub fn count_of(responses: &[Response], status: u16) -> usize {
    responses.iter().filter(|it| it.status == status).count()
}

/// Runs many requests in turns.
pub fn all_together<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).enumerate().collect();
    let mut context = Context::from_waker(Waker::noop());
    let mut done = Vec::new();
    while !waiting.is_empty() {
        waiting.retain_mut(|(index, future)| match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => {
                done.push((*index, value));
                false
            }
            Poll::Pending => true,
        });
    }
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, value)| value).collect()
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
