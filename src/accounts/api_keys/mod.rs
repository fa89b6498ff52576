//! API keys: for programs that act for an account, with some of its scopes.
//! A key is shown once, and can neither create keys nor change its account. `permissions` says what a
//! scope allows, `tokens` caches callers.

pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod store;
