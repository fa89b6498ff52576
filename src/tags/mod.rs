//! The tags that players give to what is public.
//! Promises counts that are at most five minutes old, and nothing of what is not public.
//! Leaves what has a tag to the lists.

pub mod handlers;
pub mod operations;
pub mod store;
