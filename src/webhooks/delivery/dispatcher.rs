//! Runs attempts concurrently, up to the runtime's limit of connections.
//! The endpoint with the fewest running attempts is next; one that backs off gets no more attempts.
//! Results are written while other attempts run, jobs that cannot start soon are released, and slow
//! endpoints are reported at once. Which endpoint backs off is the caller's decision.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll};

use crate::ids::DeliveryId;
use crate::platform::{Clock, LocalFuture};

/// Connections of an invocation (Cloudflare Workers: six that wait for response headers).
const CONNECTIONS: usize = 6;
/// Results that are written without waiting for more.
const FLUSH_AT: usize = 100;
/// When no job could start for this long, all waiting jobs are released, in milliseconds.
const STUCK_AFTER_MS: i64 = 2_000;
/// An endpoint is slow once an attempt has run for this long, in milliseconds.
const SLOW_AFTER_MS: i64 = 1_000;
/// How often both are checked, in milliseconds.
const TICK_MS: u32 = 500;

pub struct Job<'a, R> {
    pub endpoint: usize,
    pub id: DeliveryId,
    pub begin_by: i64,
    /// Starts it. Called when it has a connection.
    pub begin: Box<dyn FnOnce() -> LocalFuture<'a, R> + 'a>,
}

pub struct Progress<'a, R> {
    pub done: Vec<R>,
    /// Jobs that are not started here.
    pub unattempted: Vec<Job<'a, R>>,
    pub slow: Vec<usize>,
}

impl<R> Default for Progress<'_, R> {
    fn default() -> Self {
        Self {
            done: Vec::new(),
            unattempted: Vec::new(),
            slow: Vec::new(),
        }
    }
}

impl<R> Progress<'_, R> {
    const fn is_empty(&self) -> bool {
        self.done.is_empty() && self.unattempted.is_empty() && self.slow.is_empty()
    }
}

struct Running<'a, R> {
    endpoint: usize,
    /// In milliseconds since 1970; `None` once it has been reported as slow.
    begun_ms: Option<i64>,
    work: LocalFuture<'a, R>,
}

struct Dispatcher<'a, R> {
    waiting: VecDeque<Job<'a, R>>,
    running: Vec<Running<'a, R>>,
    /// Running attempts by endpoint.
    busy: Vec<usize>,
    progress: Progress<'a, R>,
    /// Whether an endpoint has just backed off: its jobs are released without delay.
    flush_now: bool,
    last_begun_ms: i64,
}

impl<'a, R> Dispatcher<'a, R> {
    /// Gives free connections to the jobs whose endpoint has the fewest running, so that each gets one.
    fn start_jobs(&mut self, now_ms: i64, allowed: &impl Fn(usize) -> usize) {
        while self.running.len() < CONNECTIONS {
            let next = self.next(allowed);
            let Some(job) = next.and_then(|place| self.waiting.remove(place)) else {
                return;
            };
            self.busy[job.endpoint] += 1;
            self.running.push(Running {
                endpoint: job.endpoint,
                begun_ms: Some(now_ms),
                work: (job.begin)(),
            });
            self.last_begun_ms = now_ms;
        }
    }

    /// The index of the job to start next.
    fn next(&self, allowed: &impl Fn(usize) -> usize) -> Option<usize> {
        let mut found = None;
        for (place, job) in self.waiting.iter().enumerate() {
            let busy = self.busy[job.endpoint];
            if found.is_none_or(|(least, _)| busy < least) && busy < allowed(job.endpoint) {
                found = Some((busy, place));
                if busy == 0 {
                    break;
                }
            }
        }
        found.map(|(_, place)| place)
    }

    /// Releases jobs past their latest start, or all jobs when none could start for long.
    fn release_late(&mut self, now_ms: i64) {
        let is_stuck = now_ms - self.last_begun_ms > STUCK_AFTER_MS;
        while let Some(job) = self
            .waiting
            .pop_front_if(|job| is_stuck || job.begin_by < now_ms)
        {
            self.progress.unattempted.push(job);
        }
    }

    /// Reports the endpoints of attempts that have run for long, once for each attempt.
    fn report_slow(&mut self, now_ms: i64) {
        for running in &mut self.running {
            let is_slow = |begun_ms: &mut i64| now_ms - *begun_ms >= SLOW_AFTER_MS;
            if running.begun_ms.take_if(is_slow).is_some()
                && !self.progress.slow.contains(&running.endpoint)
            {
                self.progress.slow.push(running.endpoint);
            }
        }
    }

    /// Whether the next tick of the clock may change something.
    fn is_timed(&self) -> bool {
        !self.waiting.is_empty() || self.running.iter().any(|each| each.begun_ms.is_some())
    }

