//! Earlier versions of compositions. Any of the last hundred can be restored, as a new version. Every
//! write of `compositions` stores one.

pub mod handlers;
pub mod operations;
pub mod store;
