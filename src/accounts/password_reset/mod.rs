//! Password reset: a link to the address that the account has proved.
//! Every address gets the same answer after the same work, and the second factor stays in force.
//! `links` has the links, `mail` the mails.

pub mod handlers;
pub mod operations;
mod request;
pub mod store;

pub use request::answer_request;
