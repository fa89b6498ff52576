//! Accounts: registration, sessions, passwords, second factors, API keys, and the calls on all of these.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod breach;
pub(crate) mod email;
pub(crate) mod factor_removal;
pub(crate) mod keys;
pub mod links;
pub mod login_throttle;
pub(crate) mod pages;
pub(crate) mod password_reset;
pub(crate) mod reauthentication;
pub(crate) mod sessions;
pub(crate) mod token;
pub mod two_factor;
