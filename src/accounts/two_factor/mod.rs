//! The second factor: one-time passwords of an authenticator app, recovery codes, challenges.
//! Promises that a code counts once, and only after the factor was confirmed.
//! Leaves passwords and logins to `sessions`, the number of attempts to `login_throttle`.

pub(crate) mod base32;
pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod qr;
pub(crate) mod recovery;
pub mod store;
pub(crate) mod totp;

pub(crate) use handlers::proof;
