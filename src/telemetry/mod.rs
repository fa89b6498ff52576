//! What an operator sees of a request: its ids and one log line.
//! Promises that no token, password, address or body gets into a line: it is made of the fields
//! below and nothing else. Leaves storage and search of the lines to the platform.

use serde::Serialize;
use serde_json::{Map, Value};
use time::{Date, Month, OffsetDateTime};

use crate::ids;
use crate::platform::{Level, Platform};

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

/// Two lower-case digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]);
    // Bytes become a String at once; characters would be written one by one.
    String::from_utf8(digits.collect()).unwrap_or_default()
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

/// `ms` since 1970 as RFC 3339 in UTC, with milliseconds. Years past 9999 are not written.
pub fn rfc3339(ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second, milli) = at.to_hms_milli();
    let mut text = *b"0000-00-00T00:00:00.000Z";
    // Every answer has one of these: plain digits cost a tenth of a format description.
    let mut put = |from: usize, to: usize, mut number: u32| {
        for place in text[from..to].iter_mut().rev() {
            *place = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    put(0, 4, at.year().unsigned_abs());
    put(5, 7, u8::from(at.month()).into());
    put(8, 10, at.day().into());
    put(11, 13, hour.into());
    put(14, 16, minute.into());
    put(17, 19, second.into());
    put(20, 23, milli.into());
    String::from_utf8_lossy(&text).into_owned()
}

/// Reads what [`rfc3339`] writes, with any number of fractional digits up to nine or none: UTC
/// only, `T` and `Z` in upper case. Fractions of a millisecond are cut off.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str, from: usize, to: usize| {
        let digits = text.get(from..to).filter(|digits| is_digits(digits))?;
        digits.parse::<u16>().ok()
    };
    let is_form = |text: &str, length: usize, mark: u8| {
        let bytes = text.as_bytes();
        bytes.len() == length && bytes[length - 3] == mark && bytes[length - 6] == mark
    };
    let is_fraction = (1..=9).contains(&fraction.len()) && is_digits(fraction);
    if !is_form(date, 10, b'-') || !is_form(whole, 8, b':') || !is_fraction {
        return None;
    }
    let part = |text: &str, from: usize| u8::try_from(number(text, from, from + 2)?).ok();
    let month = Month::try_from(part(date, 5)?).ok()?;
    let day = Date::from_calendar_date(number(date, 0, 4)?.into(), month, part(date, 8)?).ok()?;
    let (hour, minute, second) = (part(whole, 0)?, part(whole, 3)?, part(whole, 6)?);
    let at = day.with_hms(hour, minute, second).ok()?.assume_utc();
    let milli: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    Some(at.unix_timestamp() * 1000 + milli)
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

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_795_305_600_123), "2026-11-22T00:00:00.123Z");
        assert_eq!(rfc3339(1_709_251_199_999), "2024-02-29T23:59:59.999Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn times_come_back_and_nothing_else_is_one() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1969-12-31T23:59:59.999Z", Some(-1)),
            ("2026-11-22T00:00:00.123Z", Some(1_795_305_600_123)),
            ("2026-11-22T00:00:00.1Z", Some(1_795_305_600_100)),
            ("2026-11-22T00:00:00.123999999Z", Some(1_795_305_600_123)),
            ("2024-02-29T23:59:59.999Z", Some(1_709_251_199_999)),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799_000)),
            ("2026-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-00-01T00:00:00Z", None),
            ("2026-11-00T00:00:00Z", None),
            ("2026-11-22T24:00:00Z", None),
            ("2026-11-22T00:60:00Z", None),
            ("2026-11-22T00:00:60Z", None),
            ("2026-11-22T00:00:00", None),
            ("2026-11-22T00:00:00z", None),
            ("2026-11-22t00:00:00Z", None),
            ("2026-11-22 00:00:00Z", None),
            ("2026-11-22T00:00:00+00:00", None),
            ("2026-11-22T00:00:00.Z", None),
            ("2026-11-22T00:00:00.1234567890Z", None),
            ("2026-11-22T00:00:00.+1Z", None),
            ("2026-11-22T00:00:+1Z", None),
            ("2026-11-22T00:00Z", None),
            ("2026-11-22T00-00-00Z", None),
            ("2026:11:22T00:00:00Z", None),
            ("+026-11-22T00:00:00Z", None),
            ("12026-11-22T00:00:00Z", None),
            ("2026-1é-2T00:00:00Z", None),
            ("TZ", None),
            ("Z", None),
            ("", None),
        ] {
            assert_eq!(parse_rfc3339(text), expected, "{text}");
        }
    }
}
