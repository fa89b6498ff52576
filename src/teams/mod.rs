//! Teams: guilds, or parts of them, that plan together. `membership` says what a member may do.

pub(crate) mod events;
pub(crate) mod handlers;
pub mod invitations;
pub(crate) mod members;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod oversight;
pub mod roster;
pub(crate) mod schemas;
pub(crate) mod scores;
pub(crate) mod store;
