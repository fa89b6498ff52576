//! The game's room: professions, specializations, weapons, roles and build template chat codes.
//! Promises that a chat code comes back byte for byte, as text, as bytes and as JSON.
//! Leaves saving builds to `builds` and HTTP to its own handlers.

pub mod chat_code;
pub mod handlers;
pub mod model;
pub mod operations;
pub mod template;
