//! What leaders oversee: bans, and what members have made that reaches outside the team. A leader sees
//! all of it with its creator, and can end each. Webhooks, share links and invitations are made in
//! their own modules.

pub(crate) mod handlers;
pub(crate) mod operations;
pub(crate) mod schemas;
pub(crate) mod store;
