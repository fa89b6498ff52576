//! Where a request becomes values and a response becomes JavaScript's: one crossing in, one out, and no
//! promise where no I/O was needed.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use worker::js_sys::JsString;

use crate::app::App;
use crate::config::Config;
use crate::http::request::{Body, Credential, Header, Method, Request};
use crate::http::response::{Profile, Response, ResponseBody};
use crate::platform::cloudflare::{self, task};
use crate::platform::{Settlement, Text};

#[wasm_bindgen(module = "/src/edge/boundary.mjs")]
extern "C" {
    fn connect(host: &JsValue);
    /// Keeps the fixed headers of each profile, as JSON: a list of lists of pairs.
    #[wasm_bindgen(js_name = defineProfiles)]
    fn define_profiles(json: &str);
    /// A `Response`; `lines` are names and values of further headers, a line each.
    fn respond(status: u16, profile: usize, lines: &str, body: Option<&[u8]>) -> JsValue;
    /// A `Response` of a string that JavaScript has. `frame` is empty, or what comes before it and
    /// what comes after it with a line feed between them: one string less to pass.
    #[wasm_bindgen(js_name = respondText)]
    fn respond_text(
        status: u16,
        profile: usize,
        lines: &str,
        text: &JsString,
        frame: Option<&str>,
    ) -> JsValue;
    /// A promise of a `Response` with a static file.
    #[wasm_bindgen(js_name = respondAsset)]
    fn respond_asset(
        path: &str,
        if_none_match: &str,
        is_head: bool,
        profile: usize,
        lines: &str,
    ) -> JsValue;
    /// Says what becomes of the messages of the batch that this task works on: -1 acknowledges one,
    /// another number is the seconds after which it comes again.
    #[wasm_bindgen(js_name = settleBatch)]
    fn settle_batch(task: u32, settlements: Vec<i32>);
}

thread_local! {
    /// One for the isolate: bindings and configuration do not change while it lives.
    static APP: OnceCell<&'static App> = const { OnceCell::new() };
}

/// Takes `env` and the callbacks of `entry.mjs`; called once, before anything else.
#[wasm_bindgen]
pub fn start(host: &JsValue) {
    cloudflare::start(host);
    connect(host);
}

fn app() -> &'static App {
    APP.with(|cell| {
        *cell.get_or_init(|| {
            console_error_panic_hook::set_once();
            let profiles: Vec<Vec<_>> = Profile::ALL.map(|p| p.headers().collect()).into();
            define_profiles(&serde_json::json!(profiles).to_string());
            let env = cloudflare::env();
            let config = Config::load(|name| cloudflare::variable(&env, name));
            let mail = config.as_ref().ok().map(|config| &config.mail);
            let platform = cloudflare::platform(&env, mail);
            Box::leak(Box::new(App::new(platform, config)))
        })
    })
}

thread_local! {
    /// Values of `Authorization` by the numbers that `entry.mjs` gave them.
    static KEPT: RefCell<HashMap<u32, Rc<Credential>>> = RefCell::default();
}

/// Keeps a value of `Authorization` that may come again under a number.
#[wasm_bindgen(js_name = keepCredential)]
pub fn keep_credential(number: u32, text: String) {
    let credential = Rc::new(Credential::new(text));
    KEPT.with_borrow_mut(|kept| kept.insert(number, credential));
}

/// Forgets all of them.
#[wasm_bindgen(js_name = forgetCredentials)]
pub fn forget_credentials() {
    KEPT.take();
}

/// `head` has the method, the URL and a line for each header; an absent header is an empty line.
fn read_request(head: &str, body: Body) -> Request {
    let mut lines = head.split('\n');
    let method = Method::parse(lines.next().unwrap_or_default());
    let url = lines.next().unwrap_or_default();
    let headers = lines
        .map(|line| (!line.is_empty()).then(|| line.to_owned()))
        .collect();
    Request::new(method, url, headers, body)
}

