//! Accounts: registration and profile. No two accounts have the same address.

pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod store;
