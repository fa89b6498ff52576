//! Long stretches of time, natively: months of crons, isolates with long memories and stale caches. Every run can be
//! replayed: clock and randomness are the test's own.

mod faults;
mod keys;
mod master_key;
mod owner;
mod queues;
mod receivers;
mod webhooks;
mod world;
