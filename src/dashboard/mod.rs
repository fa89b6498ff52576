//! What one looks at first: counts, what has happened lately, and what needs attention.
//! Promises two statements, however much there is.
//! Leaves changing anything to the features: this room only reads their tables.

pub mod handlers;
pub mod operations;
pub mod schemas;
pub mod store;
