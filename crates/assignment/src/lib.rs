//! Places the players of a squad in subgroups, each with one of the builds that they own. All numbers
//! are integers, the answer is deterministic in question, seed and effort on every machine, and bounds
//! are proved. No platform, clock or JSON is used here; `docs/ASSIGNMENT.md` has the model.

pub mod certificate;
pub mod constraint;
mod counts;
mod descent;
pub mod explain;
pub mod feasible;
pub mod pricing;
pub mod problem;
pub mod random;
pub mod rerun;
pub mod search;
pub mod state;
