//! The calls on signing keys. `auth::keys` has the keys.

pub mod handlers;
pub mod operations;
