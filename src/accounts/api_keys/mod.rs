//! API keys: for programs that act for an account, with some of its scopes. None can create keys.

pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod store;
