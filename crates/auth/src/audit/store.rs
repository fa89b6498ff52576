//! All SQL on the audit log.
//! Row numbers have no gaps: of two concurrent writers, the second retries after the first. Handlers
//! decide who may read.

use kit::time::rfc3339;

use http::pagination::Page;
use kit::ids::UserId;
use platform::{DatabaseError, Platform, Row, Statement, Value};

use super::model::{Entry, GENESIS, LogFilters, chain};

/// Lost races after which a write is given up: with the pauses, about 15 seconds.
const MAX_TRIES: u32 = 50;
/// Upper bound of the first pause, in milliseconds; it doubles up to the longest. The random pause
/// keeps writers that collided from colliding again.
const FIRST_PAUSE_MS: u32 = 20;
const LONGEST_PAUSE_MS: u32 = 640;
/// The unique constraint that a concurrent writer violates.
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
    let read = |row: &Row| {
        Ok(Head {
            seq: row.integer(0)?,
            hash: row.text(1)?.to_owned(),
            at: row.text(2)?.to_owned(),
        })
    };
    let last = platform.first(statement, read).await?;
    Ok(last.unwrap_or_else(|| Head {
        seq: 0,
        hash: GENESIS.to_owned(),
        at: String::new(),
    }))
}

/// Commits `writes` together with their audit entries. Without entries it is a plain batch.
pub async fn commit(
    platform: &Platform,
    writes: Vec<Statement>,
    entries: &[Entry],
) -> Result<Vec<u64>, DatabaseError> {
    if entries.is_empty() {
        return platform.database.batch(writes).await;
    }
    for tries in 0..MAX_TRIES {
        // The first retry is immediate: usually there was one other writer.
        if tries > 1 {
            let longest = (FIRST_PAUSE_MS << tries.min(8)).min(LONGEST_PAUSE_MS);
            pause(platform, longest).await;
        }
        let mut last = head(platform).await?;
        let mut batch = writes.clone();
        for entry in entries {
            let seq = last.seq + 1;
            // Clocks of isolates differ a little; the log's time never goes back.
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

/// Waits for a random part of `longest_ms`, which is at most 65,535.
pub(super) async fn pause(platform: &Platform, longest_ms: u32) {
    let part = u32::from(u16::from_be_bytes(platform.random_bytes()));
    platform.clock.sleep((longest_ms * part) >> 16).await;
}

/// Entries that name this user, or a session of theirs, after row `after`, oldest first: number and
/// JSON. The session of another actor is left out.
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
    let read = |row: &Row| Ok((row.integer(0)?, row.text(1)?.to_owned()));
    platform.all(statement, read).await
}

/// A row of the log.
pub struct LogRow {
    /// Its number.
    pub seq: i64,
    /// JSON.
    pub entry: String,
    /// The hash of this row, in hexadecimal.
    pub hash: String,
}

/// A page of the log, latest first.
pub async fn page(
    platform: &Platform,
    filters: &LogFilters,
    page: &Page,
) -> Result<Vec<LogRow>, DatabaseError> {
    let read = |row: &Row| {
        Ok(LogRow {
            seq: row.integer(0)?,
            entry: row.text(1)?.to_owned(),
            hash: row.text(2)?.to_owned(),
        })
    };
    platform.all(select(filters, page), read).await
}

/// Greater than every row number.
const PAST_ALL_ROWS: i64 = (1 << 53) - 1;

/// The page as one range of one index. Rows are ordered by time, so a time filter becomes the number
/// of its first row.
fn select(filters: &LogFilters, page: &Page) -> Statement {
    let mut sql = "SELECT seq, entry, hash FROM audit_log WHERE seq < ?1".to_owned();
    let before = page.after.as_ref().and_then(|text| text.parse().ok());
    let mut params: Vec<Value> = vec![before.unwrap_or(PAST_ALL_ROWS).into()];
    let from = format!(
        "coalesce((SELECT seq FROM audit_log WHERE at >= ? ORDER BY at, seq LIMIT 1), {PAST_ALL_ROWS})"
    );
    for (value, condition) in [
        (&filters.actor, "actor = ?"),
        (&filters.target, "target = ?"),
        (&filters.team, "team = ?"),
        (&filters.action, "action = ?"),
        (&filters.since, &format!("seq >= {from}")),
        (&filters.until, &format!("seq < {from}")),
    ] {
        if let Some(value) = value {
            params.push(value.as_str().into());
            let numbered = condition.replace('?', &format!("?{}", params.len()));
            sql.push_str(" AND ");
            sql.push_str(&numbered);
        }
    }
    params.push((page.limit + 1).into());
    sql.push_str(" ORDER BY seq DESC LIMIT ?");
    sql.push_str(&params.len().to_string());
    Statement::new(sql, params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::native::TestPlatform;

    #[test]
    fn each_filter_is_a_range_of_an_index_and_nothing_is_sorted() {
        let (platform, _) = TestPlatform::new();
        for (names, index) in [
            ("", "USING INTEGER PRIMARY KEY (rowid<?)"),
            ("actor", "audit_log_by_actor (actor=? AND seq<?)"),
            ("target", "audit_log_by_target (target=? AND seq<?)"),
            ("team", "audit_log_by_team (team=? AND seq<?)"),
            ("action", "audit_log_by_action (action=? AND seq<?)"),
            (
                "actor since until",
                "audit_log_by_actor (actor=? AND seq>? AND seq<?)",
            ),
            ("since", "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
            ("since", "audit_log_by_time (at>?)"),
            ("until", "USING INTEGER PRIMARY KEY (rowid<?)"),
        ] {
            let given = |name| names.contains(name).then(|| "x".to_owned());
            let filters = LogFilters {
                actor: given("actor"),
                target: given("target"),
                team: given("team"),
                action: given("action"),
                since: given("since"),
                until: given("until"),
            };
            let page = Page {
                limit: 20,
                after: Some("100".to_owned()),
            };
            let mut statement = select(&filters, &page);
            statement.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql).into();
            let rows = pollster::block_on(platform.database.query(statement)).expect("a plan");
            let plan: Vec<&str> = rows.iter().map(|row| row.text(3).expect("text")).collect();
            let plan = plan.join("\n");
            assert!(plan.contains(index), "{filters:?}\n{plan}");
            assert!(
                !plan.contains("SCAN audit_log") && !plan.contains("B-TREE"),
                "{plan}"
            );
        }
    }
}
