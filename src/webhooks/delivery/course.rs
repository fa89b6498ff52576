//! How one endpoint does in the course of one invocation.
//! Promises that it is left alone once its answers, or its owner, say so, that nothing more is sent
//! once whoever made it may not have it, and that its name is looked up when something is about to be
//! sent and not before. Leaves what is written of it to `record`.

use std::cell::{Cell, OnceCell};

use crate::identity::seal;
use crate::runtime::State;
use crate::telemetry;
use crate::webhooks::signing::EndpointSecret;
use crate::webhooks::{HEADERS_LABEL, SECRET_LABEL};

use super::endpoint::{self, Endpoint};
use super::outcome::{self, Attempt, BREAKER_FAILURES, BREAKER_MS};
use super::work::refusal;

/// Deliveries that may be under way to an endpoint at once.
const PER_ENDPOINT: usize = 3;
/// Where a name leads is looked up again after so many milliseconds.
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
}

impl<'a> Course<'a> {
    /// Of an endpoint.
    pub fn new(endpoint: &'a Endpoint) -> Self {
        Self {
            endpoint,
            failures: Cell::new(endpoint.failures),
            left_alone_until: Cell::default(),
            opened: OnceCell::new(),
            judged: Cell::default(),
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

    /// Why its name must not be called now, as of two seconds ago at most; whether it had to be looked
    /// up for that.
    pub async fn refusal(&self, state: &State) -> (Option<&'static str>, bool) {
        let clock = &state.platform.clock;
        match self.judged.get() {
            Some((at, known)) if clock.now_ms() - at <= FRESH_MS => (known, false),
            _ => {
                let found = refusal(state, &self.endpoint.url).await;
                self.judged.set(Some((clock.now_ms(), found)));
                (found, state.config.webhooks.resolver.is_some())
            }
        }
    }

    /// Asks once more, right before an attempt, whether the endpoint is as it was read and whoever made
    /// it may still have it. If not, or where nobody can say, it is left alone: whoever takes it on
    /// reads it anew.
    pub async fn ask_standing(&self, state: &State) {
        let Endpoint { id, version, .. } = self.endpoint;
        let stands = endpoint::stands(&state.platform, id, *version).await;
        if !stands.unwrap_or(false) {
            self.leave_alone(state.platform.clock.now_ms());
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
