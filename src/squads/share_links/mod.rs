//! Links that show a composition to anyone who has them. Slugs cannot be guessed, and a revoked link is
//! gone at once. `page` renders the page behind a link.

pub mod handlers;
pub mod operations;
pub(crate) mod oversight_store;
pub mod store;
