//! The audit log: who did what to what, when, from which session.
//! Promises that an entry commits with the change it tells of or not at all, and that each row
//! carries the hash of the one before. Leaves what is worth an entry to the features.

pub mod chain_writer;
pub mod model;
pub mod store;

pub use chain_writer::ChainWriter;
pub use model::{Action, Entry};
pub use store::commit;
