//! Personal data across all features: exported and deleted as a whole. A test fails for a table with a
//! user column that is missing from either.

pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
