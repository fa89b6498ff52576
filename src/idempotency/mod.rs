//! `Idempotency-Key` on every POST (draft-ietf-httpapi-idempotency-key-header).
//! An answer is stored in the batch that makes the change, or not at all. Handlers know nothing of keys.

pub mod guard;
pub mod model;
pub mod store;

pub use guard::{Begun, Reservation, begin};
