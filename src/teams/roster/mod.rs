//! The roster of a team: who could play, what they play, and when. A player may be a member or only a
//! name. A file is imported completely or not at all. `teams` has the members.

pub mod csv;
pub mod handlers;
pub mod import;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod store;
