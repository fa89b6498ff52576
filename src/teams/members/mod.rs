//! Members of a team: their list, changes of role, and removal. A team always has a leader, also under
//! concurrent writes. `invitations` handles joining.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod schemas;
pub mod store;
