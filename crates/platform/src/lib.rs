//! The ports: time, randomness, storage, network and logs are reached only through these traits. The
//! adapters are in `cloudflare` and `native`.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;

use kit::ids::IdSource;

#[cfg(target_arch = "wasm32")]
pub mod cloudflare;
mod log;
mod mail;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
mod text;
mod web;

pub use kit::text::Unicode;
pub use log::{Level, Line, Log};
pub use mail::compose::is_plain_address;
pub use mail::{Mail, MailError, MailMessage, MailSettings, Transport, smtp};
pub use text::Text;
pub use web::{
    HttpAnswer, HttpClient, HttpError, HttpFailure, HttpRequest, Lane, MAX_DELAY_SECONDS, Message,
    Queue, Settlement,
};

/// A boxed future that stays on its isolate's one thread.
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// One value of a row or of a bound parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A whole number; exact to 2^53, which D1 cannot pass.
    Integer(i64),
    /// Text.
    Text(Text),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

/// A text or an id.
impl<T: AsRef<str> + ?Sized> From<&T> for Value {
    fn from(value: &T) -> Self {
        Self::Text(Text::Owned(value.as_ref().to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Text::Owned(value))
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The bound values of a statement, each of a type that a [`Value`] is made from.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::Value::from($value)),*]
    };
}

/// One SQL statement with its bound values. Writes are handed around as values like this one
/// and committed together by [`Database::batch`].
#[derive(Debug, Clone)]
pub struct Statement {
    /// SQL with `?1`-style parameters, at most 100 of them (D1).
    pub sql: Cow<'static, str>,
    /// The values of the parameters, in order.
    pub params: Vec<Value>,
}

impl Statement {
    /// A statement of fixed SQL.
    pub fn new(sql: impl Into<Cow<'static, str>>, params: Vec<Value>) -> Self {
        Self {
            sql: sql.into(),
            params,
        }
    }

    /// Placed right after a write that names the state it read: fails its whole batch with
    /// [`DatabaseError::Stale`] when that write changed no row. SQL has no other way to give up a
    /// batch but a statement that fails.
    pub fn must_change() -> Self {
        Self::new(MUST_CHANGE, Vec::new())
    }

    /// A write and, after it, [`Self::must_change`].
    pub fn checked(sql: impl Into<Cow<'static, str>>, params: Vec<Value>) -> Vec<Self> {
        vec![Self::new(sql, params), Self::must_change()]
    }

    /// As [`Self::must_change`], when the write changed more or fewer than `rows`.
    pub fn must_change_exactly(rows: i64) -> Self {
        Self::new(MUST_CHANGE_EXACTLY, vec![rows.into()])
    }
}

const MUST_CHANGE_EXACTLY: &str = "SELECT iif(changes() = ?1, 1, abs(-9223372036854775808))";
const MUST_CHANGE: &str = "SELECT iif(changes() > 0, 1, abs(-9223372036854775808))";

/// A row, by column position.
#[derive(Debug, Clone)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// The text in column `index`.
    pub fn text(&self, index: usize) -> Result<&str, DatabaseError> {
        match self.0.get(index) {
            Some(Value::Text(text)) => Ok(text.as_str()),
            other => Err(DatabaseError::shape(index, "text", other)),
        }
    }

    /// Takes the text out of column `index` as it is, to pass it on unread.
    pub fn take_text(&mut self, index: usize) -> Result<Text, DatabaseError> {
        match self.0.get_mut(index) {
            Some(Value::Text(text)) => Ok(std::mem::replace(text, Text::Owned(String::new()))),
            other => Err(DatabaseError::shape(index, "text", other.as_deref())),
        }
    }

    /// The text in column `index`, or `None` for NULL.
    pub fn optional_text(&self, index: usize) -> Result<Option<&str>, DatabaseError> {
        match self.0.get(index) {
            Some(Value::Null) => Ok(None),
            _ => self.text(index).map(Some),
        }
    }

    /// The whole number in column `index`.
    pub fn integer(&self, index: usize) -> Result<i64, DatabaseError> {
        match self.0.get(index) {
            Some(Value::Integer(value)) => Ok(*value),
            other => Err(DatabaseError::shape(index, "a whole number", other)),
        }
    }

    /// The whole number in column `index`, or `None` for NULL.
    pub fn optional_integer(&self, index: usize) -> Result<Option<i64>, DatabaseError> {
        match self.0.get(index) {
            Some(Value::Null) => Ok(None),
            _ => self.integer(index).map(Some),
        }
    }

    /// The bytes in column `index`.
    pub fn blob(&self, index: usize) -> Result<&[u8], DatabaseError> {
        match self.0.get(index) {
            Some(Value::Blob(bytes)) => Ok(bytes),
            other => Err(DatabaseError::shape(index, "bytes", other)),
        }
    }

    /// The bytes in column `index`, or `None` for NULL.
    pub fn optional_blob(&self, index: usize) -> Result<Option<&[u8]>, DatabaseError> {
        match self.0.get(index) {
            Some(Value::Null) => Ok(None),
            _ => self.blob(index).map(Some),
        }
    }
}

