//! What an operator sees of a request: its ids and one log line.
//! Promises that no token, password, address or body gets into a line: it is made of the fields
//! below and nothing else. Leaves storage and search of the lines to the platform.

use kit::ids;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::platform::{Level, Platform};

pub use kit::hex::encode as hex;
pub use kit::time::{parse_rfc3339, rfc3339};

/// W3C Trace Context, level 1: the ids that a request brings or gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// Bit 0: sampled.
    pub flags: u8,
}

impl Trace {
    /// Continues the trace of a valid `traceparent`, or begins one.
    pub fn from_header(traceparent: Option<&str>, platform: &Platform) -> Self {
        traceparent
            .and_then(Self::parse)
            .unwrap_or_else(|| Self::begin(platform))
    }

    fn begin(platform: &Platform) -> Self {
        let trace_id = hex(&platform.random_bytes::<16>());
        Self { trace_id, flags: 0 }
    }

    /// `traceparent` of something that this request causes, with a parent id of its own.
    pub fn child(&self, platform: &Platform) -> String {
        let parent_id = hex(&platform.random_bytes::<8>());
        let flags = hex(&[self.flags]);
        ["00-", &self.trace_id, "-", &parent_id, "-", &flags].concat()
    }

    fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let version = parts.next()?;
        let trace_id = parts.next()?;
        let parent_id = parts.next()?;
        let flags = parts.next()?;
        let hex = |text: &str, length: usize| {
            text.len() == length
                && text
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let is_valid = hex(version, 2)
            && version != "ff"
            && hex(trace_id, 32)
            && trace_id.bytes().any(|b| b != b'0')
            && hex(parent_id, 16)
            && parent_id.bytes().any(|b| b != b'0')
            && hex(flags, 2)
            && (version != "00" || parts.next().is_none());
        is_valid.then(|| Self {
            trace_id: trace_id.to_owned(),
            flags: u8::from_str_radix(flags, 16).unwrap_or(0),
        })
    }
}

/// A valid inbound `X-Request-Id`, or a fresh one.
pub fn request_id(inbound: Option<&str>, platform: &Platform) -> String {
    let is_valid = |id: &&str| {
        (8..=128).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    inbound
        .filter(is_valid)
        .map_or_else(|| ids::fresh("req", platform), str::to_owned)
}

/// The fields of a request's log line.
#[derive(Debug, Serialize)]
pub struct RequestLine<'a> {
    /// RFC 3339, UTC.
    pub time: String,
    /// `info`, `warn` or `error`.
    pub level: &'static str,
    /// Always `request`.
    pub event: &'static str,
    /// On every answer as `X-Request-Id`.
    pub request_id: &'a str,
    /// Of the W3C trace.
    pub trace_id: &'a str,
    /// The method.
    pub method: &'static str,
    /// The pattern of the route, never the path itself.
    pub route: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// Milliseconds from the first byte read to the answer.
    pub duration_ms: i64,
    /// The caller's user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<&'a str>,
    /// The problem's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// What went wrong inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'a str>,
}

impl RequestLine<'_> {
    /// Writes the line.
    pub fn write(&self, platform: &Platform, level: Level) {
        if let Ok(line) = serde_json::to_string(self) {
            platform.log.line(level, &line);
        }
    }
}

/// One line about something that did not work and need not: the request goes on without it.
pub fn warn(platform: &Platform, event: &str, cause: impl ToString) {
    write(
        platform,
        Level::Warn,
        event,
        &[("cause", cause.to_string().into())],
    );
}

/// One line outside of a request: its time, level and event, then `fields`.
pub fn write(platform: &Platform, level: Level, event: &str, fields: &[(&str, Value)]) {
    let mut line = Map::new();
    line.insert("time".into(), rfc3339(platform.clock.now_ms()).into());
    line.insert("level".into(), level.as_str().into());
    line.insert("event".into(), event.into());
    for (name, value) in fields {
        line.insert((*name).to_owned(), value.clone());
    }
    platform.log.line(level, &Value::Object(line).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::native::TestPlatform;

    #[test]
    fn a_trace_is_continued_only_when_it_is_valid() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = "00f067aa0ba902b7";
        for (header, kept) in [
            (format!("00-{id}-{parent}-01"), true),
            (format!("cc-{id}-{parent}-01-later"), true),
            (format!("00-{id}-{parent}-01-more"), false),
            (format!("ff-{id}-{parent}-01"), false),
            (format!("00-{id}-{parent}"), false),
            (format!("00-{}-{parent}-01", "0".repeat(32)), false),
            (format!("00-{id}-{}-01", "0".repeat(16)), false),
            (format!("00-{}-{parent}-01", id.to_uppercase()), false),
            (String::new(), false),
        ] {
            let (platform, _) = TestPlatform::new();
            let trace = Trace::from_header(Some(&header), &platform);
            assert_eq!(trace.trace_id == id, kept, "{header}");
            assert_eq!(trace.trace_id.len(), 32);
        }
    }

    #[test]
    fn a_request_id_is_kept_only_when_it_is_harmless() {
        let (platform, _) = TestPlatform::new();
        for (inbound, kept) in [
            ("abc-123_X.9", true),
            ("short", false),
            ("with space in it", false),
            ("line\nbreak-in-it", false),
            ("{\"json\":\"in it\"}", false),
        ] {
            let id = request_id(Some(inbound), &platform);
            assert_eq!(id == inbound, kept, "{inbound}");
        }
    }
}
