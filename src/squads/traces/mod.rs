//! What compositions hold on people: who made, changed and shared them, and who stands in them.
//! Promises that an account that goes leaves a team's plans whole, and itself in none of them.
//! Leaves compositions that are no team's, which go with it, to `compositions`.

pub mod schemas;
pub mod store;
