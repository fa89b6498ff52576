//! Places players in the subgroups of a squad, each with one of the builds that they own.
//! Promises an answer that can be checked without this service: assignment, score and bound.
//! Leaves the search and its proof to the crate `assignment`, which knows no HTTP.

pub mod answer;
pub mod answer_schema;
mod constraints;
pub mod handlers;
pub mod input;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod words;
