//! Accounts: registration, profile.
//! Promises that an address belongs to one account.
//! Leaves logins to `sessions`.

pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod store;
