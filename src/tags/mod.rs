//! The tags of public builds and compositions. Counts are at most five minutes old and include nothing
//! that is not public. The lists find what has a tag.

pub mod handlers;
pub mod operations;
pub mod store;
