//! Reauthentication inside a session.
//! Promises that a session gets a fresh `auth_time` for the password, and for a code too where there is
//! a second factor. Leaves what needs a fresh one to `auth::permissions`.

pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
