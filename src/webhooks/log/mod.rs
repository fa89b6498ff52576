//! The log of deliveries: what was sent to an endpoint, the attempts, and sending it again. Two requests
//! for the same at once send it once. `delivery` makes the attempts.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod store;
