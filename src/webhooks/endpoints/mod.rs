//! Endpoints: the URLs that are told of events, and of which. A URL is judged before it is stored.
//! `delivery` sends, `log` has what was sent.

pub(crate) mod endings;
pub(crate) mod handlers;
pub mod model;
pub(crate) mod operations;
pub(crate) mod oversight_store;
pub mod proof;
pub mod schemas;
pub mod store;
pub(crate) mod test_send;
