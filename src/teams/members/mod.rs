//! Members of a team: who they are, what they become, and how they go.
//! Promises that a team always has a leader, also when two act at once.
//! Leaves coming in to `invitations`.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod store;
