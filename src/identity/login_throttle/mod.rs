//! Protection against guessing: of passwords and codes, by one stranger or by many at once.
//! Promises that an attempt is counted before it is judged, that an address without an account
//! counts like one with, and that strangers do not lock out a known place. Leaves judging to others.

pub mod attempt;
pub mod device;
pub mod model;
pub mod store;

pub use attempt::{Attempt, begin, place_of_login};
pub use device::DeviceToken;
pub use model::{Guard, Kind, Origin, Place, Subject};
