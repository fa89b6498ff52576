//! The ids of a request: W3C Trace Context and `X-Request-Id`, as far as they are harmless in a log line.

use kit::{hex, ids};
use platform::Platform;

/// W3C Trace Context, level 1: the ids that a request brings or gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// Bit 0: sampled.
    pub flags: u8,
}

const SAMPLED: u8 = 1;

impl Trace {
    /// Continues the trace of a valid `traceparent`, or begins one.
    pub fn from_header(traceparent: Option<&str>, platform: &Platform) -> Self {
        traceparent
            .and_then(Self::parse)
            .unwrap_or_else(|| Self::begin(platform))
    }

    fn begin(platform: &Platform) -> Self {
        let trace_id = hex::encode(&platform.random_bytes::<16>());
        Self { trace_id, flags: 0 }
    }

    /// `traceparent` of something that this request causes, with a parent id of its own.
    pub fn child(&self, platform: &Platform) -> String {
        let parent_id = hex::encode(&platform.random_bytes::<8>());
        let flags = hex::encode(&[self.flags]);
        ["00-", &self.trace_id, "-", &parent_id, "-", &flags].concat()
    }

    fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace_id) = (parts.next()?, parts.next()?);
        let (parent_id, flags) = (parts.next()?, parts.next()?);
        let is_hex = |text: &str, length: usize| {
            let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            text.len() == length && text.bytes().all(is_digit)
        };
        let is_zero = |text: &str| text.bytes().all(|b| b == b'0');
        let is_valid = is_hex(version, 2)
            && version != "ff"
            && is_hex(trace_id, 32)
            && !is_zero(trace_id)
            && is_hex(parent_id, 16)
            && !is_zero(parent_id)
            && is_hex(flags, 2)
            && (version != "00" || parts.next().is_none());
        is_valid.then(|| Self {
            trace_id: trace_id.to_owned(),
            // What the other bits mean is not known yet: they are sent as zero (W3C Trace Context 1, 3.2.2.5).
            flags: u8::from_str_radix(flags, 16).unwrap_or(0) & SAMPLED,
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

#[cfg(test)]
mod tests {
    use super::*;
    use platform::native::TestPlatform;

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
