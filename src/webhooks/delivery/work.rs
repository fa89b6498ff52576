//! Makes the attempts of one invocation.
//! Promises that a target, and the standing of whoever made its endpoint, are checked before each
//! attempt, that nothing more is sent to an endpoint which has said enough, that no attempt begins
//! which could outlive its claim, and that what was claimed and not begun is given back. Leaves results to `record`, what one endpoint says to `course`.

use std::cell::{Cell, RefCell};

use crate::platform::{LocalFuture, Platform};
use crate::runtime::State;
use crate::telemetry::{self, hex};
use crate::webhooks::check_target;
use crate::webhooks::pace;
use crate::webhooks::resolver::{self, Unresolved};
use crate::webhooks::sending;

use super::claim_store::{self, Claimed, Left};
use super::course::Course;
use super::crew::{self, Job, Progress};
use super::endpoint::Endpoint;
use super::outcome::Attempt;
use super::record::{self, Done};
use super::store;

/// How long a claim holds, in milliseconds.
pub const CLAIM_MS: i64 = 60_000;
/// What an attempt may take, until its result is written, in milliseconds.
const ATTEMPT_MS: i64 = 25_000;

/// An endpoint that lets us wait gets nothing more for so long, or until it has answered, in
/// milliseconds.
const HANG_MS: i64 = 5_000;

/// A random token that tells one claim from another.
pub fn fresh_claim(platform: &Platform) -> String {
    hex(&platform.random_bytes::<16>())
}

/// Why this URL must not be called now. Names may lead elsewhere than when they were taken.
pub async fn refusal(state: &State, url: &str) -> Option<&'static str> {
    let Ok(target) = check_target(&state.config, url) else {
        return Some("target_refused");
    };
    let (resolver, name) = (state.config.webhooks.resolver.as_deref()?, target.name()?);
    match resolver::check(&state.platform, resolver, name).await {
        Ok(()) => None,
        Err(Unresolved::Refused) => Some("target_refused"),
        Err(Unresolved::NoAddress) => Some("name_not_found"),
        Err(Unresolved::Unavailable) => Some("resolver_unavailable"),
    }
}

/// A delivery on its way to its attempt.
struct Task {
    /// Its endpoint's place.
    endpoint: usize,
    /// Nothing is sent later than this, in milliseconds since 1970.
    begin_by: i64,
    claimed: Claimed,
}

/// What is found out beside the attempts.
#[derive(Default)]
struct Aside {
    /// What was begun and then not sent.
    left: RefCell<Vec<Left>>,
    /// The places of endpoints that have hung.
    hung: RefCell<Vec<usize>>,
    /// Whether anything was waited for since the claim: what that has found may be true no more.
    has_waited: Cell<bool>,
}

/// Attempts what `claim` holds of `endpoints` since `claimed_at`, each with its endpoint's place.
/// `all_begun` is called when nothing waits here any more: what is under way is over within the time
/// that an attempt may take. Gives those that have hung.
pub async fn run(
    state: &State,
    endpoints: &[Endpoint],
    claimed: Vec<(usize, Claimed)>,
    claim: &str,
    claimed_at: i64,
    all_begun: impl FnOnce(),
) -> Vec<usize> {
    let platform = &state.platform;
    let courses: Vec<Course<'_>> = endpoints.iter().map(Course::new).collect();
    let aside = Aside::default();
    let mut given_up = Vec::new();
    let mut jobs = Vec::new();
    for (endpoint, claimed) in claimed {
        if let Some(reason) = claimed.given_up {
            given_up.push(Done {
                endpoint,
                id: claimed.id,
                step: claimed.step,
                attempt: Err(reason),
            });
            continue;
        }
        let begin_by = match endpoints[endpoint].rate_limit {
            Some(_) => claimed_at + pace::MAX_LATE_MS,
            None => claimed_at + CLAIM_MS - ATTEMPT_MS,
        };
        let id = claimed.id.clone();
        let task = Task {
            endpoint,
            begin_by,
            claimed,
        };
        let (course, aside) = (&courses[endpoint], &aside);
        jobs.push(Job {
            endpoint,
            id,
            begin_by,
            begin: Box::new(move || {
                Box::pin(attempt(state, course, aside, task)) as LocalFuture<'_, Option<Done>>
            }),
        });
    }
    if !given_up.is_empty() {
        aside.has_waited.set(true);
        record::write(state, endpoints, claim, given_up).await;
    }
    let write = |progress| {
        let progress = write_down(state, endpoints, &courses, claim, &aside, progress);
        Box::pin(progress) as LocalFuture<'_, ()>
    };
    let allowed = |endpoint: usize| courses[endpoint].allowed(state);
    crew::run(jobs, platform.clock.as_ref(), allowed, write, all_begun).await;
    aside.hung.into_inner()
}

