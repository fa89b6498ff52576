//! Compares two compositions. Only differences are reported. `analysis` computes the sums.

pub mod handlers;
pub mod model;
pub mod operations;
pub mod schemas;
