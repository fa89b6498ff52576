//! The page that a share link leads to, for people without an account, and its preview image.
//! Promises that every text of a player's stands on it escaped, and that a withdrawn link is gone at
//! once. Leaves making the links to `share_links` and judging the squad to `analysis`.

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
