//! Reauthentication in a session: it gives a fresh `auth_time`. `auth::permissions` says what needs one.

pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
