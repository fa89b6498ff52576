//! The second factor: one-time passwords of an authenticator app, recovery codes, challenges.
//! Promises that a code counts once, and only after the factor was confirmed.
//! Leaves passwords and logins to `sessions`, the number of attempts to `guessing`.

pub mod base32;
pub mod qr;
pub mod recovery;
pub mod totp;
