//! Invitations: anyone who has the code may join the team. A code is shown only in the response that
//! creates it, and its limit of uses holds under concurrency too. `members` handles roles.

pub mod code;
pub mod handlers;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod store;
pub mod view;
