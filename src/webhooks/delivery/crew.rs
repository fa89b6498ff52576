//! Runs attempts side by side, as many as the runtime has connections for.
//! Promises that an endpoint with nothing under way is next, that nothing more begins at one that is
//! to be left alone, that results are written while other attempts are still under way, that what
//! cannot begin soon is handed on, and that whoever lets us wait is named at once. Leaves who is left
//! alone to its caller.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll};

use crate::ids::DeliveryId;
use crate::platform::{Clock, LocalFuture};

/// Connections that an invocation has (Cloudflare Workers: six that wait for an answer).
const CONNECTIONS: usize = 6;
/// Results that are enough to be written.
const WORTH_WRITING: usize = 100;
/// When nothing could begin for so long, what waits is handed on, in milliseconds.
const HAND_ON_MS: i64 = 2_000;
/// An endpoint hangs when an attempt has been under way for so long, in milliseconds.
const HANGS_MS: i64 = 1_000;
/// How often both are looked at, in milliseconds.
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

/// What is to be written down.
pub struct Progress<'a, R> {
    /// Results.
    pub done: Vec<R>,
    /// Jobs that are not begun here.
    pub left: Vec<Job<'a, R>>,
    /// Endpoints that let us wait.
    pub hanging: Vec<usize>,
}

impl<R> Progress<'_, R> {
    const fn new() -> Self {
        Self {
            done: Vec::new(),
            left: Vec::new(),
            hanging: Vec::new(),
        }
    }

    const fn is_empty(&self) -> bool {
        self.done.is_empty() && self.left.is_empty() && self.hanging.is_empty()
    }
}

/// A job that is under way.
struct Running<'a, R> {
    endpoint: usize,
    /// In milliseconds since 1970; `None` once it has been named as hanging.
    begun_ms: Option<i64>,
    work: LocalFuture<'a, R>,
}

struct Crew<'a, R> {
    waiting: VecDeque<Job<'a, R>>,
    running: Vec<Running<'a, R>>,
    /// Attempts under way, by endpoint.
    busy: Vec<usize>,
    progress: Progress<'a, R>,
    /// Whether an endpoint was just left alone: others are to know soon.
    is_urgent: bool,
    last_begun_ms: i64,
}

impl<'a, R> Crew<'a, R> {
    /// Gives free connections to those jobs whose endpoint has the fewest, the first of them first: so
    /// what hangs never takes the place of an endpoint that has something to begin and nothing under way.
    fn begin_some(&mut self, now_ms: i64, allowed: &impl Fn(usize) -> usize) {
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

    /// The place of the job that is to begin next.
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

    /// Leaves what is too late, or everything when nothing could begin for long.
    fn leave_late_ones(&mut self, now_ms: i64) {
        let is_stuck = now_ms - self.last_begun_ms > HAND_ON_MS;
        while let Some(job) = self
            .waiting
            .pop_front_if(|job| is_stuck || job.begin_by < now_ms)
        {
            self.progress.left.push(job);
        }
    }

    /// Names the endpoints of attempts that have been under way for long, once for each attempt.
    fn name_hanging_ones(&mut self, now_ms: i64) {
        for running in &mut self.running {
            let hangs = |begun_ms: &mut i64| now_ms - *begun_ms >= HANGS_MS;
            if running.begun_ms.take_if(hangs).is_some()
                && !self.progress.hanging.contains(&running.endpoint)
            {
                self.progress.hanging.push(running.endpoint);
            }
        }
    }

    /// Whether there is something that a look at the clock may change.
    fn is_timed(&self) -> bool {
        !self.waiting.is_empty() || self.running.iter().any(|each| each.begun_ms.is_some())
    }

    /// What is to be written now, if it is worth it.
    fn take_progress(&mut self) -> Option<Progress<'a, R>> {
        let progress = &self.progress;
        let is_worth_it = self.is_urgent
            || self.waiting.is_empty()
            || progress.done.len() >= WORTH_WRITING
            || !progress.hanging.is_empty();
        if progress.is_empty() || !is_worth_it {
            return None;
        }
        self.is_urgent = false;
        Some(std::mem::replace(&mut self.progress, Progress::new()))
    }

    /// Moves what is over to `done`, and what waits for an endpoint that is allowed nothing any more
    /// to `left`; says whether anything was over.
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
            self.progress.left.extend(stopped);
            self.is_urgent = true;
        }
        self.progress.done.len() > before
    }
}

/// Does `jobs`, those first that have to begin soonest; `write` gets what has come of them, in
/// portions. `allowed` says how many of an endpoint's may be under way at once: none any more, once it
/// is to be left alone. `all_begun` is called once, when no job waits any more and what was left is
/// written: what is then under way ends without anybody's help.
pub async fn run<'a, R: 'a>(
    mut jobs: Vec<Job<'a, R>>,
    clock: &'a dyn Clock,
    allowed: impl Fn(usize) -> usize,
    write: impl Fn(Progress<'a, R>) -> LocalFuture<'a, ()>,
    all_begun: impl FnOnce(),
) {
    jobs.sort_by_key(|job| job.begin_by);
    let endpoints = jobs.iter().map(|job| job.endpoint + 1).max();
    let mut crew = Crew {
        waiting: jobs.into(),
        running: Vec::new(),
        busy: vec![0; endpoints.unwrap_or(0)],
        progress: Progress::new(),
        is_urgent: false,
        last_begun_ms: clock.now_ms(),
    };
    let mut all_begun = Some(all_begun);
    let mut writing: Option<LocalFuture<'a, ()>> = None;
    let mut is_handing_on = false;
    let mut look = clock.sleep(LOOK_MS);
    loop {
        let now_ms = clock.now_ms();
        crew.leave_late_ones(now_ms);
        crew.begin_some(now_ms, &allowed);
        crew.name_hanging_ones(now_ms);
        if writing.is_none() {
            let progress = crew.take_progress();
            is_handing_on = progress.as_ref().is_some_and(|it| !it.left.is_empty());
            writing = progress.map(&write);
        }
        if crew.waiting.is_empty()
            && crew.progress.left.is_empty()
            && !is_handing_on
            && let Some(tell) = all_begun.take()
        {
            tell();
        }
        if crew.running.is_empty() && writing.is_none() && crew.waiting.is_empty() {
            return;
        }
        poll_fn(|cx| {
            let mut is_ready = crew.collect(cx, &allowed);
            if let Some(future) = &mut writing
                && future.as_mut().poll(cx).is_ready()
            {
                writing = None;
                is_ready = true;
            }
            if crew.is_timed() && look.as_mut().poll(cx).is_ready() {
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
    fn endpoints_that_hang_leave_a_connection_to_those_that_answer() {
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
        let mut crew = pin!(run(jobs, platform.clock.as_ref(), |_| 3, write, || ()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(crew.as_mut().poll(&mut context).is_pending());
        assert_eq!(answered.get(), 20);
    }
}
