//! Throttles attempts at passwords and codes, by place and in total. An attempt is counted before it is
//! checked, an address without an account counts like any other, and strangers lock out no known place.

pub(crate) mod attempt;
pub(crate) mod device;
pub(crate) mod model;
pub mod store;

pub(crate) use attempt::{LoginAttempt, begin, place_of_login};
pub(crate) use device::DeviceToken;
pub(crate) use model::{Guard, Origin, Place, SecretKind, Subject};
