//! The roster of a team: who could play, what they play, and when.
//! Promises that a player may be a member or only a name, and that a file goes in whole or not at all.
//! Leaves who is in the team to `teams`.

pub mod csv;
pub mod handlers;
pub mod import;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod store;
