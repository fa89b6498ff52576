//! Rate limits: quotas counted across all isolates.
//! No quota is exceeded, whatever the number of isolates, and a steady caller costs a map lookup.
//! `auth` identifies the caller, `platform` runs the Durable Objects.

pub mod address;
pub mod counter;
pub mod gcra;
pub mod guard;
pub mod leases;
pub mod object;
pub mod policies;
