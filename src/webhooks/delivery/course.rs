//! How one endpoint does in the course of one invocation.
//! Promises that it is left alone once its answers, or its owner, say so, and that its name is looked
//! up when something is about to be sent and not before. Leaves what is written of it to `record`.

use std::cell::{Cell, OnceCell};

use crate::context::State;
use crate::identity::seal;
use crate::telemetry;
use crate::webhooks::signing::EndpointSecret;
use crate::webhooks::{HEADERS_LABEL, SECRET_LABEL};

use super::endpoint::{self, Endpoint};
use super::outcome::{self, Attempt, BREAKER_FAILURES, BREAKER_MS};
use super::work::refusal;

/// Deliveries that may be under way to an endpoint at once.
const PER_ENDPOINT: usize = 3;
/// What is known of an endpoint is looked at again after so many milliseconds.
const FRESH_MS: i64 = 2_000;

/// What an endpoint is called with.
pub struct Opened {
    /// What sign, newest first.
    pub secrets: Vec<EndpointSecret>,
    /// Custom headers.
    pub headers: Vec<(String, String)>,
}

/// An endpoint and what has become of it since it was read.
pub struct Course<'a> {
    endpoint: &'a Endpoint,
    /// Failures in a row.
    failures: Cell<i64>,
    /// Until when nothing is sent, once anything says so.
    left_alone_until: Cell<Option<i64>>,
    /// `None` inside: what is sealed does not open.
    opened: OnceCell<Option<Opened>>,
    /// When its target was judged, and why it must not be called.
    judged: Cell<Option<(i64, Option<&'static str>)>>,
    /// When its row was read.
    read_at: Cell<i64>,
}

impl<'a> Course<'a> {
    /// Of an endpoint that was read at `read_at`.
    pub fn new(endpoint: &'a Endpoint, read_at: i64) -> Self {
        Self {
            endpoint,
            failures: Cell::new(endpoint.failures),
            left_alone_until: Cell::default(),
            opened: OnceCell::new(),
            judged: Cell::default(),
            read_at: Cell::new(read_at),
        }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.endpoint.url
    }

    /// Until when it is to be left alone, in milliseconds since 1970, if it is.
    pub const fn left_alone_until(&self) -> Option<i64> {
        self.left_alone_until.get()
    }

    fn leave_alone(&self, until: i64) {
        let until = self
            .left_alone_until
            .get()
            .map_or(until, |at| at.max(until));
        self.left_alone_until.set(Some(until));
    }

    /// How many deliveries may be under way to it. The first one looks its name up for all.
    pub fn allowed(&self, state: &State) -> usize {
        if self.left_alone_until.get().is_some() {
            return 0;
        }
        let is_first = self.judged.get().is_none() && state.config.webhooks.resolver.is_some();
        let most = if is_first { 1 } else { PER_ENDPOINT };
        outcome::allowed(self.failures.get(), most)
    }

    /// Its secrets and headers, opened once; `None` when they do not open.
    pub fn opened(&self, state: &State) -> Option<&Opened> {
        let opened = self.opened.get_or_init(|| {
            let opened = open(state, self.endpoint);
            if opened.is_none() {
                let id = &self.endpoint.id;
                telemetry::warn(&state.platform, "webhook_secret_unreadable", id);
            }
            opened
        });
        opened.as_ref()
    }

    /// Why it must not be called now, as of two seconds ago at most. An endpoint that was changed,
    /// disabled or deleted meanwhile is left alone: whoever takes it on reads it anew.
    pub async fn refusal(&self, state: &State) -> Option<&'static str> {
        let clock = &state.platform.clock;
        let now = clock.now_ms();
        if now - self.read_at.get() > FRESH_MS {
            self.read_at.set(now);
            let Endpoint { id, version, .. } = self.endpoint;
            let found = endpoint::version(&state.platform, id).await;
            // A database that does not answer says nothing of the endpoint.
            if found.is_ok_and(|found| found != Some(*version)) {
                self.leave_alone(now);
            }
        }
        match self.judged.get() {
            Some((at, known)) if now - at <= FRESH_MS => known,
            _ => {
                let found = refusal(state, &self.endpoint.url).await;
                self.judged.set(Some((clock.now_ms(), found)));
                found
            }
        }
    }

    /// Notes an attempt that was over at `now`.
    pub fn note(&self, attempt: &Attempt, now: i64) {
        if attempt.is_success() {
            self.failures.set(0);
        } else if attempt.is_ours() {
            self.leave_alone(now + BREAKER_MS);
        } else {
            let failures = self.failures.get() + 1;
            self.failures.set(failures);
            if attempt.is_gone() {
                self.leave_alone(now);
            } else if let Some(until) = outcome::slow_down_until(attempt, now) {
                self.leave_alone(until);
            } else if failures >= BREAKER_FAILURES {
                self.leave_alone(now + BREAKER_MS);
            }
        }
    }
}

fn open(state: &State, endpoint: &Endpoint) -> Option<Opened> {
    let master = &state.config.master_keys;
    let secrets = endpoint.sealed_secrets.iter().map(|(id, sealed)| {
        let opened = seal::open(master, &format!("{SECRET_LABEL}{id}"), sealed)?;
        EndpointSecret::from_bytes(&opened)
    });
    let secrets: Vec<_> = secrets.collect::<Option<_>>()?;
    let headers = match &endpoint.sealed_headers {
        None => Vec::new(),
        Some(sealed) => {
            let opened = seal::open(master, &format!("{HEADERS_LABEL}{}", endpoint.id), sealed)?;
            serde_json::from_slice(&opened).ok()?
        }
    };
    (!secrets.is_empty()).then_some(Opened { secrets, headers })
}
