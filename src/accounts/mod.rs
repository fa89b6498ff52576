//! Accounts: registration, logins, passwords, second factors, API keys, and the calls on all of these.
//! Promises that a credential is given only for proof of who asks.
//! Leaves what a credential is worth to `auth`, whose a resource is to the feature that owns it.

pub mod account;
pub mod admin;
pub mod api_keys;
pub mod audit;
pub mod breach;
pub mod email;
pub mod factor_removal;
pub mod keys;
pub mod links;
pub mod login_throttle;
pub mod pages;
pub mod password_reset;
pub mod reauthentication;
pub mod sessions;
pub mod two_factor;
