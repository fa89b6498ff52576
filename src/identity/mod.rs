//! Who is calling: accounts, passwords, access tokens, signing keys and sessions.
//! Promises that there is no identity from anything but a valid token.
//! Leaves what a caller may do with a resource to the feature that owns it.

pub mod handlers;
pub mod keys;
pub mod model;
pub mod operations;
pub mod password;
pub mod store;
pub mod tokens;
