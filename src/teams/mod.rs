//! Teams: guilds, or parts of them, that plan together.
//! Promises that what a member may do is one table (`permissions`).
//! Leaves squads to `squads`.

pub mod events;
pub mod handlers;
pub mod invitations;
pub mod members;
pub mod model;
pub mod operations;
pub mod oversight;
pub mod roster;
pub mod schemas;
pub mod scores;
pub mod store;