/// Why the database did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// A UNIQUE or PRIMARY KEY constraint refused the write; names `table.column`.
    #[error("unique constraint: {0}")]
    Unique(String),
    /// A write found another state than the one it was made for; nothing was written.
    #[error("stale: a write changed no row")]
    Stale,
    /// Whoever asked for the write may not do it any more; nothing was written.
    #[error("standing ended: {}", .0.sql())]
    Ended(Ended),
    /// Out of reach or overloaded: the client may try again later.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Anything else: a defect.
    #[error("{0}")]
    Other(String),
}

/// What has ended since a request was admitted. A batch says so by a JSON path that does not parse:
/// the only failure whose message SQL can word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The session, the API key or the account.
    Credential,
    /// The account's role.
    Role,
    /// The password that was given: it has been changed.
    Password,
    /// The recent proof of who is there.
    Proof,
}

impl Ended {
    const ALL: [Self; 4] = [Self::Credential, Self::Role, Self::Password, Self::Proof];

    /// An SQL expression that fails its batch with [`DatabaseError::Ended`].
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Credential => "json_extract('{}', 'ended:credential')",
            Self::Role => "json_extract('{}', 'ended:role')",
            Self::Password => "json_extract('{}', 'ended:password')",
            Self::Proof => "json_extract('{}', 'ended:proof')",
        }
    }

    fn parse(message: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ended| {
            let word = ended.sql().rsplit('\'').nth(1);
            word.is_some_and(|word| message.contains(word))
        })
    }
}

impl DatabaseError {
    fn shape(index: usize, wanted: &str, found: Option<&Value>) -> Self {
        let found = match found {
            None => "no such column",
            Some(Value::Null) => "NULL",
            Some(Value::Integer(_)) => "a number",
            Some(Value::Text(_)) => "text",
            Some(Value::Blob(_)) => "bytes",
        };
        Self::Other(format!("column {index}: wanted {wanted}, found {found}"))
    }

    /// Sorts an error by its text: D1 gives nothing better, and `SQLite` says the same words.
    pub fn classify(message: &str) -> Self {
        if let Some((_, rest)) = message.split_once("UNIQUE constraint failed: ") {
            let column = rest.split([' ', ':']).next().unwrap_or_default();
            return Self::Unique(column.trim_end_matches(',').to_owned());
        }
        // What [`Statement::must_change`] fails with; no other statement has a sum that runs over.
        if message.contains("integer overflow") {
            return Self::Stale;
        }
        if let Some(ended) = Ended::parse(message) {
            return Self::Ended(ended);
        }
        // Cloudflare's list of D1 errors (Debug D1, "Error list").
        let passing = [
            "Network connection lost",
            "caused object to be reset",
            "reset because its code was updated",
            "limit and was reset",
            "overloaded",
            "transient issue on remote node",
            "timed out",
            "database is locked",
            // What the runtime says of every fault of its own; locally also of SQLITE_BUSY.
            "internal error; reference = ",
        ];
        if passing.iter().any(|text| message.contains(text)) {
            return Self::Unavailable(message.to_owned());
        }
        Self::Other(message.to_owned())
    }

    /// Whether the same reading statement may simply be sent again. An overloaded database is
    /// left alone: asking it again makes it worse.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(text)
            if text.contains("Network connection lost")
            || text.contains("storage caused object to be reset")
            || text.contains("reset because its code was updated"))
    }
}

/// The relational store (D1, or `SQLite` with the same migrations).
pub trait Database {
    /// Runs one reading statement.
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>>;
    /// Runs all statements in one transaction: all of them happen, or none. Gives the number of
    /// rows that each one inserted, changed or deleted.
    fn batch(&self, statements: Vec<Statement>)
    -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>>;
}

/// A database whose reads are sent once more when the connection was lost on the way. Writes are
/// not: the lost answer may have been a success.
pub struct Retrying<D>(pub D);

impl<D: Database> Database for Retrying<D> {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        Box::pin(async move {
            match self.0.query(statement.clone()).await {
                Err(error) if error.is_transient() => self.0.query(statement).await,
                answer => answer,
            }
        })
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        self.0.batch(statements)
    }
}

