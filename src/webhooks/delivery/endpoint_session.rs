//! The state of one endpoint during one invocation.
//! It backs off once its responses or its owner ask for that, or once its creator has lost the right
//! to it. Its name is resolved right before a request, not earlier. `result_writer` stores the results.

use std::cell::{Cell, OnceCell};

use crate::events::signing::EndpointSecret;
use crate::runtime::State;
use crate::webhooks::{open_headers, open_secret};

use super::attempt_runner::refusal;
use super::endpoint::{self, Endpoint};
use super::outcome::{self, Attempt, BREAKER_FAILURES, BREAKER_MS};

/// Attempts that may run at one endpoint at once.
const PER_ENDPOINT: usize = 3;
/// How long the check of a target is reused, in milliseconds.
const FRESH_MS: i64 = 2_000;

/// The secrets and headers of an endpoint, decrypted.
pub struct Opened {
    pub secrets: Vec<EndpointSecret>,
    pub headers: Vec<(String, String)>,
}

/// An endpoint and its state since it was read.
pub struct EndpointSession<'a> {
    endpoint: &'a Endpoint,
    /// Failures in a row.
    failures: Cell<i64>,
    /// Until when nothing is sent, once it backs off.
    backing_off_until: Cell<Option<i64>>,
    /// `None` inside: the sealed values do not open.
    opened: OnceCell<Option<Opened>>,
    /// When its target was checked, and why it must not be called.
    checked_target: Cell<Option<(i64, Option<&'static str>)>>,
}

impl<'a> EndpointSession<'a> {
    pub fn new(endpoint: &'a Endpoint) -> Self {
        Self {
            endpoint,
            failures: Cell::new(endpoint.failures),
            backing_off_until: Cell::default(),
            opened: OnceCell::new(),
            checked_target: Cell::default(),
        }
    }

    pub fn url(&self) -> &str {
        &self.endpoint.url
    }

    /// Until when it backs off, in milliseconds since 1970; `None` when it does not.
    pub const fn backing_off_until(&self) -> Option<i64> {
        self.backing_off_until.get()
    }

    fn back_off(&self, until: i64) {
        let until = self
            .backing_off_until
            .get()
            .map_or(until, |at| at.max(until));
        self.backing_off_until.set(Some(until));
    }

    /// How many attempts at it may run at once. The first one resolves its name for all.
    pub fn allowed(&self, state: &State) -> usize {
        if self.backing_off_until.get().is_some() {
            return 0;
        }
        let is_first =
            self.checked_target.get().is_none() && state.config.webhooks.resolver.is_some();
        let most = if is_first { 1 } else { PER_ENDPOINT };
        outcome::allowed(self.failures.get(), most)
    }

    /// Its secrets and headers, opened once; `None` when they do not open.
    pub fn opened(&self, state: &State) -> Option<&Opened> {
        let opened = self.opened.get_or_init(|| {
            let opened = open(state, self.endpoint);
            if opened.is_none() {
                let id = &self.endpoint.id;
                state.platform.warn("webhook_secret_unreadable", id);
            }
            opened
        });
        opened.as_ref()
    }

    /// Why its target must not be called now, as of two seconds ago at most; and whether its name had
    /// to be resolved for that.
    pub async fn refusal(&self, state: &State) -> (Option<&'static str>, bool) {
        let clock = &state.platform.clock;
        match self.checked_target.get() {
            Some((at, known)) if clock.now_ms() - at <= FRESH_MS => (known, false),
            _ => {
                let found = refusal(state, &self.endpoint.url).await;
                self.checked_target.set(Some((clock.now_ms(), found)));
                (found, state.config.webhooks.resolver.is_some())
            }
        }
    }

    /// Checks again, right before an attempt, that the endpoint is unchanged and its creator may still
    /// have it. If not, or when the check fails, it backs off: the next consumer reads it again.
    pub async fn recheck_standing(&self, state: &State) {
        let Endpoint { id, version, .. } = self.endpoint;
        let stands = endpoint::stands(&state.platform, id, *version).await;
        if !stands.unwrap_or(false) {
            self.back_off(state.platform.clock.now_ms());
        }
    }

    /// Records an attempt that ended at `now`.
    pub fn record(&self, attempt: &Attempt, now: i64) {
        if attempt.is_success() {
            self.failures.set(0);
        } else if attempt.is_ours() {
            self.back_off(now + BREAKER_MS);
        } else {
            let failures = self.failures.get() + 1;
            self.failures.set(failures);
            if attempt.is_gone() {
                self.back_off(now);
            } else if let Some(until) = outcome::slow_down_until(attempt, now) {
                self.back_off(until);
            } else if failures >= BREAKER_FAILURES {
                self.back_off(now + BREAKER_MS);
            }
        }
    }
}

fn open(state: &State, endpoint: &Endpoint) -> Option<Opened> {
    let master = &state.config.master_keys;
    let sealed = endpoint.sealed_secrets.iter();
    let secrets = sealed.map(|(id, sealed)| open_secret(master, id, sealed));
    let secrets: Vec<_> = secrets.collect::<Option<_>>()?;
    let headers = open_headers(master, &endpoint.id, endpoint.sealed_headers.as_deref())?;
    (!secrets.is_empty()).then_some(Opened { secrets, headers })
}
