//! What `entry.mjs` calls: the functions that the Wasm exports.
//! Knows the App; nobody knows it.

mod boundary;

use wasm_bindgen::prelude::*;

use crate::http::request::{Header, MAX_BODY};
use crate::limits::object;
use crate::platform::cloudflare::task;

/// Takes `env` and the callbacks of `entry.mjs`; called once, before anything else.
#[wasm_bindgen]
pub fn start(host: &JsValue) {
    boundary::start(host);
}

/// Answers a request: a `Response` (or a promise of one), or the number of the task that is to
/// be resumed. `head` is what `entry.mjs` writes: method, URL and a line for each header;
/// `credential` is the number of a kept value of `Authorization`, or 0; `fault` is 1 for a body
/// that is too large, 2 for one that did not arrive whole, or 0.
#[wasm_bindgen]
pub fn fetch(head: &str, credential: u32, body: Option<Vec<u8>>, fault: u32) -> JsValue {
    boundary::fetch(head, credential, body, fault)
}

/// Keeps a value of `Authorization` under a number.
#[wasm_bindgen(js_name = keepCredential)]
pub fn keep_credential(number: u32, text: String) {
    boundary::keep_credential(number, text);
}

/// Forgets all of them.
#[wasm_bindgen(js_name = forgetCredentials)]
pub fn forget_credentials() {
    boundary::forget_credentials();
}

/// Goes on with a task that waited for a promise; answers as `fetch`, or with undefined when
/// there is no such task. The promise is numbered `reply`; 0 is none of ours.
#[wasm_bindgen]
pub fn resume(task: u32, reply: u32, is_fulfilled: bool, value: JsValue) -> JsValue {
    task::resume(task, reply, is_fulfilled, value)
}

/// Does what a cron trigger is for: null when it is done, or the number of the task that is to be
/// resumed. `scheduled_ms` is when it was to fire, in milliseconds since 1970.
#[wasm_bindgen]
pub fn tick(cron: String, scheduled_ms: f64) -> JsValue {
    boundary::tick(cron, scheduled_ms)
}

/// Works on a batch of the queue of this name: null when it is done, or the number of the task
/// that is to be resumed. What becomes of the messages is said by `settleBatch`.
#[wasm_bindgen]
pub fn consume(queue: String, bodies: Vec<String>) -> JsValue {
    boundary::consume(queue, bodies)
}

/// The answer to a request whose handling has thrown.
#[wasm_bindgen(js_name = answerPanic)]
pub fn answer_panic(head: &str, cause: &str) -> JsValue {
    boundary::answer_panic(head, cause)
}

/// What the object of a limit decides, a line each: its answer, what it has to keep, and when
/// that is worth nothing any more (milliseconds since 1970).
#[wasm_bindgen(js_name = decideLimit)]
pub fn decide_limit(state: &str, ask: &str, now_ms: f64) -> Option<String> {
    let decision = object::decide(state, ask, whole(now_ms))?;
    let forget_at = decision.forget_at_ms.to_string();
    Some([decision.answer, decision.state, forget_at].join("\n"))
}

/// When a stored state is worth nothing any more, in milliseconds since 1970.
#[wasm_bindgen(js_name = limitForgottenAt)]
pub fn limit_forgotten_at(state: &str) -> f64 {
    // Exact below 2^53.
    #[allow(clippy::cast_precision_loss)]
    let at = object::forgotten_at_ms(state) as f64;
    at
}

/// Milliseconds as JavaScript gives them.
fn whole(ms: f64) -> i64 {
    // Whole and below 2^53.
    #[allow(clippy::cast_possible_truncation)]
    let ms = ms as i64;
    ms
}

/// The request headers that someone reads, separated by commas.
#[wasm_bindgen(js_name = headerNames)]
pub fn header_names() -> String {
    Header::NAMES.join(",")
}

/// How many of them a GET has a use for; they come first.
#[wasm_bindgen(js_name = readHeaderCount)]
pub fn read_header_count() -> usize {
    Header::FOR_READING
}

/// Bytes a body may have.
#[wasm_bindgen(js_name = maxBody)]
pub fn max_body() -> usize {
    MAX_BODY
}
