//! Analyses a composition: coverage, shortfalls, contributions of players, and warnings. All numbers are
//! integers, and the order of players changes nothing. `functions` has the scores of specializations.

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
