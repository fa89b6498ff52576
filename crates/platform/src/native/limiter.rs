//! The objects of the limits in memory, as the Durable Object class of `entry.mjs` runs them, with the rules
//! that they are given.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::{Clock as _, Limiter, LimiterError, LocalFuture};

use super::TestClock;

/// What an object decides. An object is a pure function of what it has kept.
#[derive(Clone, Copy)]
pub struct ObjectRules {
    /// Of its state, a question and the time: the answer and the next state. `None` when it is no
    /// question.
    pub decide: fn(&str, &str, i64) -> Option<(String, String)>,
    /// When a state is worth nothing any more, in milliseconds since 1970.
    pub forgotten_at_ms: fn(&str) -> i64,
}

impl ObjectRules {
    /// Those of a platform whose limits nobody asks: each question is none.
    pub const NONE: Self = Self {
        decide: |_, _, _| None,
        forgotten_at_ms: |_| 0,
    };
}

/// One object for each name, shared by all isolates of a test.
#[derive(Clone)]
pub struct MemoryLimiter {
    clock: TestClock,
    rules: ObjectRules,
    /// What the class keeps in its storage: it has no memory beside it.
    storage: Rc<RefCell<BTreeMap<String, String>>>,
    calls: Rc<Cell<usize>>,
    is_away: Rc<Cell<bool>>,
}

impl MemoryLimiter {
    /// No objects yet.
    pub fn new(clock: TestClock, rules: ObjectRules) -> Self {
        Self {
            clock,
            rules,
            storage: Rc::default(),
            calls: Rc::default(),
            is_away: Rc::default(),
        }
    }

    /// Makes every call fail, or work again.
    pub fn set_away(&self, is_away: bool) {
        self.is_away.set(is_away);
    }

    /// Calls so far, also those that failed.
    pub fn calls(&self) -> usize {
        self.calls.get()
    }

    /// The names of the objects that have a state.
    pub fn names(&self) -> Vec<String> {
        self.storage.borrow().keys().cloned().collect()
    }

    /// Runs the alarms that are due: what is whole again is forgotten.
    pub fn run_alarms(&self) {
        let now_ms = self.clock.now_ms();
        let mut storage = self.storage.borrow_mut();
        storage.retain(|_, state| (self.rules.forgotten_at_ms)(state) > now_ms);
    }
}

impl Limiter for MemoryLimiter {
    fn take<'a>(
        &'a self,
        name: &'a str,
        ask: &'a str,
    ) -> LocalFuture<'a, Result<String, LimiterError>> {
        Box::pin(async move {
            self.calls.set(self.calls.get() + 1);
            if self.is_away.get() {
                return Err(LimiterError("away".to_owned()));
            }
            let mut storage = self.storage.borrow_mut();
            let state = storage.get(name).map_or("", String::as_str);
            let (answer, state) = (self.rules.decide)(state, ask, self.clock.now_ms())
                .ok_or_else(|| LimiterError("not a question".to_owned()))?;
            storage.insert(name.to_owned(), state);
            Ok(answer)
        })
    }
}
