//! Runs a request's future: polled at once, and again each time what it waits for has come. A request that
//! waits for nothing costs no promise; one that waits for D1 costs no closure and no extra turn of the
//! event loop.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::collections::btree_map::OccupiedEntry;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use wasm_bindgen::prelude::*;
use worker::js_sys::{Date, Promise};

use crate::LocalFuture;

/// A request that the client has left is never resumed; after this many milliseconds, longer than
/// any request may take, it is forgotten when another begins to wait.
const FORGET_AFTER_MS: f64 = 300_000.0;

#[wasm_bindgen(module = "/src/cloudflare/ports.mjs")]
extern "C" {
    /// Resumes the task with the promise's outcome.
    #[wasm_bindgen(js_name = whenSettled)]
    fn when_settled(promise: &Promise, reply: u32, task: u32);
    /// A number that was never given before, not even by a Wasm instance that this one replaced: what
    /// comes late for that one must not be taken for what this one waits for.
    #[wasm_bindgen(js_name = nextNumber)]
    fn next_number() -> u32;
    /// Resumes the task in a turn of its own.
    #[wasm_bindgen(js_name = resumeSoon)]
    fn resume_soon(task: u32);
}

/// What a promise came to.
type Outcome = Result<JsValue, JsValue>;

struct Waiting {
    task: LocalFuture<'static, JsValue>,
    since_ms: f64,
}

#[derive(Default)]
struct Running {
    /// Requests that wait, by number: a later one has a greater number.
    tasks: RefCell<BTreeMap<u32, Waiting>>,
    /// What they wait for; `None` until it has come.
    replies: RefCell<BTreeMap<u32, Option<Outcome>>>,
    /// The task that is being polled.
    current: Cell<u32>,
}

thread_local! {
    static RUNNING: Running = Running::default();
}

impl Running {
    fn poll(&self, id: u32, mut task: LocalFuture<'static, JsValue>) -> JsValue {
        let waker = Waker::from(Arc::new(Resume(id)));
        self.current.set(id);
        match task.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(response) => response,
            Poll::Pending => {
                let since_ms = Date::now();
                let mut tasks = self.tasks.borrow_mut();
                tasks.insert(id, Waiting { task, since_ms });
                let oldest = tasks
                    .first_entry()
                    .filter(|oldest| since_ms - oldest.get().since_ms > FORGET_AFTER_MS);
                let forgotten = oldest.map(OccupiedEntry::remove);
                // Dropping it removes its replies, which are not borrowed here.
                drop(tasks);
                drop(forgotten);
                id.into()
            }
        }
    }
}

/// Begins a request. Gives its response, or the number under which it waits.
pub fn begin(task: LocalFuture<'static, JsValue>) -> JsValue {
    RUNNING.with(|running| running.poll(next_number(), task))
}

/// The number of the task that is being polled.
pub fn current() -> u32 {
    RUNNING.with(|running| running.current.get())
}

/// Goes on with a request that waited for `reply`, which came to `value`; 0 is no reply. Gives its
/// response, its number when it still waits, or undefined when there is no such request any more.
pub fn resume(id: u32, reply: u32, is_fulfilled: bool, value: JsValue) -> JsValue {
    settle(reply, is_fulfilled, value);
    RUNNING.with(|running| {
        let waiting = running.tasks.borrow_mut().remove(&id);
        waiting.map_or(JsValue::UNDEFINED, |waiting| running.poll(id, waiting.task))
    })
}

/// Keeps what a promise came to for the [`Reply`] that waits for it.
fn settle(reply: u32, is_fulfilled: bool, value: JsValue) {
    RUNNING.with(|running| {
        if let Some(outcome) = running.replies.borrow_mut().get_mut(&reply) {
            *outcome = Some(if is_fulfilled { Ok(value) } else { Err(value) });
        }
    });
}

/// Wakes a task for futures that are not [`Reply`]s.
struct Resume(u32);

impl Wake for Resume {
    fn wake(self: Arc<Self>) {
        resume_soon(self.0);
    }
}

/// The outcome of a promise.
pub struct Reply(u32);

impl Reply {
    /// Waits for `promise` in the task that is being polled.
    pub fn of(promise: &Promise) -> Self {
        RUNNING.with(|running| {
            let id = next_number();
            running.replies.borrow_mut().insert(id, None);
            when_settled(promise, id, running.current.get());
            Self(id)
        })
    }
}

impl Future for Reply {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Outcome> {
        RUNNING.with(|running| {
            let mut replies = running.replies.borrow_mut();
            match replies.get_mut(&self.0).and_then(Option::take) {
                Some(outcome) => Poll::Ready(outcome),
                None => Poll::Pending,
            }
        })
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        RUNNING.with(|running| running.replies.borrow_mut().remove(&self.0));
    }
}
