//! Who is what in a team, and what that allows. A write asks for the role in its own SQL.

pub mod lookup;
pub mod model;
pub mod permissions;
pub mod roster;
pub mod store;
