//! Logins: passwords in, tokens out; renewed, listed, ended.
//! Promises that a refresh token works once.
//! Leaves access tokens to `tokens`, hashing to `password`.

pub mod handlers;
pub mod login;
pub mod model;
pub mod operations;
pub mod store;
