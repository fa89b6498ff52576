//! What leaders oversee: bans, and what members have made that reaches outside the team. A leader sees
//! all of it with its creator, and can end each. Webhooks, share links and invitations are made in
//! their own modules.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod store;
