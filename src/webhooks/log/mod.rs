//! The log of deliveries: what was sent to an endpoint, how it went, and sending it again.
//! Promises payloads byte for byte as they were sent, and that what is asked for twice at once is
//! sent again once. Leaves sending to `delivery`.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod store;
