//! Invitations: ways into a team, for whoever has the code.
//! Promises that a code leaves the service in the answer that made it, and lets in as many as it was
//! made for, also of many at once. Leaves what members become to `members`.

pub mod code;
pub mod handlers;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod store;
pub mod view;
