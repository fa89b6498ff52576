//! Compositions: planned squads. A write names the version it read, so that two writers never overwrite
//! each other. `analysis` says what a squad lacks.

pub mod copy;
pub mod events;
pub mod handlers;
pub mod input;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod store;
