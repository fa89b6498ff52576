//! Who is calling, and what they may do: credentials, signing keys, permissions, the audit log.
//! A `Caller` is made from a valid credential and from nothing else. `accounts` has accounts, sessions
//! and their calls.

pub mod api_key;
pub mod audit;
pub mod keys;
pub mod model;
pub mod permissions;
pub mod refresh_token;
pub mod standing;
pub mod store;
pub mod tokens;

pub use store::{api_key_id, user_id};
