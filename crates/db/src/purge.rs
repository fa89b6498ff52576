//! Purges rows in batches: no statement changes more than one, and a run ends by the clock.

use platform::{DatabaseError, Platform, Statement, Value};

/// Rows that one statement changes.
const BATCH_ROWS: u64 = 500;
/// Batches of one run: 100,000 rows. An invocation has 1,000 queries for all its steps.
const MAX_BATCHES: usize = 200;
/// No batch begins later than this after the first one, in milliseconds.
const BUDGET_MS: i64 = 15_000;
/// What is left is counted up to here.
const COUNTED: u64 = 100_000;

/// Rows of one kind that are to be purged.
pub struct PurgeQuery {
    /// `DELETE FROM …`, or an `UPDATE … SET …` after which a row is not selected any more.
    pub change: &'static str,
    /// The columns of their primary key.
    pub key: &'static str,
    /// Which they are: `FROM … WHERE …`, along an index.
    pub among: &'static str,
    /// The values of the parameters in all of these, at least one.
    pub params: Vec<Value>,
}

/// What has been done, and what is left.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Rows or things made, changed or deleted.
    pub count: u64,
    /// Those known to wait for the next run, counted up to a hundred thousand.
    pub left: u64,
}

impl Done {
    /// Did this many things and knows of no more.
    pub const fn all(count: u64) -> Self {
        Self { count, left: 0 }
    }
}

impl PurgeQuery {
    /// Changes as many rows as one statement may.
    pub fn batch(&self) -> Statement {
        let Self {
            change, key, among, ..
        } = self;
        let sql = format!("{change} WHERE ({key}) IN (SELECT {key} {among} LIMIT {BATCH_ROWS})");
        Statement::new(sql, self.params.clone())
    }

    /// Counts the rows, up to [`COUNTED`].
    fn count(&self) -> Statement {
        let among = self.among;
        // Names a parameter that only the change may have: it is bound here as well.
        let sql = format!("SELECT count(*) FROM (SELECT ?1 {among} LIMIT {COUNTED})");
        Statement::new(sql, self.params.clone())
    }
}

/// Purges batch after batch, until no row is left or the budget of this run is spent.
pub async fn purge(platform: &Platform, query: PurgeQuery) -> Result<Done, DatabaseError> {
    let until = platform.clock.now_ms() + BUDGET_MS;
    let mut done = Done::default();
    for _ in 0..MAX_BATCHES {
        let changes = platform.database.batch(vec![query.batch()]).await?;
        let rows = changes.first().copied().unwrap_or_default();
        done.count += rows;
        if rows < BATCH_ROWS {
            return Ok(done);
        }
        if platform.clock.now_ms() >= until {
            break;
        }
    }
    let left = platform.first(query.count(), |row| row.integer(0)).await?;
    done.left = left.unwrap_or(0).unsigned_abs();
    Ok(done)
}
