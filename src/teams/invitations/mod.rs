//! Invitations: anyone who has the code may join the team. A code is shown only in the response that
//! creates it, and its limit of uses holds under concurrency too. `members` handles roles.

pub mod code;
pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod schemas;
pub(crate) mod store;
pub(crate) mod view;
