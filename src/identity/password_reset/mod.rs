//! Password reset: a link to the address that the account has proved.
//! Promises the same answer for every address, after the same work, and that the second factor
//! stays in force. Leaves links themselves to `links`, mails to `mail`.

pub mod handlers;
pub mod operations;
mod request;
pub mod store;

pub use request::answer_request;
