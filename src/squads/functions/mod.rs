//! What specializations do for a squad: the table, and the scores that a team has edited. Analysis,
//! comparison and assignment use the same table. `analysis` adds the scores up.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod scores;
