//! The calls on signing keys. `auth::keys` has the keys.

pub(crate) mod handlers;
pub(crate) mod operations;
