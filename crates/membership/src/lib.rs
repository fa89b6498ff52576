//! Who is what in a team, and what that allows: what features ask before they show or write.
//! Promises that a role is asked in the SQL of each write that relies on it.
//! Leaves teams, and who comes and goes, to `teams`.

pub mod lookup;
pub mod model;
pub mod permissions;
pub mod roster;
pub mod store;
