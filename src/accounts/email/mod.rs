//! Proof of addresses: an address belongs to the account that proves it. `undo` restores an old one.

pub(crate) mod handlers;
pub(crate) mod operations;
pub(crate) mod store;
pub(crate) mod undo;
