//! Teams: guilds, or parts of them, that plan together. One table (`permissions`) says what a member may
//! do. `squads` has their compositions.

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
