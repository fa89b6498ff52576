//! Links that show a composition to whoever has them.
//! Promises slugs that cannot be guessed, and that a link that is withdrawn is gone at once.
//! Leaves the page behind a link to `page`.

pub mod handlers;
pub mod operations;
pub mod store;
