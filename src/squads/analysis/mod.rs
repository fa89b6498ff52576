//! Analyses a composition: coverage, shortfalls, contributions of players, and warnings.
//! Promises whole numbers only, and that the order of players changes nothing.
//! Leaves what specializations bring to `functions`.

pub mod coverage;
pub mod handlers;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod shortfalls;
pub mod store;
pub mod warnings;

#[cfg(test)]
pub(crate) mod tests;
