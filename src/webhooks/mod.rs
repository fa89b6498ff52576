//! Webhooks (Standard Webhooks 1.0.0): endpoints, events and their delivery.
//! An event is written with its change, and sent as the same bytes until it is delivered or marked dead
//! with a reason. Features define what their events mean.

pub mod custom_headers;
pub mod delivery;
mod endpoint_throttle;
pub mod endpoints;
pub(crate) mod events;
pub(crate) mod log;
pub mod sending;
mod standing;

use crate::config::{Config, MasterKeys};
use crate::events::signing::EndpointSecret;
use crate::events::target::{self, Target, TargetError};
use crate::http::json;
use crate::ids::WebhookId;
use crate::seal;

/// With the id of the row, what a sealed secret is sealed under.
pub const SECRET_LABEL: &str = "webhook-secret:";
/// With the id of the row, what sealed custom headers are sealed under.
pub const HEADERS_LABEL: &str = "webhook-headers:";

/// Whether this URL may be called: checked when it is stored and before each attempt.
fn check_target(config: &Config, url: &str) -> Result<Target, TargetError> {
    let origin = config.issuer.rsplit("://").next().unwrap_or_default();
    let own = origin.split(':').next().unwrap_or_default();
    target::check(url, &[own], config.webhooks.allow_local)
}

/// Opens the sealed secret in the row `id`.
fn open_secret(master: &MasterKeys, id: &str, sealed: &[u8]) -> Option<EndpointSecret> {
    let opened = seal::open(master, &[SECRET_LABEL, id].concat(), sealed)?;
    EndpointSecret::from_bytes(&opened)
}

/// Opens the sealed custom headers of an endpoint, if it has any.
fn open_headers(
    master: &MasterKeys,
    id: &WebhookId,
    sealed: Option<&[u8]>,
) -> Option<Vec<(String, String)>> {
    let Some(sealed) = sealed else {
        return Some(Vec::new());
    };
    let label = [HEADERS_LABEL, id.as_str()].concat();
    json::read(&seal::open(master, &label, sealed)?)
}
