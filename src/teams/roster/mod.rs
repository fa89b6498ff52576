//! The roster of a team: who could play, what they play, and when. A player may be a member or only a
//! name. A file is imported completely or not at all. `teams` has the members.

pub mod csv;
pub(crate) mod handlers;
pub(crate) mod import;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod schemas;
pub mod store;
