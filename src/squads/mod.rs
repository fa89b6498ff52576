//! Squads of up to 50 players: compositions, their analysis, comparison, assignment and shared page.
//! No concurrent change overwrites another. `teams` has members, `builds` single builds.

pub(crate) mod analysis;
pub(crate) mod assign;
pub(crate) mod authorship;
pub(crate) mod compare;
pub mod compositions;
pub(crate) mod functions;
pub(crate) mod page;
pub(crate) mod presets;
pub(crate) mod share_links;
pub(crate) mod versions;
