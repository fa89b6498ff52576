//! Administration of accounts.
//! Promises that each change is in the audit log and that the last administrator stays one.
//! Leaves accounts themselves to `accounts`, reading the log to `audit`.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod store;
