//! What leaders oversee: who is kept out, and what members have made that reaches outside the team.
//! Promises that a leader sees all of it with who made it, and can end each.
//! Leaves making it to the rooms of webhooks, share links and invitations.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod store;
