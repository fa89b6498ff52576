//! Game data: professions, specializations, weapons, roles and build template chat codes. A chat code
//! round-trips byte for byte as text, bytes and JSON. `builds` stores builds.

pub mod chat_code;
pub mod handlers;
pub mod model;
pub mod operations;
pub mod template;
