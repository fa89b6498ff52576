//! Builds: a player's equipment and skills, pasted from the game as a chat code. Only its owner changes a
//! build, and a build that the caller may not see gives 404. `game` decodes chat codes.

pub mod events;
pub(crate) mod handlers;
pub mod model;
pub(crate) mod operations;
pub mod schemas;
pub(crate) mod store;
