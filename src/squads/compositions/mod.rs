//! Compositions: squads as they are planned.
//! Promises that a write names the version it read, so that two who plan never overwrite each other.
//! Leaves what a squad lacks to `analysis`.

pub mod copy;
pub mod events;
pub mod handlers;
pub mod input;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod store;
