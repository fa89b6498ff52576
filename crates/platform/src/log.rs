//! Log lines: one JSON object each, with its time, level and event first.

use kit::time::rfc3339;
use serde::Serialize;

use super::Platform;

/// Where log lines go.
pub trait Log {
    /// Writes one line.
    fn line(&self, level: Level, line: &str);
}

/// How serious a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As expected.
    Info,
    /// Someone should look at it some time.
    Warn,
    /// Something broke.
    Error,
}

/// A log line in the making.
#[must_use]
pub struct Line {
    level: Level,
    json: Vec<u8>,
}

impl Line {
    /// A line about `event` at `now_ms` since 1970.
    pub fn new(level: Level, event: &str, now_ms: i64) -> Self {
        let word = match level {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        let line = Self {
            level,
            json: Vec::with_capacity(512),
        };
        line.field("time", rfc3339(now_ms))
            .field("level", word)
            .field("event", event)
    }

    /// With this member; `name` needs no escapes.
    pub fn field(mut self, name: &str, value: impl Serialize) -> Self {
        let open: &[u8] = if self.json.is_empty() { b"{\"" } else { b",\"" };
        for part in [open, name.as_bytes(), b"\":"] {
            self.json.extend_from_slice(part);
        }
        // Writing to memory cannot fail, and no logged value is a map with keys that are not text.
        let _ = serde_json::to_writer(&mut self.json, &value);
        self
    }

    /// With this member, if there is a value.
    pub fn optional(self, name: &str, value: Option<impl Serialize>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// Writes the line.
    pub fn write(mut self, platform: &Platform) {
        self.json.push(b'}');
        let line = String::from_utf8_lossy(&self.json);
        platform.log.line(self.level, &line);
    }
}

impl Platform {
    /// Logs what did not work and need not: the work goes on without it.
    pub fn warn(&self, event: &str, cause: impl ToString) {
        Line::new(Level::Warn, event, self.clock.now_ms())
            .field("cause", cause.to_string())
            .write(self);
    }
}
