//! Places the players of a squad in subgroups, each with one of the builds that they own.
//! Promises whole numbers only, the same answer for the same question, seed and effort on every
//! machine, and bounds that hold. Knows no platform, no clock and no JSON; `docs/ASSIGNMENT.md` has the model.

pub mod certificate;
pub mod constraint;
pub mod counts;
pub mod descent;
pub mod explain;
pub mod feasible;
pub mod pricing;
pub mod problem;
pub mod random;
pub mod rerun;
pub mod search;
pub mod state;
