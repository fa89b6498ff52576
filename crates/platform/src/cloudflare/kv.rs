//! KV as a [`Cache`]. A missing binding is an error of each call, not a panic.

use wasm_bindgen::JsValue;
use worker::KvStore;

use crate::{Cache, CacheError, LocalFuture};

/// The binding `CACHE`.
pub struct Kv(Result<KvStore, String>);

impl Kv {
    /// Takes the binding from `env`.
    pub fn new(env: &JsValue) -> Self {
        Self(KvStore::from_this(env, "CACHE").map_err(|error| error.to_string()))
    }

    fn store(&self) -> Result<&KvStore, CacheError> {
        self.0.as_ref().map_err(|error| CacheError(error.clone()))
    }
}

fn failed(error: impl ToString) -> CacheError {
    CacheError(error.to_string())
}

impl Cache for Kv {
    fn get<'a>(&'a self, key: &'a str) -> LocalFuture<'a, Result<Option<String>, CacheError>> {
        Box::pin(async move { self.store()?.get(key).text().await.map_err(failed) })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        seconds: u64,
    ) -> LocalFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            let put = self.store()?.put(key, value).map_err(failed)?;
            put.expiration_ttl(seconds).execute().await.map_err(failed)
        })
    }
}
