//! WvW Builder: builds and squads for Guild Wars 2 World vs World, served at the edge.
//! Promises that the same `App` runs on Cloudflare Workers and in tests.
//! Leaves everything to its rooms; `docs/ARCHITECTURE.md` is the map.

pub mod app;
pub mod builds;
pub mod config;
pub mod context;
pub mod docs;
#[cfg(feature = "fault-injection")]
pub mod faults;
pub mod game;
pub mod health;
pub mod http;
pub mod identity;
pub mod ids;
pub mod platform;
pub mod routes;
pub mod secret;
pub mod telemetry;

#[cfg(target_arch = "wasm32")]
mod entry {
    use wasm_bindgen::prelude::*;

    use crate::platform::cloudflare::boundary;

    /// Answers a request: a `Response` at once where no I/O is needed, a promise of one otherwise.
    /// `head` is what `entry.mjs` writes: method, URL and the values of `header_names()`, a line each.
    #[wasm_bindgen]
    pub fn fetch(head: &str, body: Option<Vec<u8>>, env: JsValue) -> JsValue {
        boundary::fetch(head, body, env)
    }

    /// The answer to a request whose handling has thrown.
    #[wasm_bindgen(js_name = answerPanic)]
    pub fn answer_panic(head: &str, cause: &str, env: JsValue) -> JsValue {
        boundary::answer_panic(head, cause, env)
    }

    /// The request headers that someone reads, separated by commas.
    #[wasm_bindgen(js_name = headerNames)]
    pub fn header_names() -> String {
        boundary::header_names()
    }

    /// Bytes a body may have.
    #[wasm_bindgen(js_name = maxBody)]
    pub fn max_body() -> usize {
        crate::http::request::MAX_BODY
    }
}
