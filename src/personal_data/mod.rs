//! What is held on a person, across all features: handed out whole, and deleted whole.
//! Promises that a table with a column for users is in both, or a test says which one is missing.
//! Leaves each table's SQL to the feature that keeps it.

pub mod handlers;
pub mod model;
pub mod operations;
