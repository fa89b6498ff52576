//! Rows that mean nothing any more, gone through in portions.
//! Promises that no statement changes more than a portion, and that a run ends by the clock, however
//! much there is. Leaves which rows those are to the stores.

use crate::platform::{Statement, Value};
use crate::runtime::State;

use super::{Done, Outcome};

/// Rows that one statement changes.
const PORTION: u64 = 500;
/// Portions of one step in a run: 100,000 rows. An invocation has 1,000 queries for all its steps.
const PORTIONS: usize = 200;
/// No portion begins later than this after the first one, in milliseconds.
const BUDGET_MS: i64 = 15_000;
/// What is left is counted up to here.
const COUNTED: u64 = 100_000;

/// Rows of one kind that are to go.
pub struct Old {
    /// `DELETE FROM …`, or an `UPDATE … SET …` that takes a row from among them.
    pub change: &'static str,
    /// The columns of their primary key.
    pub key: &'static str,
    /// Which they are: `FROM … WHERE …`, along an index.
    pub among: &'static str,
    /// The values of the parameters in all of these, at least one.
    pub params: Vec<Value>,
}

impl Old {
    /// Changes as many of them as one statement may.
    pub fn portion(&self) -> Statement {
        let Self {
            change, key, among, ..
        } = self;
        let sql = format!("{change} WHERE ({key}) IN (SELECT {key} {among} LIMIT {PORTION})");
        Statement::new(sql, self.params.clone())
    }

    /// How many they are, counted up to [`COUNTED`].
    fn count(&self) -> Statement {
        let among = self.among;
        // Names a parameter that only the change may have: it is bound here as well.
        let sql = format!("SELECT count(*) FROM (SELECT ?1 {among} LIMIT {COUNTED})");
        Statement::new(sql, self.params.clone())
    }
}

/// Portion after portion, until none is left or this run has had its share.
pub(super) async fn clear(state: &State, old: Old) -> Outcome {
    let platform = &state.platform;
    let until = platform.clock.now_ms() + BUDGET_MS;
    let mut done = Done::default();
    for _ in 0..PORTIONS {
        let changes = platform.database.batch(vec![old.portion()]).await?;
        let rows = changes.first().copied().unwrap_or_default();
        done.count += rows;
        if rows < PORTION {
            return Ok(done);
        }
        if platform.clock.now_ms() >= until {
            break;
        }
    }
    let rows = platform.database.query(old.count()).await?;
    let left = rows.first().map_or(Ok(0), |row| row.integer(0))?;
    done.left = left.unsigned_abs();
    Ok(done)
}
