//! SQL that is no feature's: pages of documents, pages of JSON, purging in batches; and the cache.

pub mod cache;
pub mod lists;
pub mod paging;
pub mod purge;
