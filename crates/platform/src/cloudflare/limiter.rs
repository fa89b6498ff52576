//! Durable Objects as a [`Limiter`]. One that does not answer in time is an error, and so is a missing
//! binding. `limits::object` decides.

use wasm_bindgen::prelude::*;
use worker::js_sys::{Error, Promise};

use crate::{Limiter, LimiterError, LocalFuture};

use super::task::Reply;

#[wasm_bindgen(module = "/src/cloudflare/ports.mjs")]
extern "C" {
    /// A promise of the answer of the object called `name`; rejected when it does not come in time.
    #[wasm_bindgen(js_name = askLimiter)]
    fn ask_limiter(name: &str, ask: &str) -> Promise;
}

/// The binding `LIMITER`.
pub struct DurableObjects;

impl Limiter for DurableObjects {
    fn take<'a>(
        &'a self,
        name: &'a str,
        ask: &'a str,
    ) -> LocalFuture<'a, Result<String, LimiterError>> {
        Box::pin(async move {
            let answer = Reply::of(&ask_limiter(name, ask)).await;
            let answer = answer.map_err(|error| {
                let message = error.dyn_ref::<Error>().map(Error::message);
                LimiterError(message.map_or_else(|| format!("{error:?}"), String::from))
            })?;
            let text = answer.as_string();
            text.ok_or_else(|| LimiterError("an answer that is no text".to_owned()))
        })
    }
}
