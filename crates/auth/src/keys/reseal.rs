//! Re-encrypts values that are sealed under another master key under the current one.
//! Steps are small and may be aborted anywhere; every value stays readable throughout. The callers pass
//! the columns.

use crypto::seal;
use crypto::seal::MasterKeys;
use platform::{DatabaseError, Platform};

use super::KeyError;
use super::store::SealedColumn;

/// Values per column in one run.
const STEP: usize = 50;

/// The result of a run.
#[derive(Debug, PartialEq, Eq)]
pub struct Resealed {
    /// Values resealed under the current master key.
    pub done: u64,
    /// Values still under another key. While there are any, `MASTER_KEY_PREVIOUS` must stay.
    pub left: u64,
}

/// Counts the values that are not under the current master key.
pub async fn count_left(
    columns: &[SealedColumn],
    master: &MasterKeys,
    platform: &Platform,
) -> Result<u64, DatabaseError> {
    let prefix = seal::current_prefix(master);
    let mut left = 0;
    for column in columns {
        let count = column.count_elsewhere(&prefix);
        let count = platform.first(count, |row| row.integer(0)).await?;
        left += u64::try_from(count.unwrap_or(0)).unwrap_or_default();
    }
    Ok(left)
}

/// Reseals some values of each column. A value that opens under neither key is left as it is, and
/// counted as left.
pub async fn step(
    columns: &[SealedColumn],
    master: &MasterKeys,
    platform: &Platform,
) -> Result<Resealed, KeyError> {
    let prefix = seal::current_prefix(master);
    let mut done = 0;
    for column in columns {
        let found = column.some_elsewhere(&prefix, STEP);
        let mut writes = Vec::new();
        for row in platform.database.query(found).await? {
            let (id, old) = (row.text(0)?, row.blob(1)?);
            let label = format!("{}{id}", column.label);
            if let Some(plaintext) = seal::open(master, &label, old) {
                let new = seal::seal(master, &label, &plaintext, platform)?;
                writes.push(column.replace(id, old, new));
            }
        }
        if !writes.is_empty() {
            done += platform.database.batch(writes).await?.iter().sum::<u64>();
        }
    }
    let left = count_left(columns, master, platform).await?;
    Ok(Resealed { done, left })
}
