//! Runs attempts side by side, as many as the runtime has connections for.
//! Promises that one endpoint never holds them all, that nothing more begins at one that is to be
//! left alone, that results are written while other attempts are still under way, and that what
//! cannot begin soon is handed on. Leaves who is left alone to its caller.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;

use crate::ids::DeliveryId;
use crate::platform::{Clock, LocalFuture};

/// Connections that an invocation has (Cloudflare Workers: six that wait for an answer).
const CONNECTIONS: usize = 6;
/// Results that are enough to be written.
const WORTH_WRITING: usize = 100;
/// When nothing could begin for so long, what waits is handed on, in milliseconds.
const HAND_ON_MS: i64 = 2_000;
/// How often that is looked at, in milliseconds.
const LOOK_MS: u32 = 500;

/// A piece of work.
pub struct Job<'a, R> {
    /// Which endpoint it is for.
    pub endpoint: usize,
    /// The delivery.
    pub id: DeliveryId,
    /// It does not begin later than this, in milliseconds since 1970.
    pub begin_by: i64,
    /// Begins it. Called when it has a connection.
    pub begin: Box<dyn FnOnce() -> LocalFuture<'a, R> + 'a>,
}

struct Crew<'a, R> {
    waiting: VecDeque<Job<'a, R>>,
    running: Vec<(usize, LocalFuture<'a, R>)>,
    /// Attempts under way, by endpoint.
    busy: Vec<usize>,
    done: Vec<R>,
    /// Whether an endpoint was just left alone: others are to know soon.
    is_urgent: bool,
    last_begun_ms: i64,
}

impl<'a, R> Crew<'a, R> {
    /// Gives free connections to the first jobs whose endpoint has not too many.
    fn begin_some(&mut self, now_ms: i64, allowed: &impl Fn(usize) -> usize) {
        let mut place = 0;
        while self.running.len() < CONNECTIONS {
            let Some(job) = self.waiting.get(place) else {
                return;
            };
            let endpoint = job.endpoint;
            if self.busy[endpoint] >= allowed(endpoint) {
                place += 1;
                continue;
            }
            self.busy[endpoint] += 1;
            if let Some(job) = self.waiting.remove(place) {
                self.running.push((endpoint, (job.begin)()));
            }
            self.last_begun_ms = now_ms;
        }
    }

    /// Moves what is over to `done`, and what waits for an endpoint that is allowed nothing any more
    /// to `left`; says whether anything was over.
    fn collect(
        &mut self,
        cx: &mut std::task::Context<'_>,
        allowed: &impl Fn(usize) -> usize,
        left: &mut Vec<Job<'a, R>>,
    ) -> bool {
        let before = self.done.len();
        let mut stopped = Vec::new();
        self.running.retain_mut(|(endpoint, work)| {
            let Poll::Ready(result) = work.as_mut().poll(cx) else {
                return true;
            };
            self.done.push(result);
            self.busy[*endpoint] -= 1;
            if allowed(*endpoint) == 0 {
                stopped.push(*endpoint);
            }
            false
        });
        if !stopped.is_empty() {
            let (stopped, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
                .into_iter()
                .partition(|job| stopped.contains(&job.endpoint));
            self.waiting = waiting.into();
            left.extend(stopped);
            self.is_urgent = true;
        }
        self.done.len() > before
    }
}

/// Does `jobs`, those first that have to begin soonest; `write` gets the results, in portions.
/// `allowed` says how many of an endpoint's may be under way at once: none any more, once it is to be
/// left alone. Gives the jobs that were not begun.
pub async fn run<'a, R: 'a>(
    mut jobs: Vec<Job<'a, R>>,
    clock: &'a dyn Clock,
    allowed: impl Fn(usize) -> usize,
    write: impl Fn(Vec<R>) -> LocalFuture<'a, ()>,
) -> Vec<Job<'a, R>> {
    jobs.sort_by_key(|job| job.begin_by);
    let endpoints = jobs.iter().map(|job| job.endpoint + 1).max();
    let mut crew = Crew {
        waiting: jobs.into(),
        running: Vec::new(),
        busy: vec![0; endpoints.unwrap_or(0)],
        done: Vec::new(),
        is_urgent: false,
        last_begun_ms: clock.now_ms(),
    };
    let mut writing: Option<LocalFuture<'a, ()>> = None;
    let mut look = clock.sleep(LOOK_MS);
    let mut left = Vec::new();
    loop {
        let now_ms = clock.now_ms();
        let is_stuck = now_ms - crew.last_begun_ms > HAND_ON_MS;
        while let Some(job) = crew
            .waiting
            .pop_front_if(|job| is_stuck || job.begin_by < now_ms)
        {
            left.push(job);
        }
        crew.begin_some(now_ms, &allowed);
        let is_worth_it =
            crew.is_urgent || crew.done.len() >= WORTH_WRITING || crew.waiting.is_empty();
        if writing.is_none() && is_worth_it && !crew.done.is_empty() {
            crew.is_urgent = false;
            writing = Some(write(std::mem::take(&mut crew.done)));
        }
        if crew.running.is_empty() && writing.is_none() && crew.waiting.is_empty() {
            return left;
        }
        poll_fn(|cx| {
            let mut is_ready = crew.collect(cx, &allowed, &mut left);
            if let Some(future) = &mut writing
                && future.as_mut().poll(cx).is_ready()
            {
                writing = None;
                is_ready = true;
            }
            if !crew.waiting.is_empty() && look.as_mut().poll(cx).is_ready() {
                look = clock.sleep(LOOK_MS);
                is_ready = true;
            }
            if is_ready {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}
