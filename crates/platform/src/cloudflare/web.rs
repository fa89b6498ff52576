//! `fetch` as a [`HttpClient`] and the queue bindings as a [`Queue`]. `ports.mjs` has timing and bounds.

use wasm_bindgen::prelude::*;
use worker::js_sys::{Array, JsString, Promise, Uint8Array};

use crate::{
    HttpAnswer, HttpClient, HttpError, HttpFailure, HttpRequest, Lane, LocalFuture, Message, Queue,
    Text,
};

use super::task::Reply;

#[wasm_bindgen(module = "/src/cloudflare/ports.mjs")]
extern "C" {
    /// A promise of an array: status (0: none came), `Retry-After` or null, the body's bytes, and
    /// for an exchange that failed `timeout` or `connection` and what the runtime says of it.
    fn exchange(
        method: &str,
        url: &str,
        lines: &str,
        body: &JsValue,
        timeout_ms: u32,
        max_body_bytes: usize,
    ) -> Promise;
    /// Hands messages to the queue under this binding, without waiting.
    fn enqueue(binding: &str, bodies: Vec<JsValue>, delays: Vec<u32>);
}

/// `fetch`.
pub struct Fetch;

impl HttpClient for Fetch {
    fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpAnswer, HttpError>> {
        Box::pin(async move {
            let lines: String = request
                .headers
                .iter()
                .flat_map(|(name, value)| [name, "\n", value, "\n"])
                .collect();
            let body = match &request.body {
                None => JsValue::UNDEFINED,
                Some(Text::Foreign(text, _)) => text.into(),
                Some(Text::Owned(text)) => JsString::from(text.as_str()).into(),
            };
            let promise = exchange(
                request.method,
                &request.url,
                &lines,
                &body,
                request.timeout_ms,
                request.max_body_bytes,
            );
            match Reply::of(&promise).await {
                Ok(outcome) => read(outcome.unchecked_ref()),
                Err(error) => Err(HttpError {
                    failure: HttpFailure::Connection,
                    cause: format!("{error:?}"),
                    begun: None,
                }),
            }
        })
    }
}

fn read(outcome: &Array) -> Result<HttpAnswer, HttpError> {
    // Statuses fit 16 bits: `fetch` gives 200 to 599.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let status = outcome.get(0).as_f64().unwrap_or(0.0) as u16;
    let answer = HttpAnswer {
        status,
        retry_after: outcome.get(1).as_string(),
        body: Uint8Array::new(&outcome.get(2)).to_vec(),
    };
    let failure = match outcome.get(3).as_string().as_deref() {
        None => return Ok(answer),
        Some("timeout") => HttpFailure::Timeout,
        Some(_) => HttpFailure::Connection,
    };
    Err(HttpError {
        failure,
        cause: outcome.get(4).as_string().unwrap_or_default(),
        begun: (status != 0).then_some(answer),
    })
}

/// The bindings of each [`Lane`].
pub struct Queues;

impl Queue for Queues {
    fn send(&self, lane: Lane, messages: Vec<Message>) {
        let delays = messages.iter().map(|message| message.delay_seconds);
        let delays = delays.collect();
        let bodies = messages.into_iter().map(|message| message.body.into());
        enqueue(lane.binding(), bodies.collect(), delays);
    }
}
