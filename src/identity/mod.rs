//! Who is calling: accounts, logins, passwords, tokens, signing keys, permissions, the audit log.
//! Promises that there is no identity from anything but a valid credential.
//! Leaves whose a resource is to the feature that owns it.

pub mod accounts;
pub mod admin;
pub mod api_keys;
pub mod audit;
pub mod breach;
pub mod email;
pub mod factor_removal;
pub mod guessing;
pub mod keys;
pub mod links;
pub mod model;
pub mod pages;
pub mod password;
pub mod password_reset;
pub mod permissions;
pub mod reauthentication;
pub mod seal;
pub mod sessions;
pub mod standing;
pub mod tokens;
pub mod two_factor;
