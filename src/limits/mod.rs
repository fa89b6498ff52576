//! Rate limits: who may call how often, counted across all isolates.
//! Promises that no quota is exceeded, whatever the number of isolates, and that a steady caller
//! costs a map lookup. Leaves who is calling to `identity` and the running of objects to `platform`.

pub mod address;
pub mod counter;
pub mod gcra;
pub mod guard;
pub mod leases;
pub mod object;
pub mod policies;
