//! Invitations: anyone who has the code may join the team, up to its limit of uses.

pub mod code;
pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod schemas;
pub(crate) mod store;
pub(crate) mod view;
