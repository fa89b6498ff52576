//! `Idempotency-Key` when two requests are concurrent, and when a Worker is killed. Every point at which
//! a request can be cut off is tried, and each leaves one effect. `idempotency` has what a key means.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use testing::prelude::*;
use wvw_builder::http::request::Request;
use wvw_builder::http::response::Response;
use wvw_builder::idempotency::store;

use crate::idempotency::{KEY, assert_replays, build, builds, is_replay, keyed, records};

/// A record without an answer is given up after this time.
const ABANDONED_MS: i64 = 60_000;

fn code_of(response: &Response) -> Value {
    let body: Value = serde_json::from_slice(&response.body_bytes()).unwrap_or_default();
    body["code"].clone()
}

#[test]
fn of_two_at_once_one_acts_and_the_other_waits_or_gets_the_same() {
    let (app, player) = TestApp::with_player("parallel");
    let isolates = [app.slow_isolate(7), app.slow_isolate(8)];
    for ahead in 0..7 {
        let key = format!("parallel-{ahead}");
        let requests = isolates
            .each_ref()
            .map(|it| build(it, &player, &key).request());
        let before = builds(&app);
        let late = async {
            for _ in 0..ahead {
                step_aside().await;
            }
            isolates[1].app.handle(&requests[1]).await
        };
        let (first, second) = together(isolates[0].app.handle(&requests[0]), late);
        assert_eq!(first.status, 201, "{ahead} turns ahead");
        match second.status {
            409 => {
                assert_eq!(code_of(&second), "idempotency_key_in_use");
                assert_eq!(second.header("retry-after"), Some("2"));
            }
            _ => assert_eq!(second.body_bytes(), first.body_bytes()),
        }
        assert_eq!(builds(&app), before + 1, "{ahead} turns ahead");
    }
}

/// Gives a request some turns; its answer, when they were enough.
fn poll<T>(mut handling: Pin<&mut impl Future<Output = T>>, turns: usize) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    (0..turns).find_map(|_| match handling.as_mut().poll(&mut context) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    })
}

#[test]
fn a_worker_that_dies_anywhere_leaves_one_build_to_whoever_sends_again() {
    let mut deaths = 0;
    for turns in 0.. {
        let (app, player) = TestApp::with_player("dying");
        let dying = app.slow_isolate(7);
        let request = build(&dying, &player, KEY).request();
        if poll(pin!(dying.app.handle(&request)), turns).is_some() {
            break;
        }
        deaths += 1;
        let is_reserved = records(&app) == 1;
        let first = app.isolate(3);
        let again = build(&first, &player, KEY).request();
        let at_once = block_on(first.app.handle(&again));
        if is_reserved {
            assert_eq!(code_of(&at_once), "idempotency_key_in_use", "{turns} turns");
        }
        app.test.clock.advance_ms(ABANDONED_MS - 1);
        assert_eq!(builds(&app), i64::from(!is_reserved));
        app.test.clock.advance_ms(1);
        let last = app.isolate(4);
        let response = block_on(last.app.handle(&build(&last, &player, KEY).request()));
        assert_eq!(response.status, 201, "{turns} turns");
        assert_eq!(builds(&app), 1, "{turns} turns");
    }
    assert!(deaths >= 3, "{deaths}");
}

#[test]
fn a_worker_that_wakes_up_late_does_not_act_again() {
    let mut naps = 0;
    for turns in 0.. {
        let (app, player) = TestApp::with_player("sleepy");
        let (sleepy, other) = (app.slow_isolate(7), app.isolate(3));
        let request = build(&sleepy, &player, KEY).request();
        let mut first = pin!(sleepy.app.handle(&request));
        let early = poll(first.as_mut(), turns);
        app.test.clock.advance_ms(ABANDONED_MS);
        let again = build(&other, &player, KEY).request();
        let second = block_on(other.app.handle(&again));
        let has_ended = early.is_some();
        let first = early
            .or_else(|| poll(first, usize::MAX))
            .expect("an answer");
        assert_eq!(second.status, 201, "{turns} turns");
        assert_eq!(builds(&app), 1, "{turns} turns");
        if has_ended {
            assert_eq!(first.body_bytes(), second.body_bytes());
            break;
        }
        naps += 1;
        // Either it came too late to act, or it had not begun and got what the other one did.
        if first.status == 409 {
            assert_eq!(code_of(&first), "idempotency_key_in_use");
        } else {
            assert_eq!(first.body_bytes(), second.body_bytes(), "{turns} turns");
        }
    }
    assert!(naps >= 3, "{naps}");
}

/// The record is reserved, and nothing else has happened: how many turns that takes.
fn turns_to_reserve(app: &TestApp, request: &Request) -> usize {
    let mut turns = 0;
    while records(app) == 0 {
        turns += 1;
        // A fresh one each time: what it has learned would make it faster.
        poll(pin!(app.slow_isolate(9).app.handle(request)), turns);
    }
    assert_eq!(builds(app), 0);
    turns
}

