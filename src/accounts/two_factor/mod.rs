//! The second factor: one-time passwords, recovery codes, challenges. A code counts once.

pub(crate) mod base32;
pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod qr;
pub(crate) mod recovery;
pub mod store;
pub(crate) mod totp;

pub(crate) use handlers::proof;
