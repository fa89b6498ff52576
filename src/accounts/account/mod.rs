//! Accounts: registration, profile.
//! Promises that an address belongs to one account.
//! Leaves logins to `sessions`.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod store;