/// A cache was out of reach.
#[derive(Debug, thiserror::Error)]
#[error("cache: {0}")]
pub struct CacheError(pub String);

/// A cache that may be stale for a minute or more (KV). Never the truth of anything.
pub trait Cache {
    /// The value under `key`, if it is there.
    fn get<'a>(&'a self, key: &'a str) -> LocalFuture<'a, Result<Option<String>, CacheError>>;
    /// Keeps `value` under `key` for `seconds` (at least 60).
    fn put<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        seconds: u64,
    ) -> LocalFuture<'a, Result<(), CacheError>>;
}

/// Nobody could be asked what is left of a quota.
#[derive(Debug, thiserror::Error)]
#[error("limiter: {0}")]
pub struct LimiterError(pub String);

/// Counts for all isolates together (Durable Objects): one object for each name.
pub trait Limiter {
    /// Puts a question to the object called `name`. Questions and answers are the texts of
    /// `limits::object`, which decides; each object takes one question at a time.
    fn take<'a>(
        &'a self,
        name: &'a str,
        ask: &'a str,
    ) -> LocalFuture<'a, Result<String, LimiterError>>;
}

/// The time.
pub trait Clock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;
    /// Is over after `ms` milliseconds.
    fn sleep(&self, ms: u32) -> LocalFuture<'static, ()>;
}

/// Cryptographically strong randomness.
pub trait Random {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// All ports together.
pub struct Platform {
    /// D1.
    pub database: Box<dyn Database>,
    /// KV.
    pub cache: Box<dyn Cache>,
    /// Durable Objects.
    pub limiter: Box<dyn Limiter>,
    /// Queues.
    pub queue: Box<dyn Queue>,
    /// `fetch`.
    pub http: Box<dyn HttpClient>,
    /// Mail.
    pub mail: Box<dyn Mail>,
    /// The time.
    pub clock: Box<dyn Clock>,
    /// Randomness.
    pub random: Box<dyn Random>,
    /// Normalization.
    pub unicode: Box<dyn Unicode>,
    /// Log lines.
    pub log: Box<dyn Log>,
}

impl Platform {
    /// `N` random bytes.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }

    /// Reads the first row that `statement` selects; `None` when it selects none.
    pub async fn first<T>(
        &self,
        statement: Statement,
        read: impl FnOnce(&Row) -> Result<T, DatabaseError>,
    ) -> Result<Option<T>, DatabaseError> {
        let rows = self.database.query(statement).await?;
        rows.first().map(read).transpose()
    }

    /// Reads every row that `statement` selects.
    pub async fn all<T>(
        &self,
        statement: Statement,
        read: impl FnMut(&Row) -> Result<T, DatabaseError>,
    ) -> Result<Vec<T>, DatabaseError> {
        let rows = self.database.query(statement).await?;
        rows.iter().map(read).collect()
    }
}

impl IdSource for Platform {
    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.random.fill(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_d1_are_sorted_by_their_words() {
        let passing = [
            "D1_ERROR: Network connection lost.",
            "D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset.",
            "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
            "D1_ERROR: D1 DB reset because its code was updated.",
            "D1_ERROR: D1 DB exceeded its CPU time limit and was reset.",
            "D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset.",
            "D1_ERROR: D1 DB is overloaded. Too many requests queued.",
            "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
            "D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.",
            "database is locked: SQLITE_BUSY",
            "D1_ERROR: Failed to parse body as JSON, got: Error: internal error; reference = 0a1b",
        ];
        for text in passing {
            let error = DatabaseError::classify(text);
            assert!(matches!(error, DatabaseError::Unavailable(_)), "{text}");
        }
        let ours = [
            "no such column: internal",
            "D1_ERROR: internal error in JSON",
        ];
        for text in ours {
            let error = DatabaseError::classify(text);
            assert!(matches!(error, DatabaseError::Other(_)), "{text}");
        }
        let column = "UNIQUE constraint failed: users.email_key: SQLITE_CONSTRAINT";
        let error = DatabaseError::classify(column);
        assert!(matches!(error, DatabaseError::Unique(name) if name == "users.email_key"));
        for (text, expected) in [
            (
                "D1_ERROR: bad JSON path: 'ended:credential'",
                Ended::Credential,
            ),
            (
                "JSON path error near 'ended:role': SQLITE_ERROR",
                Ended::Role,
            ),
        ] {
            let error = DatabaseError::classify(text);
            assert!(matches!(error, DatabaseError::Ended(ended) if ended == expected));
        }
        let error = DatabaseError::classify("integer overflow");
        assert!(matches!(error, DatabaseError::Stale));
    }
}
