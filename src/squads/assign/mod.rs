//! Places players in the subgroups of a squad, each with one of the builds that they own. The answer can
//! be checked without this service: assignment, score and bound. The search and its proof are in the
//! crate `assignment`, which knows no HTTP.

pub mod answer;
pub mod answer_schema;
mod constraints;
pub mod handlers;
pub mod input;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod words;
