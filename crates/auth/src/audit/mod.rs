//! The audit log: who did what to what, when, in which session.
//! An entry commits with its change or not at all, and each row carries the hash of the previous one.
//! The features decide what is logged.

pub mod chain_writer;
pub mod model;
pub mod store;

pub use chain_writer::ChainWriter;
pub use model::{Action, Entry};
pub use store::commit;
