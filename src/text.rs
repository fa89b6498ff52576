//! Text that one person writes and others see.
//! Promises that it looks like what it is. Leaves lengths and places to `http::schema`.

pub mod characters;
pub mod names;
