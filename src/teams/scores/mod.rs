//! The scores that a team has edited; `squads::functions` has the defaults of the others.

pub(crate) mod handlers;
pub(crate) mod operations;
pub(crate) mod store;
