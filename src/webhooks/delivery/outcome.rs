//! What follows from an attempt, for its delivery and for the endpoint. Pure.
//! A delivery ends as delivered, or dead with a reason; no retry is early; an endpoint that asks us to
//! slow down gets a pause. `store` has the SQL.

use crate::config::schedule::{self, RetrySchedule};
use crate::platform::{HttpAnswer, HttpError, HttpFailure};

/// Bytes of a response that are stored.
pub const MAX_RESPONSE_BYTES: usize = 4_096;
/// Failures in a row that open the breaker of an endpoint.
pub const BREAKER_FAILURES: i64 = 5;
/// How long the breaker is open at first, in milliseconds; it doubles with each failed probe.
pub const BREAKER_MS: i64 = 30_000;
/// How long the breaker is open at most, in milliseconds.
pub const BREAKER_MAX_MS: i64 = 3_600_000;
/// An endpoint that has only failed for this long is disabled, in milliseconds.
pub const DISABLE_AFTER_MS: i64 = 5 * 86_400_000;
/// The shortest pause of an endpoint that asks us to slow down, in milliseconds.
const SLOW_DOWN_MS: i64 = 5_000;
/// Leases in a row that may expire without a result; after more, the delivery is dead as `lost`.
pub(crate) const MAX_LOST_LEASES: i64 = 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub at: i64,
    pub duration_ms: i64,
    pub status: Option<u16>,
    /// What went wrong: stable, `snake_case`.
    pub error: Option<&'static str>,
    /// The beginning of the response body.
    pub response: String,
    /// What `Retry-After` asks for, in milliseconds from the end of the attempt.
    pub retry_after_ms: Option<i64>,
}

impl Attempt {
    /// From an exchange that began at `at` and ended at `now`.
    pub(crate) fn of(exchange: Result<HttpAnswer, HttpError>, at: i64, now: i64) -> Self {
        let (answer, failure) = match exchange {
            Ok(answer) => (Some(answer), None),
            Err(error) => (error.begun, Some(error.failure)),
        };
        let status = answer.as_ref().map(|answer| answer.status);
        let error = match (failure, status) {
            (Some(HttpFailure::Timeout), _) => Some("timeout"),
            (Some(HttpFailure::Connection), _) => Some("connection_failed"),
            (None, Some(200..=299)) => None,
            (None, Some(300..=399)) => Some("redirect_not_followed"),
            (None, _) => Some("http_status"),
        };
        let retry_after_ms = answer
            .as_ref()
            .and_then(|answer| answer.retry_after.as_deref())
            .and_then(|text| schedule::retry_after_ms(text, now));
        Self {
            at,
            duration_ms: (now - at).max(0),
            status,
            error,
            response: answer
                .map(|answer| readable(&answer.body))
                .unwrap_or_default(),
            retry_after_ms,
        }
    }

    /// An attempt that failed before anything was sent.
    pub(crate) const fn refused(error: &'static str, at: i64) -> Self {
        Self {
            at,
            duration_ms: 0,
            status: None,
            error: Some(error),
            response: String::new(),
            retry_after_ms: None,
        }
    }

    /// Whether the receiver has accepted it.
    pub(crate) const fn is_success(&self) -> bool {
        self.error.is_none()
    }

    /// Whether the failure is ours: nothing was sent.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(
            self.error,
            Some("resolver_unavailable" | "secret_unreadable")
        )
    }

    /// Whether the receiver has answered 410 Gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.status == Some(410) && self.error == Some("http_status")
    }

    /// Whether the endpoint asks us to slow down (Standard Webhooks: 429, 502 and 504).
    fn asks_to_slow_down(&self) -> bool {
        matches!(self.status, Some(429 | 502 | 504))
    }
}

/// The beginning of a body as text, without `NUL`, which ends a text in `SQLite`. A byte that is not
/// UTF-8 becomes three, so the text is cut again.
fn readable(body: &[u8]) -> String {
    let kept = &body[..body.len().min(MAX_RESPONSE_BYTES)];
    let mut text = String::from_utf8_lossy(kept).replace('\0', "\u{FFFD}");
    text.truncate(text.floor_char_boundary(MAX_RESPONSE_BYTES));
    text
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Delivered,
    Retry(i64),
    Dead(&'static str),
}

/// The next state of a delivery that failed `step` times before this attempt, which ended at `now`.
pub(crate) fn next(
    attempt: &Attempt,
    step: i64,
    schedule: &RetrySchedule,
    random: u32,
    now: i64,
) -> Next {
    if attempt.is_success() {
        return Next::Delivered;
    }
    if attempt.is_gone() {
        return Next::Dead("gone");
    }
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    schedule
        .delay_ms(step, random)
        .map_or(Next::Dead("exhausted"), |own_ms| {
            Next::Retry(now + schedule::after(own_ms, attempt.retry_after_ms))
        })
}

/// Until when an endpoint with this response asks us to back off altogether.
pub(crate) fn slow_down_until(attempt: &Attempt, now: i64) -> Option<i64> {
    let wanted = || now + schedule::after(SLOW_DOWN_MS, attempt.retry_after_ms);
    attempt.asks_to_slow_down().then(wanted)
}

/// How many attempts may run at once at an endpoint with this many failures in a row.
pub(crate) const fn allowed(failures: i64, most: usize) -> usize {
    match failures {
        0 => most,
        1..BREAKER_FAILURES => 2,
        _ => 1,
    }
}
