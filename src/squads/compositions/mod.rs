//! Compositions: planned squads. A write names the version it read, so that two writers never overwrite
//! each other. `analysis` says what a squad lacks.

pub(crate) mod copy;
pub(crate) mod events;
pub(crate) mod handlers;
pub(crate) mod input;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod schemas;
pub mod store;
