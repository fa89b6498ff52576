//! Deliveries while the database often fails: leases that are not sent, results that are not written,
//! responses that are lost. An attempt that could not be sent does not count, and a result that is
//! written twice counts once. `tests/simulation` has random faults.

use testing::prelude::*;
use wvw_builder::platform::{Lane, Settlement};

use crate::webhook_delivery::Scene;

/// When a call fails.
#[derive(Clone, Copy)]
enum When {
    /// Nothing is done.
    Before,
    /// It is done, and nobody learns of it.
    After,
}

/// A database that fails calls with a statement that has this text, so many times after letting so
/// many pass.
struct Failing {
    database: TestDatabase,
    text: &'static str,
    when: When,
    passes: Cell<usize>,
    left: Rc<Cell<usize>>,
}

impl Failing {
    fn fails(&self, statements: &[Statement]) -> bool {
        let is_meant = statements.iter().any(|each| each.sql.contains(self.text));
        if !is_meant || self.left.get() == 0 {
            return false;
        }
        if self.passes.get() > 0 {
            self.passes.set(self.passes.get() - 1);
            return false;
        }
        self.left.set(self.left.get() - 1);
        true
    }
}

fn lost<T>() -> Result<T, DatabaseError> {
    Err(DatabaseError::classify("D1 DB is overloaded."))
}

impl Database for Failing {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        if self.fails(std::slice::from_ref(&statement)) {
            return Box::pin(async { lost() });
        }
        self.database.query(statement)
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        let fails = self.fails(&statements);
        Box::pin(async move {
            match self.when {
                When::Before if fails => lost(),
                When::After if fails => {
                    self.database.batch(statements).await?;
                    lost()
                }
                _ => self.database.batch(statements).await,
            }
        })
    }
}

/// An isolate whose database fails so; the cell says how often it still will.
fn failing(
    scene: &Scene,
    text: &'static str,
    when: When,
    passes: usize,
    times: usize,
) -> (TestApp, Rc<Cell<usize>>) {
    let left = Rc::new(Cell::new(times));
    let database = Failing {
        database: scene.app.test.database.clone(),
        text,
        when,
        passes: Cell::new(passes),
        left: Rc::clone(&left),
    };
    let platform = Platform {
        database: Box::new(database),
        ..SideBySide::platform(&scene.app.test, 7)
    };
    (scene.app.isolate_on(platform), left)
}

/// What the consumers of both queues of this isolate are given once.
fn consume_due(app: &TestApp) {
    for (lane, queue) in [
        (Lane::First, "wvw-builder-webhooks"),
        (Lane::Slow, "wvw-builder-webhooks-slow"),
    ] {
        let due = app.test.queue.take_due(lane);
        if !due.is_empty() {
            block_on(app.app.consume(queue, &due, &|_| {}));
        }
    }
}

const READ_CLAIMS: &str = "coalesce(e.payload";
const RECORD: &str = "INSERT INTO webhook_attempts";
/// Deliveries that are nobody's.
const FREE: &str = "webhook_deliveries WHERE state = 'pending' AND claim IS NULL AND claims = 0";

#[test]
fn leases_that_cannot_be_read_are_released_and_never_lost() {
    let scene = Scene::new();
    scene.endpoint("patient");
    scene.app.slow_down();
    let (app, left) = failing(&scene, READ_CLAIMS, When::Before, 0, usize::MAX);
    scene.event();
    for _ in 0..30 {
        consume_due(&app);
        consume_due(&app);
        scene.app.wait_ms(61_000);
        block_on(app.app.tick("* * * * *", app.test_now()));
    }
    assert_eq!(scene.states(), [("pending".to_owned(), 0)]);
    assert_eq!(scene.app.rows("webhook_deliveries WHERE claims > 0"), 0);
    left.set(0);
    consume_due(&app);
    assert_eq!(scene.states(), [("delivered".to_owned(), 1)]);
}

#[test]
fn what_was_leased_before_an_error_is_sent_and_the_rest_comes_again() {
    let scene = Scene::new();
    let ids = ["a", "b", "c"].map(|name| scene.endpoint(name).id);
    scene.app.slow_down();
    scene.event();
    scene.fan_out();
    let (app, _) = failing(&scene, READ_CLAIMS, When::Before, 1, 1);
    let settled = Cell::new(0);
    scene.app.test.web.take_requests();
    let settle = |settlements: &[Settlement]| {
        let is_retry = |each: &&Settlement| matches!(each, Settlement::Retry(_));
        settled.set(settlements.iter().filter(is_retry).count());
    };
    block_on(app.app.consume("wvw-builder-webhooks-slow", &ids, &settle));
    assert_eq!(settled.get(), 3, "the batch comes again");
    assert_eq!(scene.app.test.web.take_requests().len(), 1);
    assert_eq!(scene.app.rows(FREE), 2);
    app.consume("wvw-builder-webhooks-slow", &ids);
    assert_eq!(scene.app.test.web.take_requests().len(), 2);
}

#[test]
fn deliveries_whose_writing_was_answered_by_nobody_are_free_at_once() {
    let scene = Scene::new();
    scene.endpoint("a");
    scene.event();
    scene.app.deliver();
    scene.event();
    let (app, _) = failing(&scene, "INSERT INTO webhook_deliveries", When::After, 0, 1);
    let due = app.test.queue.take_due(Lane::First);
    app.consume("wvw-builder-webhooks", &due);
    assert_eq!(scene.app.rows(FREE), 1);
    // Woken for it, without the reconciler.
    assert_eq!(scene.app.deliver().len(), 1);
    assert_eq!(scene.states(), vec![("delivered".to_owned(), 1); 2]);
}

#[test]
fn failures_that_are_written_twice_count_once() {
    let scene = Scene::new();
    let endpoint = scene.endpoint("down");
    scene.answer(&endpoint, 500);
    scene.event();
    let (app, left) = failing(&scene, RECORD, When::After, 0, 1);
    consume_due(&app);
    consume_due(&app);
    assert_eq!(left.get(), 0, "an answer was lost");
    assert_eq!(scene.app.count("SELECT failures FROM webhooks"), 1);
    assert_eq!(scene.app.rows("webhook_attempts"), 1);
}

#[test]
fn what_was_sent_and_not_written_down_is_not_given_back_with_the_rest() {
    let scene = Scene::new();
    scene.endpoint("busy");
    scene.events(10);
    scene.app.receivers_answer(429);
    let (app, _) = failing(&scene, RECORD, When::Before, 0, usize::MAX);
    consume_due(&app);
    assert_eq!(scene.app.test.web.take_requests().len(), 3);
    // They may have arrived: they wait until their lease expires, and that counts.
    let leased = "webhook_deliveries WHERE claim IS NOT NULL AND claims = 1";
    assert_eq!((scene.app.rows(leased), scene.app.rows(FREE)), (3, 7));
}

#[test]
fn an_endpoint_that_is_woken_before_its_time_is_woken_again() {
    // Longer than a message can wait in a queue.
    let scene = Scene::with(Some("50400"));
    let endpoint = scene.endpoint("seldom");
    scene.answer(&endpoint, 500);
    scene.event();
    assert_eq!(scene.app.deliver().len(), 1);
    scene.answer(&endpoint, 200);
    assert_eq!(scene.app.deliver_after(43_201).len(), 0);
    // At 15.4 hours at the latest, without the reconciler.
    assert_eq!(scene.app.deliver_after(3_600 * 4).len(), 1);
    assert_eq!(scene.states(), [("delivered".to_owned(), 2)]);
}
