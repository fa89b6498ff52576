//! The calls on signing keys.
//! Leaves the keys themselves to `auth::keys`.

pub mod handlers;
pub mod operations;
