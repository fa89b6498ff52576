//! Administration of accounts. The last administrator cannot be demoted or disabled.

pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod store;
