//! All SQL on the audit log.
//! Promises that rows follow one another without a gap: of two writers at once, the second goes
//! again, after the first. Leaves reading for administrators to the handlers.

use crate::ids::UserId;
use crate::platform::{DatabaseError, Platform, Statement};
use crate::telemetry::rfc3339;

use super::model::{Entry, GENESIS, chain};

/// Other writers may come in between this often before a write is given up.
const MAX_TRIES: usize = 10;
/// What a second writer of the same row runs into.
const TAKEN: &str = "audit_log.seq";

/// The last row: its number, hash and time.
struct Head {
    seq: i64,
    hash: String,
    at: String,
}

async fn head(platform: &Platform) -> Result<Head, DatabaseError> {
    let statement = Statement::new(
        "SELECT seq, hash, at FROM audit_log ORDER BY seq DESC LIMIT 1",
        Vec::new(),
    );
    let rows = platform.database.query(statement).await?;
    rows.first().map_or_else(
        || {
            Ok(Head {
                seq: 0,
                hash: GENESIS.to_owned(),
                at: String::new(),
            })
        },
        |row| {
            Ok(Head {
                seq: row.integer(0)?,
                hash: row.text(1)?.to_owned(),
                at: row.text(2)?.to_owned(),
            })
        },
    )
}

/// Commits `writes` together with what the log says of them. Without entries it is a plain batch.
pub async fn commit(
    platform: &Platform,
    writes: Vec<Statement>,
    entries: &[Entry],
) -> Result<Vec<u64>, DatabaseError> {
    if entries.is_empty() {
        return platform.database.batch(writes).await;
    }
    for _ in 0..MAX_TRIES {
        let mut last = head(platform).await?;
        let mut batch = writes.clone();
        for entry in entries {
            let seq = last.seq + 1;
            // Clocks of isolates differ a little; the log's own time never runs back.
            let at = rfc3339(platform.clock.now_ms()).max(last.at);
            let text = entry.text(seq, &at);
            let hash = chain(&last.hash, &text);
            batch.push(Statement::new(
                "INSERT INTO audit_log (seq, entry, previous_hash, hash) VALUES (?1, ?2, ?3, ?4)",
                vec![
                    seq.into(),
                    text.into(),
                    last.hash.into(),
                    hash.as_str().into(),
                ],
            ));
            last = Head { seq, hash, at };
        }
        match platform.database.batch(batch).await {
            Err(DatabaseError::Unique(column)) if column == TAKEN => {}
            outcome => return outcome,
        }
    }
    let cause = "overloaded: too many writers of the audit log at once";
    Err(DatabaseError::Unavailable(cause.to_owned()))
}

/// Entries that name this user, or a login of theirs, after row `after`, oldest first: number and
/// JSON. With which login another one acted is theirs to know.
pub async fn about(
    platform: &Platform,
    user: &UserId,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, String)>, DatabaseError> {
    let statement = Statement::new(
        "SELECT seq, iif(actor = ?1, entry, json_set(entry, '$.via', NULL)) FROM audit_log \
         WHERE seq IN (SELECT * FROM \
         (SELECT seq FROM audit_log WHERE actor = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3) \
         UNION SELECT * FROM \
         (SELECT seq FROM audit_log WHERE target = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3) \
         UNION SELECT seq FROM audit_log WHERE seq > ?2 AND target IN \
         (SELECT id FROM sessions WHERE user_id = ?1)) ORDER BY seq LIMIT ?3",
        vec![user.as_str().into(), after.into(), limit.into()],
    );
    let rows = platform.database.query(statement).await?;
    let read = |row: &crate::platform::Row| Ok((row.integer(0)?, row.text(1)?.to_owned()));
    rows.iter().map(read).collect()
}
