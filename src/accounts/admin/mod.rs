//! Administration of accounts.
//! Each change is in the audit log, and the last administrator cannot be demoted or disabled.
//! `accounts` has the accounts, `audit` the log.

pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod store;
