//! Members of a team: their list, changes of role, and removal. A team always has a leader.

pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod schemas;
pub(crate) mod store;
