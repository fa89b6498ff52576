//! The dashboard: counts, recent activity, and what needs attention. Two statements, read only.

pub mod handlers;
pub mod operations;
pub mod schemas;
pub mod store;
