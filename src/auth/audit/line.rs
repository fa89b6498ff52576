//! The writers of one isolate, one after the other.
//! Promises that they do not turn each other away, each at the cost of two calls of the database.
//! Leaves the writers of other isolates, and the truth, to `store`: the line is a courtesy only.

use std::cell::Cell;

use crate::platform::{DatabaseError, Platform, Statement};

use super::model::Entry;
use super::store;

/// Whoever waits looks again after a part of this, in milliseconds. A timer of its own, because a
/// request must not be resumed by another one: the runtime would charge it with its database calls.
const LOOK_MS: u32 = 20;
/// Looks after which one goes ahead all the same: about five seconds.
const MAX_LOOKS: u32 = 500;
/// A turn is over after this long: a request that its client has left is never resumed, and never
/// gives it up. In milliseconds.
const TURN_MS: i64 = 2_000;

/// Who is writing.
#[derive(Default)]
pub struct Line {
    /// When the turn that is taken is over, in milliseconds since 1970.
    ends_ms: Cell<i64>,
}

/// Given up when it is dropped, also with a request that is.
struct Turn<'a>(&'a Line);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.ends_ms.set(0);
    }
}

impl Line {
    /// As [`store::commit`], when it is one's turn. What has no entry does not wait.
    pub async fn commit(
        &self,
        platform: &Platform,
        writes: Vec<Statement>,
        entries: &[Entry],
    ) -> Result<Vec<u64>, DatabaseError> {
        if entries.is_empty() {
            return platform.database.batch(writes).await;
        }
        for _ in 0..MAX_LOOKS {
            if !self.is_taken(platform.clock.now_ms()) {
                break;
            }
            store::pause(platform, LOOK_MS).await;
        }
        self.ends_ms.set(platform.clock.now_ms() + TURN_MS);
        let _turn = Turn(self);
        store::commit(platform, writes, entries).await
    }

    /// Bounded on both sides: a clock that has stepped back must not make a turn longer.
    fn is_taken(&self, now_ms: i64) -> bool {
        (1..=TURN_MS).contains(&(self.ends_ms.get() - now_ms))
    }
}
