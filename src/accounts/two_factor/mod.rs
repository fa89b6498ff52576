//! The second factor: one-time passwords of an authenticator app, recovery codes, challenges. A code counts
//! once. `login_throttle` limits attempts.

pub(crate) mod base32;
pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod qr;
pub(crate) mod recovery;
pub mod store;
pub(crate) mod totp;

pub(crate) use handlers::proof;
