//! The page of a share link, for people without an account, and its preview image. All user text on it
//! is escaped, and a revoked link is gone at once. `share_links` makes the links, `analysis` analyses
//! the squad.

mod bitmap;
mod card;
pub mod handlers;
pub mod operations;
mod png;
mod read;
#[cfg(test)]
mod sample;
mod store;
pub mod view;
