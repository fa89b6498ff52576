//! One call that ends sessions, keys, webhooks and links of an account, or lists them.
//! Promises one batch, and an answer that counts what this very batch has ended.
//! Leaves each table's SQL to the feature that keeps it.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod store;
