//! The one way to commit a request's writes, together with their audit entries and events, atomically.
//! The batch fails if the caller's standing has ended since the request was admitted.

use crate::auth::audit::Entry;
use crate::events::outbox::Event;
use crate::http::{Problem, Response};
use crate::platform::{DatabaseError, Statement};

use super::Context;

/// What is committed together.
#[derive(Default)]
#[must_use]
pub struct Tx {
    /// The change itself.
    pub writes: Vec<Statement>,
    /// Its entries of the audit log.
    pub entries: Vec<Entry>,
    /// Its events, for webhooks.
    pub events: Vec<Event>,
}

impl Tx {
    /// These writes, with no entries or events.
    pub fn new(writes: Vec<Statement>) -> Self {
        Self {
            writes,
            ..Self::default()
        }
    }

    /// With this entry of the audit log.
    pub fn log(mut self, entry: Entry) -> Self {
        self.entries.push(entry);
        self
    }

    /// With these entries of the audit log.
    pub fn log_all(mut self, entries: impl IntoIterator<Item = Entry>) -> Self {
        self.entries.extend(entries);
        self
    }

    /// With this event.
    pub fn tell(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// With these events.
    pub fn tell_all(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        self.events.extend(events);
        self
    }

    /// Commits and returns `answer`, or `on_stale` if a write found a state other than the one it was made
    /// for. Called once in a request, with the answer as it is sent.
    pub async fn commit(
        self,
        cx: &Context<'_>,
        answer: Response,
        on_stale: Problem,
    ) -> Result<Response, Problem> {
        match self.attempt(cx, answer).await {
            Err(DatabaseError::Stale) => Err(on_stale),
            outcome => Ok(outcome?),
        }
    }

    /// As [`Self::commit`], but awaits `on_stale` for the problem, only when stale.
    pub async fn commit_or(
        self,
        cx: &Context<'_>,
        answer: Response,
        on_stale: impl Future<Output = Problem>,
    ) -> Result<Response, Problem> {
        match self.attempt(cx, answer).await {
            Err(DatabaseError::Stale) => Err(on_stale.await),
            outcome => Ok(outcome?),
        }
    }

    /// As [`Self::commit`], for callers that retry when stale, or whose writes are never stale.
    pub async fn attempt(
        self,
        cx: &Context<'_>,
        answer: Response,
    ) -> Result<Response, DatabaseError> {
        let (config, platform) = (&cx.state.config, &cx.state.platform);
        let mut writes: Vec<Statement> = cx.standing().into_iter().chain(self.writes).collect();
        let place = writes.len();
        writes.extend(self.events.iter().map(Event::insert));
        if let Some(reservation) = &cx.reservation {
            writes.extend(reservation.complete(config, platform, &answer)?);
        }
        let committed = cx.state.audit.commit(platform, writes, &self.entries).await;
        let changes = committed.inspect_err(|error| forget_caller(cx, error))?;
        if let Some(reservation) = &cx.reservation {
            reservation.set_kept();
        }
        for (event, written) in self.events.iter().zip(&changes[place..]) {
            if *written > 0 {
                event.wake(platform);
            }
        }
        Ok(answer)
    }

    /// Commits side effects that do not depend on the caller's standing, such as counts of failed attempts.
    pub async fn commit_aside(self, cx: &Context<'_>) -> Result<(), DatabaseError> {
        let (chain, platform) = (&cx.state.audit, &cx.state.platform);
        chain.commit(platform, self.writes, &self.entries).await?;
        Ok(())
    }
}

/// For [`Tx::commit_or`]: the problem that `check` finds, or `otherwise`.
pub async fn why_stale(
    check: impl Future<Output = Result<(), Problem>>,
    otherwise: Problem,
) -> Problem {
    check.await.err().unwrap_or(otherwise)
}

/// Drops the caller's cached credentials, so that the next request looks them up.
fn forget_caller(cx: &Context<'_>, error: &DatabaseError) {
    if let (DatabaseError::Ended(_), Some(caller)) = (error, &cx.caller) {
        cx.state.verifier.forget_user(&caller.user_id);
    }
}
