//! The game's room: professions, specializations, weapons, roles and build template chat codes.
//! Promises that a chat code comes back byte for byte, as text, as bytes and as JSON.

pub mod chat_code;
pub mod model;
pub mod template;
