//! SQL that is no feature's: pages of documents, pages of JSON, and purging in batches; and the cache.
//! Leaves which rows, and who may see them, to the stores of the features.

pub mod cache;
pub mod lists;
pub mod paging;
pub mod purge;