fn write_response(response: &Response, request: &Request) -> JsValue {
    let mut lines = String::with_capacity(256);
    for (name, value) in &response.headers {
        for part in [name, "\n", value, "\n"] {
            lines.push_str(part);
        }
    }
    let profile = response.profile as usize;
    match &response.body {
        ResponseBody::Empty => respond(response.status, profile, &lines, None),
        ResponseBody::Bytes(bytes) => respond(response.status, profile, &lines, Some(bytes)),
        ResponseBody::Passthrough {
            before,
            text: Text::Foreign(text, _),
            after,
        } => {
            let is_bare = before.is_empty() && after.is_empty();
            let frame = (!is_bare).then(|| [before, "\n", after].concat());
            respond_text(response.status, profile, &lines, text, frame.as_deref())
        }
        ResponseBody::Passthrough { .. } => respond(
            response.status,
            profile,
            &lines,
            Some(&response.body_bytes()),
        ),
        ResponseBody::Asset(path) => {
            let known = request.header(Header::IfNoneMatch).unwrap_or_default();
            let is_head = request.method == Method::Head;
            respond_asset(path, known, is_head, profile, &lines)
        }
    }
}

/// Answers a request: a `Response` (or a promise of one), or the number of the task that is to be
/// resumed. `head` is what `entry.mjs` writes: method, URL and a line for each header; `credential`
/// is the number of a kept value of `Authorization`, or 0; `fault` is 1 for a body that is too large,
/// 2 for one that did not arrive whole, or 0.
///
/// # Panics
/// When no value was kept under `credential`. Going on without it would make a stranger of the caller.
#[wasm_bindgen]
pub fn fetch(head: &str, credential: u32, body: Option<Vec<u8>>, fault: u32) -> JsValue {
    let app = app();
    let body = match fault {
        0 => Body::Bytes(body.unwrap_or_default()),
        1 => Body::TooLarge,
        _ => Body::Incomplete,
    };
    let mut request = read_request(head, body);
    if credential != 0 {
        let kept = KEPT.with_borrow(|kept| kept.get(&credential).cloned());
        request = request.with_credential(kept.expect("entry.mjs and Wasm keep the same numbers"));
    }
    task::begin(Box::pin(async move {
        let response = app.handle(&request).await;
        write_response(&response, &request)
    }))
}

/// Goes on with a task that waited for a promise; answers as `fetch`, or with undefined when
/// there is no such task. The promise is numbered `reply`; 0 is none of ours.
#[wasm_bindgen]
pub fn resume(task: u32, reply: u32, is_fulfilled: bool, value: JsValue) -> JsValue {
    task::resume(task, reply, is_fulfilled, value)
}

/// Milliseconds as JavaScript gives them.
pub fn whole(ms: f64) -> i64 {
    // Whole and below 2^53.
    #[allow(clippy::cast_possible_truncation)]
    let ms = ms as i64;
    ms
}

/// Does what a cron trigger is for: null when it is done, or the number of the task that is to be
/// resumed. `scheduled_ms` is when it was to fire, in milliseconds since 1970.
#[wasm_bindgen]
pub fn tick(cron: String, scheduled_ms: f64) -> JsValue {
    let app = app();
    task::begin(Box::pin(async move {
        app.tick(&cron, whole(scheduled_ms)).await;
        JsValue::NULL
    }))
}

/// Works on a batch of the queue of this name: null when it is done, or the number of the task
/// that is to be resumed. What becomes of the messages is said by `settleBatch`.
#[wasm_bindgen]
pub fn consume(queue: String, bodies: Vec<String>) -> JsValue {
    let app = app();
    task::begin(Box::pin(async move {
        let task = task::current();
        let settle = |settlements: &[Settlement]| {
            let numbers = settlements.iter().map(|settlement| match settlement {
                Settlement::Acknowledge => -1,
                Settlement::Retry(seconds) => i32::try_from(*seconds).unwrap_or(i32::MAX),
            });
            settle_batch(task, numbers.collect());
        };
        app.consume(&queue, &bodies, &settle).await;
        JsValue::NULL
    }))
}

/// The answer to a request whose handling has thrown.
#[wasm_bindgen(js_name = answerPanic)]
pub fn answer_panic(head: &str, cause: &str) -> JsValue {
    let request = read_request(head, Body::Bytes(Vec::new()));
    let response = app().answer_panic(&request, cause);
    write_response(&response, &request)
}
