//! Earlier versions of compositions.
//! Promises that any of the last hundred can be brought back, as a version of its own.
//! Leaves writing them to `compositions`, whose every write leaves one.

pub mod handlers;
pub mod operations;
pub mod store;
