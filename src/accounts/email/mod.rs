//! Proof of addresses: an address belongs to the account that proves it. `links` has the links, `undo`
//! restores an old address.

pub(crate) mod handlers;
pub(crate) mod operations;
pub(crate) mod store;
pub(crate) mod undo;
