//! One call that ends all that acts for an account, or shows what it has, across all features.
//! Promises one batch, and an answer that counts what this very batch has ended.
//! Leaves each table's SQL to the feature that keeps it.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod store;