    /// What is to be written now, if it is enough.
    fn take_progress(&mut self) -> Option<Progress<'a, R>> {
        let progress = &self.progress;
        let flush = self.flush_now
            || self.waiting.is_empty()
            || progress.done.len() >= FLUSH_AT
            || !progress.slow.is_empty();
        if progress.is_empty() || !flush {
            return None;
        }
        self.flush_now = false;
        Some(std::mem::take(&mut self.progress))
    }

    /// Moves results to `done`, and jobs of endpoints that back off to `unattempted`; whether a job ended.
    fn collect(&mut self, cx: &mut Context<'_>, allowed: &impl Fn(usize) -> usize) -> bool {
        let before = self.progress.done.len();
        let mut stopped = Vec::new();
        self.running.retain_mut(|running| {
            let Poll::Ready(result) = running.work.as_mut().poll(cx) else {
                return true;
            };
            self.progress.done.push(result);
            self.busy[running.endpoint] -= 1;
            if allowed(running.endpoint) == 0 {
                stopped.push(running.endpoint);
            }
            false
        });
        if !stopped.is_empty() {
            let (stopped, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
                .into_iter()
                .partition(|job| stopped.contains(&job.endpoint));
            self.waiting = waiting.into();
            self.progress.unattempted.extend(stopped);
            self.flush_now = true;
        }
        self.progress.done.len() > before
    }
}

/// Runs `jobs`, the ones with the earliest latest start first. `write` gets the results in batches.
/// `allowed` gives how many attempts at an endpoint may run at once: 0 once it backs off. `all_begun`
/// is called once, when no job waits any more and the released ones are written.
pub async fn run<'a, R: 'a>(
    mut jobs: Vec<Job<'a, R>>,
    clock: &'a dyn Clock,
    allowed: impl Fn(usize) -> usize,
    write: impl Fn(Progress<'a, R>) -> LocalFuture<'a, ()>,
    all_begun: impl FnOnce(),
) {
    jobs.sort_by_key(|job| job.begin_by);
    let endpoints = jobs.iter().map(|job| job.endpoint + 1).max();
    let mut dispatcher = Dispatcher {
        waiting: jobs.into(),
        running: Vec::new(),
        busy: vec![0; endpoints.unwrap_or(0)],
        progress: Progress::default(),
        flush_now: false,
        last_begun_ms: clock.now_ms(),
    };
    let mut all_begun = Some(all_begun);
    let mut writing: Option<LocalFuture<'a, ()>> = None;
    let mut is_releasing = false;
    let mut tick = clock.sleep(TICK_MS);
    loop {
        let now_ms = clock.now_ms();
        dispatcher.release_late(now_ms);
        dispatcher.start_jobs(now_ms, &allowed);
        dispatcher.report_slow(now_ms);
        if writing.is_none() {
            let progress = dispatcher.take_progress();
            is_releasing = progress
                .as_ref()
                .is_some_and(|it| !it.unattempted.is_empty());
            writing = progress.map(&write);
        }
        if dispatcher.waiting.is_empty()
            && dispatcher.progress.unattempted.is_empty()
            && !is_releasing
            && let Some(tell) = all_begun.take()
        {
            tell();
        }
        if dispatcher.running.is_empty() && writing.is_none() && dispatcher.waiting.is_empty() {
            return;
        }
        poll_fn(|cx| {
            let mut is_ready = dispatcher.collect(cx, &allowed);
            if let Some(future) = &mut writing
                && future.as_mut().poll(cx).is_ready()
            {
                writing = None;
                is_ready = true;
            }
            if dispatcher.is_timed() && tick.as_mut().poll(cx).is_ready() {
                tick = clock.sleep(TICK_MS);
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{pending, ready};
    use std::pin::pin;
    use std::rc::Rc;
    use std::task::{Context, Waker};

    use super::*;
    use crate::platform::native::TestPlatform;

    #[test]
    fn slow_endpoints_leave_a_connection_to_those_that_answer() {
        let (platform, _) = TestPlatform::new();
        let answered = Rc::new(Cell::new(0));
        let job = |endpoint: usize| {
            let answered = Rc::clone(&answered);
            Job {
                endpoint,
                id: DeliveryId::fresh(&platform),
                begin_by: i64::MAX,
                begin: Box::new(move || {
                    if endpoint < 2 {
                        return Box::pin(pending()) as LocalFuture<'_, ()>;
                    }
                    answered.set(answered.get() + 1);
                    Box::pin(ready(()))
                }),
            }
        };
        let jobs = (0..20).flat_map(|_| [0, 1, 2]).map(job).collect();
        let write = |_: Progress<'_, ()>| Box::pin(ready(())) as LocalFuture<'_, ()>;
        let mut dispatcher = pin!(run(jobs, platform.clock.as_ref(), |_| 3, write, || ()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(dispatcher.as_mut().poll(&mut context).is_pending());
        assert_eq!(answered.get(), 20);
    }
}
