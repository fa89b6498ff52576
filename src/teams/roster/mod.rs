//! The roster of a team: who could play, what, and when. A player may be a member or only a name.

pub mod csv;
pub(crate) mod handlers;
pub(crate) mod import;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod schemas;
pub mod store;
