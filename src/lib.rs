//! WvW Builder: builds and squads for Guild Wars 2 World vs World. The same `App` runs on Cloudflare Workers
//! and in tests; `docs/ARCHITECTURE.md` is the map.

pub mod accounts;
pub mod app;
pub mod builds;
pub mod catalogue;
pub mod config;
pub mod dashboard;
pub mod docs;
#[cfg(target_arch = "wasm32")]
mod edge;
pub mod end_everything;
#[cfg(feature = "fault-injection")]
pub mod faults;
pub mod game;
pub mod health;
pub mod housekeeping;
pub mod idempotency;
pub mod mail;
// Written beforehand and served as a file: the Wasm does not carry it.
#[cfg(not(target_arch = "wasm32"))]
pub mod openapi;
pub mod personal_data;
pub mod routes;
pub mod runtime;
pub mod sealed_columns;
pub mod squads;
pub mod tags;
pub mod teams;
pub mod triggers;
pub mod webhooks;

// The ground floors, under the paths by which the rest knows them.
pub use auth;
pub use crypto::{mac, password, seal};
pub use db::{lists, paging};
pub use events;
pub use http;
pub use kit::{base62, crc32, ids, secret, text};
pub use limits;
pub use membership;
pub use platform;
