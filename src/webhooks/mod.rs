//! Webhooks (Standard Webhooks 1.0.0): endpoints, the events they are told of, and the delivery.
//! Promises that an event is written with its change, sent until it has arrived or is given up
//! with a reason, and always as the same bytes. Leaves what an event means to its feature.

pub mod custom_headers;
pub mod delivery;
pub mod endpoint_throttle;
pub mod endpoints;
pub mod events;
pub mod log;
pub mod resolver;
pub mod sending;
pub mod signing;
pub mod standing;
pub mod target;

use crate::config::Config;

use target::{Target, TargetError};

/// With the id of the row, what a sealed secret is sealed under.
pub const SECRET_LABEL: &str = "webhook-secret:";
/// With the id of the row, what sealed custom headers are sealed under.
pub const HEADERS_LABEL: &str = "webhook-headers:";

/// Whether this URL may be called: asked when it is taken and before each attempt.
pub fn check_target(config: &Config, url: &str) -> Result<Target, TargetError> {
    let origin = config.issuer.rsplit("://").next().unwrap_or_default();
    let own = origin.split(':').next().unwrap_or_default();
    target::check(url, &[own], config.webhooks.allow_local)
}
