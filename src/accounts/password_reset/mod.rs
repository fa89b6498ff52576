//! Password reset: a link to the address that the account has proved. Every address gets the same answer
//! after the same work, and the second factor stays in force.

pub(crate) mod handlers;
pub(crate) mod operations;
mod request;
pub(crate) mod store;

pub(crate) use request::answer_request;
