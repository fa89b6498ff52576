//! Squads: how up to 50 players stand together.
//! Promises that what a commander planned is never lost to someone else's change.
//! Leaves who plans with whom to `teams`, single builds to `builds`.

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
