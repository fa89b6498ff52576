//! What `entry.mjs` calls: the functions that the Wasm exports.
//! Knows the App; nobody knows it.

mod boundary;

use wasm_bindgen::prelude::*;

use crate::http::request::{Header, MAX_BODY};
use crate::limits::object;

/// What the object of a limit decides, a line each: its answer, what it has to keep, and when
/// that is worth nothing any more (milliseconds since 1970).
#[wasm_bindgen(js_name = decideLimit)]
pub fn decide_limit(state: &str, ask: &str, now_ms: f64) -> Option<String> {
    let decision = object::decide(state, ask, boundary::whole(now_ms))?;
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
