//! The lowest floor: pure functions and types that every other crate may use.
//! Does no I/O and knows no port: time, randomness and Unicode tables are passed in.

pub mod base62;
pub mod bounded;
pub mod crc32;
pub mod hex;
pub mod ids;
pub mod secret;
pub mod text;
pub mod time;
mod words;
