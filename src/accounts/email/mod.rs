//! Proof of addresses: a link that only whoever reads what is sent there can use.
//! Promises that an address belongs to whoever proves it, and keeps nobody from registering it.
//! Leaves links themselves to `links`, mails to `mail`, putting an old address back to `undo`.

pub(crate) mod handlers;
pub(crate) mod operations;
pub(crate) mod store;
pub(crate) mod undo;