#[test]
fn a_worker_that_wakes_up_late_does_not_act_for_the_one_that_took_over() {
    let (app, player) = TestApp::with_player("replaced");
    let request = build(&app, &player, KEY).request();
    let turns = turns_to_reserve(&app, &request);
    app.test.clock.advance_ms(ABANDONED_MS);
    let (sleepy, other) = (app.slow_isolate(7), app.slow_isolate(8));
    let mut late = pin!(sleepy.app.handle(&request));
    let mut second = pin!(other.app.handle(&request));
    assert!(poll(late.as_mut(), turns).is_none());
    app.test.clock.advance_ms(ABANDONED_MS);
    assert!(poll(second.as_mut(), turns).is_none());
    // Both stand between reservation and write, and the reservation is the second one's.
    let late = poll(late, usize::MAX).expect("an answer");
    assert_eq!(code_of(&late), "idempotency_key_in_use");
    assert_eq!(builds(&app), 0);
    let second = poll(second, usize::MAX).expect("an answer");
    assert_eq!(second.status, 201);
    assert_eq!(builds(&app), 1);
}

#[test]
fn an_answer_is_written_once() {
    let (app, player) = TestApp::with_player("once");
    let request = build(&app, &player, KEY).request();
    turns_to_reserve(&app, &request);
    let row = app
        .execute("SELECT id, holder FROM idempotency_records")
        .remove(0);
    let id = row.blob(0).unwrap().try_into().unwrap();
    let holder = row.blob(1).unwrap().try_into().unwrap();
    let complete = || {
        let statements = store::complete(&id, &holder, vec![1], None);
        block_on(app.test.database.batch(statements))
    };
    assert!(complete().is_ok());
    assert!(matches!(complete(), Err(DatabaseError::Stale)));
}

#[test]
fn another_body_does_not_take_over_what_was_given_up() {
    let (app, player) = TestApp::with_player("other-body");
    let request = build(&app, &player, KEY).request();
    turns_to_reserve(&app, &request);
    app.test.clock.advance_ms(ABANDONED_MS);
    let other = build_body(&json!({ "name": "Another" }));
    keyed(app.post(BUILDS, &other).by(&player), KEY).expect_problem(422, "idempotency_key_reused");
    build(&app, &player, KEY).expect(201);
}

/// What becomes of the write number `at`.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// It happens, and its answer is lost.
    Unanswered,
    /// It is given up, and happens later all the same.
    Late,
}

/// A database that has a bad moment.
struct Unlucky {
    database: TestDatabase,
    at: Cell<usize>,
    fate: Fate,
    late: Rc<RefCell<Vec<Statement>>>,
}

impl Database for Unlucky {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        self.database.query(statement)
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        Box::pin(async move {
            let at = self.at.get();
            self.at.set(at.wrapping_sub(1));
            if at != 0 {
                return self.database.batch(statements).await;
            }
            match self.fate {
                Fate::Unanswered => drop(self.database.batch(statements).await?),
                Fate::Late => *self.late.borrow_mut() = statements,
            }
            Err(DatabaseError::classify("Network connection lost."))
        })
    }
}

#[test]
fn a_write_whose_answer_was_lost_is_not_made_twice() {
    // Write 0 is the reservation, write 1 the build with its answer.
    for (at, fate) in [
        (0, Fate::Unanswered),
        (0, Fate::Late),
        (1, Fate::Unanswered),
        (1, Fate::Late),
    ] {
        let (app, player) = TestApp::with_player("lost");
        let late = Rc::default();
        let unlucky = Unlucky {
            database: app.test.database.clone(),
            at: Cell::new(at),
            fate,
            late: Rc::clone(&late),
        };
        let isolate = app.isolate_on(platform_on(&app.test, 5, Box::new(unlucky)));
        build(&isolate, &player, KEY).expect_problem(503, "unavailable");
        let has_happened = (at, fate) == (1, Fate::Unanswered);
        assert_eq!(builds(&app), i64::from(has_happened));
        if (at, fate) == (0, Fate::Unanswered) {
            build(&app, &player, KEY).expect_problem(409, "idempotency_key_in_use");
            app.test.clock.advance_ms(ABANDONED_MS);
        }
        let again = build(&app, &player, KEY).expect(201);
        assert_eq!(is_replay(&again), has_happened);
        let late: Vec<Statement> = late.take();
        if !late.is_empty() {
            let outcome = block_on(app.test.database.batch(late));
            match at {
                0 => assert_eq!(outcome.unwrap().last(), Some(&0)),
                _ => assert!(matches!(outcome, Err(DatabaseError::Stale)), "{outcome:?}"),
            }
        }
        assert_eq!(builds(&app), 1);
        assert_replays(&again_as_first(again), &build(&app, &player, KEY).send());
    }
}

/// The same answer as if it had been the first.
fn again_as_first(mut answer: Answer) -> Answer {
    answer
        .headers
        .retain(|(name, _)| name != "idempotency-replayed");
    answer
}

#[test]
fn a_database_out_of_reach_acts_not_at_all() {
    let (app, player) = TestApp::with_player("away");
    app.test.database.set_away(true);
    build(&app, &player, KEY).expect_problem(503, "unavailable");
    app.test.database.set_away(false);
    build(&app, &player, KEY).expect(201);
    assert_eq!(builds(&app), 1);
}
