//! Events: what a type of events is, and how an event gets into the database with its change.
//! Knows no feature: each defines its own types, and `catalogue` above them all has the table.

mod catalogue;
#[cfg(not(target_arch = "wasm32"))]
mod document;
pub mod outbox;
pub mod resolver;
pub mod signing;
pub mod target;

pub use catalogue::{Catalogue, EventType};
#[cfg(not(target_arch = "wasm32"))]
pub use document::Data;
