//! The call that shows the audit log to administrators. `auth::audit` has the log.

pub mod handlers;
pub mod operations;
