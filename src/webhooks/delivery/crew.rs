//! Runs attempts side by side, as many as the runtime has connections for.
//! Promises that an endpoint with nothing under way is next, that nothing more begins at one that is
//! to be left alone, that results are written while other attempts are still under way, and that what
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
    /// Gives free connections to those jobs whose endpoint has the fewest, the first of them first: so
    /// what hangs never takes the place of an endpoint that has something to begin and nothing under way.
    fn begin_some(&mut self, now_ms: i64, allowed: &impl Fn(usize) -> usize) {
        while self.running.len() < CONNECTIONS {
            let next = self.next(allowed);
            let Some(job) = next.and_then(|place| self.waiting.remove(place)) else {
                return;
            };
            self.busy[job.endpoint] += 1;
            self.running.push((job.endpoint, (job.begin)()));
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
        let write = |_| Box::pin(ready(())) as LocalFuture<'_, ()>;
        let mut crew = pin!(run(jobs, platform.clock.as_ref(), |_| 3, write));
        let mut context = Context::from_waker(Waker::noop());
        assert!(crew.as_mut().poll(&mut context).is_pending());
        assert_eq!(answered.get(), 20);
    }
}
