//! Personal data across all features: exported and deleted as a whole. A test fails for a table with a
//! user column that is missing from either. Each feature has the SQL of its tables.

pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
