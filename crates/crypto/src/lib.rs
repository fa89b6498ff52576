//! Keyed hashes, values sealed at rest, and passwords.
//! Knows no feature: what is hashed or sealed, and why, is said by those who call.

pub mod mac;
pub mod password;
pub mod seal;
