//! Administration of accounts.
//! Each change is in the audit log, and the last administrator cannot be demoted or disabled.
//! `accounts` has the accounts, `audit` the log.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod store;
