//! Two compositions side by side.
//! Promises what differs, and nothing of what does not.
//! Leaves adding up to `analysis`.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod schemas;
