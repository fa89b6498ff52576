//! One call that ends sessions, keys, webhooks and links of an account, or lists them.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod store;
