//! The scores that a team has edited. A score that is left out has its default. `squads::functions`
//! defines scores.

pub(crate) mod handlers;
pub(crate) mod operations;
pub(crate) mod store;
