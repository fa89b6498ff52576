//! Who is calling: accounts, logins, passwords, tokens, signing keys, permissions, the audit log.
//! Promises that there is no identity from anything but a valid credential.
//! Leaves whose a resource is to the feature that owns it.

pub mod accounts;
pub mod admin;
pub mod api_keys;
pub mod audit;
pub mod breach;
pub mod guessing;
pub mod keys;
pub mod model;
pub mod password;
pub mod permissions;
pub mod reauthentication;
pub mod seal;
pub mod sessions;
pub mod standing;
pub mod tokens;
pub mod two_factor;
