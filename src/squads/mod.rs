//! Squads of up to 50 players: compositions, their analysis, comparison, assignment and shared page.
//! No concurrent change overwrites another. `teams` has members, `builds` single builds.

pub mod analysis;
pub mod assign;
pub mod authorship;
pub mod compare;
pub mod compositions;
pub mod functions;
pub mod page;
pub mod presets;
pub mod share_links;
pub mod versions;
