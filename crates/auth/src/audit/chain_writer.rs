//! Serializes the audit writers of one isolate, so that they do not fail each other's compare-and-set.
//! An optimization only: `store` is correct without it, and handles writers of other isolates.

use std::cell::Cell;

use platform::{DatabaseError, Platform, Statement};

use super::model::Entry;
use super::store;

/// Waiting requests poll the lock after a part of this, in milliseconds. Each has a timer of its own: a
/// request must not be resumed by another one, to which the runtime would charge its database calls.
const POLL_MS: u32 = 20;
/// Polls after which a request goes ahead without the lock: about five seconds.
const MAX_POLLS: u32 = 500;
/// The lock expires after this long, in milliseconds: a request whose client has disconnected is never
/// resumed, and never releases it.
const LOCK_MS: i64 = 2_000;

/// The lock of the isolate's audit writers.
#[derive(Default)]
pub struct ChainWriter {
    /// When the lock that is held expires, in milliseconds since 1970; 0: it is free.
    ends_ms: Cell<i64>,
}

/// The held lock, released when it is dropped, also with a request that is.
struct Lock<'a>(&'a ChainWriter);

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        self.0.ends_ms.set(0);
    }
}

impl ChainWriter {
    /// [`store::commit`] under the lock. Writes without an entry do not wait.
    pub async fn commit(
        &self,
        platform: &Platform,
        writes: Vec<Statement>,
        entries: &[Entry],
    ) -> Result<Vec<u64>, DatabaseError> {
        if entries.is_empty() {
            return platform.database.batch(writes).await;
        }
        for _ in 0..MAX_POLLS {
            if !self.is_locked(platform.clock.now_ms()) {
                break;
            }
            store::pause(platform, POLL_MS).await;
        }
        self.ends_ms.set(platform.clock.now_ms() + LOCK_MS);
        let _lock = Lock(self);
        store::commit(platform, writes, entries).await
    }

    /// Bounded on both sides: a clock that has stepped back must not hold the lock longer.
    fn is_locked(&self, now_ms: i64) -> bool {
        (1..=LOCK_MS).contains(&(self.ends_ms.get() - now_ms))
    }
}