/// Writes results, gives back what is not begun here, and moves who hangs out of the others' way.
async fn write_down(
    state: &State,
    endpoints: &[Endpoint],
    courses: &[Course<'_>],
    claim: &str,
    aside: &Aside,
    progress: Progress<'_, Option<Done>>,
) {
    let platform = &state.platform;
    let now = platform.clock.now_ms();
    note_hanging(platform, &progress.hanging, endpoints).await;
    aside.hung.borrow_mut().extend(progress.hanging);
    record::write(
        state,
        endpoints,
        claim,
        progress.done.into_iter().flatten().collect(),
    )
    .await;
    let mut left = aside.left.take();
    left.extend(progress.left.into_iter().map(|job| Left {
        endpoint: job.endpoint,
        id: job.id,
        due: courses[job.endpoint].left_alone_until().unwrap_or(now),
    }));
    hand_on(platform, endpoints, &left, claim).await;
}

/// Moves endpoints out of the others' way, and wakes them when they are called again.
async fn note_hanging(platform: &Platform, hanging: &[usize], endpoints: &[Endpoint]) {
    if hanging.is_empty() {
        return;
    }
    let now = platform.clock.now_ms();
    let until = now + HANG_MS;
    let ids = || hanging.iter().map(|place| &endpoints[*place].id);
    let mut writes: Vec<_> = ids().map(|id| store::arm(id, until, now)).collect();
    writes.push(store::hang(ids(), until));
    match record::commit(platform, &writes).await {
        Ok(changes) => {
            for (id, _) in ids().zip(changes).filter(|(_, armed)| *armed > 0) {
                record::wake(platform, id, until, now);
            }
        }
        Err(error) => telemetry::warn(platform, "webhook_hang_not_noted", error),
    }
}

/// Gives back what was claimed and not attempted, and wakes those who take it on.
pub async fn hand_on(platform: &Platform, endpoints: &[Endpoint], left: &[Left], claim: &str) {
    if left.is_empty() {
        return;
    }
    let now = platform.clock.now_ms();
    let mut dues: Vec<Option<i64>> = vec![None; endpoints.len()];
    for each in left {
        let first = dues[each.endpoint].map_or(each.due, |due| due.min(each.due));
        dues[each.endpoint] = Some(first);
    }
    let wakes: Vec<_> = endpoints
        .iter()
        .zip(dues)
        .filter_map(|(endpoint, due)| Some((&endpoint.id, due?)))
        .collect();
    let mut writes = claim_store::give_back(left, claim);
    let place = writes.len();
    writes.extend(wakes.iter().map(|(id, due)| store::arm(id, *due, now)));
    // What cannot be given back is free again when its claim lapses.
    if let Ok(changes) = record::commit(platform, &writes).await {
        for ((id, due), armed) in wakes.into_iter().zip(&changes[place..]) {
            if *armed > 0 {
                record::wake(platform, id, due, now);
            }
        }
    }
}

/// Makes the attempt; `None` when its endpoint is to be left alone after all, or it has become late.
async fn attempt(state: &State, course: &Course<'_>, aside: &Aside, task: Task) -> Option<Done> {
    let platform = &state.platform;
    let (refusal, has_waited) = course.refusal(state).await;
    if has_waited || aside.has_waited.get() {
        aside.has_waited.set(true);
        course.ask_standing(state).await;
    }
    let at = platform.clock.now_ms();
    let until = course.left_alone_until();
    let Task {
        endpoint, claimed, ..
    } = task;
    if until.is_some() || at > task.begin_by {
        aside.left.borrow_mut().push(Left {
            endpoint,
            id: claimed.id,
            due: until.unwrap_or(at),
        });
        return None;
    }
    let attempt = match course.opened(state) {
        None => Attempt::refused("secret_unreadable", at),
        Some(opened) => {
            if let Some(refusal) = refusal {
                Attempt::refused(refusal, at)
            } else {
                let request = sending::request(
                    course.url(),
                    &opened.secrets,
                    &opened.headers,
                    claimed.event.as_str(),
                    &claimed.traceparent,
                    claimed.payload,
                    at,
                );
                let exchange = platform.http.send(request).await;
                aside.has_waited.set(true);
                Attempt::of(exchange, at, platform.clock.now_ms())
            }
        }
    };
    course.note(&attempt, platform.clock.now_ms());
    Some(Done {
        endpoint,
        id: claimed.id,
        step: claimed.step,
        attempt: Ok(attempt),
    })
}
