//! Long stretches of time, natively: months of crons, isolates with long memories and stale caches.
//! Promises that every run can be replayed: clock and randomness are the test's own.
//! Leaves single calls to `tests/api`, the real runtime to `tests/edge`.

mod faults;
mod keys;
mod master_key;
mod owner;
mod queues;
mod receivers;
mod webhooks;
mod world;
