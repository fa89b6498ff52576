//! Endpoints: where someone wants to be told of events, and of which.
//! Promises that a secret is shown in the answer that made it and never again, and that a URL was
//! judged before it is kept. Leaves sending to `delivery`, what was sent to `log`.

pub(crate) mod endings;
pub(crate) mod handlers;
pub mod model;
pub(crate) mod operations;
pub mod proof;
pub mod schemas;
pub mod store;
pub(crate) mod test_send;
