//! The ports to other servers and to the Worker's queues. An exchange is bounded in time and in bytes, body
//! included, and follows no redirect.

use super::{LocalFuture, Text};

/// One request to someone else's server.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Absolute, already checked.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Sent as it is, in UTF-8.
    pub body: Option<Text>,
    /// Milliseconds that the whole exchange may take, from connecting to the last byte.
    pub timeout_ms: u32,
    /// Bytes of the answer's body that are read; the rest is not waited for.
    pub max_body_bytes: usize,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code; redirects are answers like all others.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

/// Why an exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpFailure {
    /// It was not over in time.
    Timeout,
    /// No connection, or it was lost.
    Connection,
}

/// An exchange that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct HttpError {
    /// Why.
    pub failure: HttpFailure,
    /// What the runtime says of it; for the log.
    pub cause: String,
    /// The status code and what had come of the body, when the answer had begun.
    pub begun: Option<HttpAnswer>,
}

/// The way to other servers (`fetch`).
pub trait HttpClient {
    /// Makes one exchange.
    fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpAnswer, HttpError>>;
}

/// One of the Worker's queues (Cloudflare Queues).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Events: first attempts at endpoints that have answered well before.
    First,
    /// Endpoints that have something due: retries, and endpoints that are new, slow or failing.
    Slow,
    /// Mails.
    Mail,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::First, Self::Slow, Self::Mail];

    /// The binding that messages are sent through.
    pub const fn binding(self) -> &'static str {
        match self {
            Self::First => "WEBHOOKS",
            Self::Slow => "WEBHOOKS_SLOW",
            Self::Mail => "OUTBOX",
        }
    }
}

/// A message: it only wakes; what there is to do stands in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Text, an id or two.
    pub body: String,
    /// Seconds that the queue keeps it first; at most [`MAX_DELAY_SECONDS`].
    pub delay_seconds: u32,
}

/// The longest delay that Cloudflare Queues takes: 12 hours.
pub const MAX_DELAY_SECONDS: u32 = 43_200;

/// What becomes of a message that was taken from a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// It has done its work.
    Acknowledge,
    /// It is to come again after this many seconds, and after its last retry to the dead letters.
    Retry(u32),
}

/// The Worker's queues.
pub trait Queue {
    /// Hands messages over without waiting for it: a message may be lost, come late or come twice.
    fn send(&self, lane: Lane, messages: Vec<Message>);
}
