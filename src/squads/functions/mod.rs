//! What specializations do for a squad: the table, and how a team may see it otherwise.
//! Promises one table for analysis, comparison and assignment.
//! Leaves adding it up to `analysis`.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod scores;
