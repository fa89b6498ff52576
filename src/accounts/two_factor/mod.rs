//! The second factor: one-time passwords of an authenticator app, recovery codes, challenges.
//! Promises that a code counts once, and only after the factor was confirmed.
//! Leaves passwords and logins to `sessions`, the number of attempts to `login_throttle`.

pub mod base32;
pub mod challenge;
pub mod handlers;
pub mod model;
pub mod operations;
pub mod qr;
pub mod recovery;
pub mod store;
pub mod totp;

pub use handlers::proof;
