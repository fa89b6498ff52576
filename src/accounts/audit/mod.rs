//! The call that shows the audit log to administrators. `auth::audit` has the log.

pub(crate) mod handlers;
pub(crate) mod operations;
