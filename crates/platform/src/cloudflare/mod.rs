//! The ports on Cloudflare Workers. Thin: what can be tested natively is decided elsewhere.

mod d1;
mod kv;
mod limiter;
mod mail;
pub mod task;
mod web;

use std::cell::RefCell;

use wasm_bindgen::{JsCast, JsValue};
use worker::js_sys::{Date, JsString, Promise, Reflect};
use zeroize::{Zeroize, Zeroizing};

use crate::{Clock, Level, LocalFuture, Log, MailSettings, Platform, Random, Retrying, Unicode};
use task::Reply;

#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = log)]
    fn console_log(line: &str);
    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    fn console_warn(line: &str);
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(line: &str);
}

#[wasm_bindgen::prelude::wasm_bindgen(module = "/src/cloudflare/ports.mjs")]
extern "C" {
    fn connect(host: &JsValue);
    /// The bindings and variables of the Worker.
    fn environment() -> JsValue;
    /// A promise that is kept after so many milliseconds.
    fn sleep(ms: u32) -> Promise;
}

struct IsolateClock;

impl Clock for IsolateClock {
    fn now_ms(&self) -> i64 {
        // Milliseconds since 1970 fit 53 bits for the next 280,000 years.
        #[allow(clippy::cast_possible_truncation)]
        let now = Date::now() as i64;
        now
    }

    fn sleep(&self, ms: u32) -> LocalFuture<'static, ()> {
        let reply = Reply::of(&sleep(ms));
        Box::pin(async move {
            // A timer does not fail.
            let _ = reply.await;
        })
    }
}

/// Bytes that are fetched at once: a call of `crypto.getRandomValues` costs more than they do.
const POOL_BYTES: usize = 512;

/// Randomness of the runtime. Ids take theirs from a pool, whose bytes are wiped as they are
/// handed out; whatever is as long as a key is fetched for itself.
struct WebCrypto(RefCell<Zeroizing<Vec<u8>>>);

impl WebCrypto {
    fn fetch(bytes: &mut [u8]) {
        // `crypto.getRandomValues` is always there on Workers; without randomness nothing may go on.
        getrandom::fill(bytes).expect("the runtime has crypto.getRandomValues");
    }
}

impl Random for WebCrypto {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > 16 {
            return Self::fetch(bytes);
        }
        let mut pool = self.0.borrow_mut();
        if pool.len() < bytes.len() {
            pool.resize(POOL_BYTES, 0);
            Self::fetch(&mut pool);
        }
        let rest = pool.len() - bytes.len();
        bytes.copy_from_slice(&pool[rest..]);
        pool[rest..].zeroize();
        pool.truncate(rest);
    }
}

struct JsUnicode;

impl Unicode for JsUnicode {
    fn nfc(&self, text: &str) -> String {
        if text.is_ascii() {
            return text.to_owned();
        }
        JsString::from(text).normalize("NFC").into()
    }

    fn nfkd(&self, text: &str) -> String {
        if text.is_ascii() {
            return text.to_owned();
        }
        JsString::from(text).normalize("NFKD").into()
    }
}

struct Console;

impl Log for Console {
    fn line(&self, level: Level, line: &str) {
        match level {
            Level::Info => console_log(line),
            Level::Warn => console_warn(line),
            Level::Error => console_error(line),
        }
    }
}

/// Takes what the ports need of the Worker: its `env`, and `resume` for the tasks of [`task`].
pub fn start(host: &JsValue) {
    connect(host);
}

/// The bindings and variables that were given to [`start`].
pub fn env() -> JsValue {
    environment()
}

/// A text variable or secret of the Worker, or some text for a binding.
pub fn variable(env: &JsValue, name: &str) -> Option<String> {
    let value = Reflect::get(env, &name.into()).ok()?;
    let is_binding = value.is_object();
    value
        .as_string()
        .or(is_binding.then(|| "a binding".to_owned()))
}

/// All ports over the bindings of `env`; without settings no mail is sent.
pub fn platform(env: &JsValue, mail_settings: Option<&MailSettings>) -> Platform {
    let binding = |name: &str| Reflect::get(env, &name.into()).unwrap_or(JsValue::UNDEFINED);
    Platform {
        database: Box::new(Retrying(d1::D1::new(binding("DB").unchecked_into()))),
        cache: Box::new(kv::Kv::new(env)),
        limiter: Box::new(limiter::DurableObjects),
        queue: Box::new(web::Queues),
        http: Box::new(web::Fetch),
        mail: mail::mail(mail_settings, binding("EMAIL")),
        clock: Box::new(IsolateClock),
        random: Box::new(WebCrypto(RefCell::default())),
        unicode: Box::new(JsUnicode),
        log: Box::new(Console),
    }
}
