//! The scores that a team has edited. A score that is left out has its default. `squads::functions`
//! defines scores.

pub mod handlers;
pub mod operations;
pub mod store;
