//! D1's shape over `SQLite`: the same migrations, the same statements, one transaction a batch. D1's rules
//! hold where they are stricter: at most 100 parameters, no whole number past 2^53, no text and no row
//! past 2,000,000 bytes, no SQL past 100,000.

use rusqlite::backup::{Backup, StepResult};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, StatementStatus, params_from_iter};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use crate::{DatabaseError, Row, Statement, Value};

/// D1 refuses a statement with more bound values than this.
const MAX_PARAMS: usize = 100;
/// D1 refuses a text, a blob or a row with more bytes than this, bound or made.
const MAX_VALUE_BYTES: i32 = 2_000_000;
/// And a statement's SQL with more than this.
const MAX_SQL_BYTES: i32 = 100_000;
/// Numbers cross to D1 as IEEE 754 doubles.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// Migrated once in a process; each database of a test is a copy.
static PREPARED: LazyLock<Mutex<Connection>> = LazyLock::new(migrated);

/// What one statement of a batch did.
#[derive(Debug, Clone, Default)]
pub struct StatementResult {
    /// The rows it returned.
    pub rows: Vec<Row>,
    /// How many rows it inserted, changed or deleted.
    pub changes: u64,
    /// Steps of `SQLite`'s virtual machine: what it cost, the same in every run. Triggers and cascades
    /// are counted with it.
    pub work: u64,
}

/// One database.
pub struct Sqlite(RefCell<Connection>);

impl Sqlite {
    /// An empty database in memory with all migrations applied.
    ///
    /// # Panics
    /// When a migration is not valid SQL: the test that opened it must fail.
    pub fn in_memory() -> Self {
        let mut connection = open();
        {
            let prepared = PREPARED.lock().expect("copying does not panic");
            let backup = Backup::new(&prepared, &mut connection).expect("two databases");
            let step = backup.step(-1).expect("memory is copied");
            assert_eq!(step, StepResult::Done, "all pages at once");
        }
        connection
            .execute_batch("PRAGMA foreign_keys = ON")
            .expect("foreign keys can be switched on");
        for (limit, most) in [
            (Limit::SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES),
            (Limit::SQLITE_LIMIT_SQL_LENGTH, MAX_SQL_BYTES),
        ] {
            connection.set_limit(limit, most).expect("a known limit");
        }
        Self(RefCell::new(connection))
    }

    /// Runs all statements in one transaction.
    pub fn batch(&self, statements: Vec<Statement>) -> Result<Vec<StatementResult>, DatabaseError> {
        let mut connection = self.0.borrow_mut();
        // A savepoint and no transaction, so that it also works inside `Self::undone`.
        let transaction = connection.savepoint().map_err(|error| classify(&error))?;
        let mut outcomes = Vec::with_capacity(statements.len());
        for statement in statements {
            outcomes.push(run(&transaction, &statement)?);
        }
        transaction.commit().map_err(|error| classify(&error))?;
        Ok(outcomes)
    }

    /// Does `work`, and takes back all that it wrote.
    pub fn undone<T>(&self, work: impl FnOnce() -> T) -> T {
        self.script("SAVEPOINT undone");
        let result = work();
        self.script("ROLLBACK TO undone; RELEASE undone");
        result
    }

    fn script(&self, sql: &str) {
        let connection = self.0.borrow();
        connection.execute_batch(sql).expect("SQL of our own");
    }
}

fn open() -> Connection {
    Connection::open_in_memory().expect("SQLite opens in memory")
}

fn migrated() -> Mutex<Connection> {
    let connection = open();
    for path in migrations() {
        let sql = std::fs::read_to_string(&path).expect("a listed migration can be read");
        connection
            .execute_batch(&sql)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    Mutex::new(connection)
}

/// The files that `wrangler d1 migrations apply` runs, in its order.
fn migrations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let entries = std::fs::read_dir(folder).expect("the checkout has its migrations");
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "sql"))
        .collect();
    paths.sort();
    paths
}

fn classify(error: &rusqlite::Error) -> DatabaseError {
    DatabaseError::classify(&error.to_string())
}

fn run(connection: &Connection, statement: &Statement) -> Result<StatementResult, DatabaseError> {
    if statement.params.len() > MAX_PARAMS {
        return Err(DatabaseError::Other(format!(
            "too many SQL variables: {}",
            statement.params.len()
        )));
    }
    let values = statement
        .params
        .iter()
        .map(to_sql)
        .collect::<Result<Vec<_>, _>>()?;
    let before = connection.total_changes();
    let mut prepared = connection
        .prepare_cached(&statement.sql)
        .map_err(|error| classify(&error))?;
    let columns = prepared.column_count();
    prepared.reset_status(StatementStatus::VmStep);
    let mut rows = prepared
        .query(params_from_iter(values))
        .map_err(|error| classify(&error))?;
    let mut outcome = StatementResult::default();
    while let Some(row) = rows.next().map_err(|error| classify(&error))? {
        let mut cells = Vec::with_capacity(columns);
        for index in 0..columns {
            cells.push(from_sql(
                row.get_ref(index).map_err(|error| classify(&error))?,
            )?);
        }
        outcome.rows.push(Row(cells));
    }
    drop(rows);
    outcome.work = u64::try_from(prepared.get_status(StatementStatus::VmStep)).unwrap_or_default();
    drop(prepared);
    outcome.changes = connection.total_changes() - before;
    Ok(outcome)
}

fn to_sql(value: &Value) -> Result<rusqlite::types::Value, DatabaseError> {
    use rusqlite::types::Value as Sql;
    Ok(match value {
        Value::Null => Sql::Null,
        Value::Integer(number) if number.abs() > MAX_SAFE_INTEGER => {
            return Err(DatabaseError::Other(format!("{number} is past 2^53")));
        }
        // D1 binds numbers as REAL; a column must turn them back by being INTEGER.
        #[allow(clippy::cast_precision_loss)]
        Value::Integer(number) => Sql::Real(*number as f64),
        Value::Text(text) => Sql::Text(text.as_str().to_owned()),
        Value::Blob(bytes) => Sql::Blob(bytes.clone()),
    })
}

fn from_sql(value: ValueRef<'_>) -> Result<Value, DatabaseError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        #[allow(clippy::cast_possible_truncation)]
        ValueRef::Real(number) if number.fract() == 0.0 => Value::Integer(number as i64),
        ValueRef::Real(number) => {
            return Err(DatabaseError::Other(format!("a fraction: {number}")));
        }
        ValueRef::Text(bytes) => std::str::from_utf8(bytes)
            .map_err(|error| DatabaseError::Other(error.to_string()))?
            .into(),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    })
}
