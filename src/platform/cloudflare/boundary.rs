//! Where a request becomes values and a response becomes JavaScript's.
//! Promises one crossing in and one out, and no promise where no I/O was needed.
//! Leaves reading the request's parts to `entry.mjs` and writing the response to `boundary.mjs`.

use std::cell::OnceCell;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::prelude::*;
use worker::js_sys::futures::future_to_promise;

use crate::app::App;
use crate::config::Config;
use crate::http::request::{Body, Header, Method, Request};
use crate::http::response::{Profile, Response, ResponseBody};

#[wasm_bindgen(module = "/src/platform/cloudflare/boundary.mjs")]
extern "C" {
    /// Keeps the fixed headers of each profile, as JSON: a list of lists of pairs.
    #[wasm_bindgen(js_name = defineProfiles)]
    fn define_profiles(json: &str);
    /// A `Response`; `lines` are names and values of further headers, a line each.
    fn respond(status: u16, profile: usize, lines: &str, body: Option<&[u8]>) -> JsValue;
    /// A promise of a `Response` with a static file.
    #[wasm_bindgen(js_name = respondAsset)]
    fn respond_asset(
        env: &JsValue,
        path: &str,
        if_none_match: &str,
        is_head: bool,
        profile: usize,
        lines: &str,
    ) -> JsValue;
}

thread_local! {
    /// One for the isolate: bindings and configuration do not change while it lives.
    static APP: OnceCell<&'static App> = const { OnceCell::new() };
}

fn app(env: &JsValue) -> &'static App {
    APP.with(|cell| {
        *cell.get_or_init(|| {
            console_error_panic_hook::set_once();
            let profiles: Vec<Vec<_>> = Profile::ALL.map(|p| p.headers().collect()).into();
            define_profiles(&serde_json::json!(profiles).to_string());
            let config = Config::load(|name| super::variable(env, name));
            Box::leak(Box::new(App::new(super::platform(env), config)))
        })
    })
}

/// The names that `entry.mjs` reads.
pub fn header_names() -> String {
    Header::NAMES.join(",")
}

/// `head` has the method, the URL and a line for each header; an absent header is an empty line.
fn read_request(head: &str, body: Option<Vec<u8>>) -> Request {
    let mut lines = head.split('\n');
    let method = Method::parse(lines.next().unwrap_or_default());
    let url = lines.next().unwrap_or_default();
    let headers = lines
        .map(|line| (!line.is_empty()).then(|| line.to_owned()))
        .collect();
    let body = body.map_or(Body::TooLarge, Body::Bytes);
    Request::new(method, url, headers, body)
}

fn write_response(response: &Response, request: &Request, env: &JsValue) -> JsValue {
    let mut lines = String::new();
    for (name, value) in &response.headers {
        for part in [name, "\n", value, "\n"] {
            lines.push_str(part);
        }
    }
    let profile = response.profile as usize;
    match &response.body {
        ResponseBody::Empty => respond(response.status, profile, &lines, None),
        ResponseBody::Bytes(bytes) => respond(response.status, profile, &lines, Some(bytes)),
        ResponseBody::Asset(path) => {
            let known = request.header(Header::IfNoneMatch).unwrap_or_default();
            let is_head = request.method == Method::Head;
            respond_asset(env, path, known, is_head, profile, &lines)
        }
    }
}

/// Answers one request. `body` is `None` when it was too large to be read.
pub fn fetch(head: &str, body: Option<Vec<u8>>, env: JsValue) -> JsValue {
    let app = app(&env);
    let request = read_request(head, body);
    let mut answer = Box::pin(async move {
        let response = app.handle(&request).await;
        write_response(&response, &request, &env)
    });
    // What needs no I/O is ready now: no promise, no further turn of the event loop.
    match answer
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(response) => response,
        // A panic drops the request's own values; what the isolate keeps sits behind `RefCell`s that
        // are borrowed only between awaits and hold whole entries or none.
        Poll::Pending => {
            future_to_promise(AssertUnwindSafe(async move { Ok(answer.await) })).into()
        }
    }
}

/// Answers a request whose handling has thrown.
pub fn answer_panic(head: &str, cause: &str, env: JsValue) -> JsValue {
    let request = read_request(head, Some(Vec::new()));
    let response = app(&env).answer_panic(&request, cause);
    write_response(&response, &request, &env)
}
