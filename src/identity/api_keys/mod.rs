//! API keys: for programs that act for an account, with some of its scopes.
//! Promises that a key is shown once, and can neither make keys nor change its account.
//! Leaves what a scope allows to `permissions`, remembering callers to `tokens`.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod store;
