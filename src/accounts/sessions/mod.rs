//! Sessions: an account logged in on one client. A refresh token works once.

pub(crate) mod handlers;
pub(crate) mod login;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod store;
