//! Builds: what a player wears and plays, pasted from the game as a chat code.
//! Promises that only its owner changes a build and that what one may not see is not there.
//! Leaves the chat code itself to `game`.

pub mod events;
pub mod handlers;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod store;
