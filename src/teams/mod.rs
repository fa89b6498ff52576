//! Teams: guilds, or parts of them, that plan together.
//! Promises that what a member may do is one table (`permissions`).
//! Leaves squads to `squads`.

pub mod lookup;
pub mod model;
pub mod permissions;
pub mod store;
