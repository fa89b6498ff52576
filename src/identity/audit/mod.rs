//! The call that shows the audit log to administrators.
//! Leaves the log itself to `auth::audit`.

pub mod handlers;
pub mod operations;
