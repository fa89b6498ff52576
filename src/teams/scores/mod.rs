//! The scores that a team sees otherwise than the defaults.
//! Promises that leaving a score out gives the default back.
//! Leaves what scores are to `squads::functions`.

pub mod handlers;
pub mod operations;
pub mod store;
