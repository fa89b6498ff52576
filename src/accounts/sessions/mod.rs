//! Logins: passwords in, tokens out; renewed, listed, ended.
//! Promises that a refresh token works once.
//! Leaves access tokens to `tokens`, hashing to `password`.

pub(crate) mod handlers;
pub(crate) mod login;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod store;
