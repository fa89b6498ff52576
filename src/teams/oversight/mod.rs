//! What leaders oversee: bans, and what members have made that reaches outside the team.

pub(crate) mod handlers;
pub(crate) mod operations;
pub(crate) mod schemas;
pub(crate) mod store;
