//! `Idempotency-Key` on every POST (draft-ietf-httpapi-idempotency-key-header): sent twice, done once.
//! Promises that an answer is kept in the very batch that makes the change, or not at all.
//! Leaves the change to the handlers, which know nothing of keys.

pub mod guard;
pub mod model;
pub mod store;

pub use guard::{Begun, Claim, begin};
