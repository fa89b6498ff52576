//! The objects of the limits in memory, as the Durable Object class of `entry.mjs` runs them.
//! Promises the very decisions of the edge: this one adapter calls a feature, because the class is
//! the feature's other half. Leaves calls that take time to the tests that need them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::limits::object;
use crate::platform::{Clock as _, Limiter, LimiterError, LocalFuture};

use super::TestClock;

/// One object for each name, shared by all isolates of a test.
#[derive(Clone)]
pub struct MemoryLimiter {
    clock: TestClock,
    /// What the class keeps in its storage: it has no memory beside it.
    storage: Rc<RefCell<BTreeMap<String, String>>>,
    calls: Rc<Cell<usize>>,
    is_away: Rc<Cell<bool>>,
}

impl MemoryLimiter {
    /// No objects yet.
    pub fn new(clock: TestClock) -> Self {
        Self {
            clock,
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
        storage.retain(|_, state| object::forgotten_at_ms(state) > now_ms);
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
            let decision = object::decide(state, ask, self.clock.now_ms())
                .ok_or_else(|| LimiterError("not a question".to_owned()))?;
            storage.insert(name.to_owned(), decision.state);
            Ok(decision.answer)
        })
    }
}
