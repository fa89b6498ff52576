//! Makes the attempts of one invocation.
//! Promises that a target is checked before each attempt, that no attempt begins which could outlive
//! its claim, and that what was claimed and not begun is given back. Leaves results to `record`.

use std::rc::Rc;

use crate::context::State;
use crate::identity::seal;
use crate::ids::WebhookId;
use crate::platform::{LocalFuture, Platform};
use crate::telemetry;
use crate::webhooks::pace;
use crate::webhooks::resolver::{self, Unresolved};
use crate::webhooks::sending;
use crate::webhooks::signing::EndpointSecret;
use crate::webhooks::{HEADERS_LABEL, SECRET_LABEL, check_target};

use super::crew::{self, Job};
use super::endpoint::Endpoint;
use super::outcome::{self, Attempt};
use super::record::{self, Done};
use super::store::{self, Claimed};

/// How long a claim holds, in milliseconds.
pub const CLAIM_MS: i64 = 60_000;
/// What an attempt may take, until its result is written, in milliseconds.
const ATTEMPT_MS: i64 = 25_000;
/// Deliveries that may be under way to an endpoint at once.
const PER_ENDPOINT: usize = 3;

/// A random token that tells one claim from another.
pub fn fresh_claim(platform: &Platform) -> String {
    let bytes = platform.random_bytes::<16>();
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| b"0123456789abcdef"[usize::from(digit)] as char)
        .collect()
}

/// What an endpoint is called with.
struct Prepared {
    url: String,
    secrets: Vec<EndpointSecret>,
    headers: Vec<(String, String)>,
    /// Why it is not called at all.
    refusal: Option<&'static str>,
}

async fn prepare(state: &State, endpoint: &Endpoint) -> Prepared {
    let master = &state.config.master_keys;
    let secrets = endpoint.sealed_secrets.iter().map(|(id, sealed)| {
        let opened = seal::open(master, &format!("{SECRET_LABEL}{id}"), sealed)?;
        EndpointSecret::from_bytes(&opened)
    });
    let secrets: Option<Vec<_>> = secrets.collect();
    let headers = match &endpoint.sealed_headers {
        None => Some(Vec::new()),
        Some(sealed) => seal::open(master, &format!("{HEADERS_LABEL}{}", endpoint.id), sealed)
            .and_then(|opened| serde_json::from_slice(&opened).ok()),
    };
    let is_readable = headers.is_some() && secrets.as_ref().is_some_and(|all| !all.is_empty());
    let refusal = if is_readable {
        refusal(state, &endpoint.url).await
    } else {
        telemetry::warn(&state.platform, "webhook_secret_unreadable", &endpoint.id);
        Some("secret_unreadable")
    };
    Prepared {
        url: endpoint.url.clone(),
        secrets: secrets.unwrap_or_default(),
        headers: headers.unwrap_or_default(),
        refusal,
    }
}

/// Why this URL must not be called now. Names may lead elsewhere than when they were taken.
pub async fn refusal(state: &State, url: &str) -> Option<&'static str> {
    let Ok(target) = check_target(&state.config, url) else {
        return Some("target_refused");
    };
    let (resolver, name) = (state.config.webhooks.resolver.as_deref()?, target.name()?);
    match resolver::check(&state.platform, resolver, name).await {
        Ok(()) => None,
        Err(Unresolved::Refused) => Some("target_refused"),
        Err(Unresolved::NoAddress) => Some("name_not_found"),
        Err(Unresolved::Unavailable) => Some("resolver_unavailable"),
    }
}

/// Attempts what `claim` holds of `endpoints` since `claimed_at`, each with its endpoint's place.
pub async fn run(
    state: &State,
    endpoints: &[Endpoint],
    claimed: Vec<(usize, Claimed)>,
    claim: &str,
    claimed_at: i64,
) {
    let platform = &state.platform;
    let mut prepared = Vec::with_capacity(endpoints.len());
    for endpoint in endpoints {
        prepared.push(Rc::new(prepare(state, endpoint).await));
    }
    let mut lost = Vec::new();
    let mut jobs = Vec::new();
    let mut handed_on: Vec<Option<WebhookId>> = Vec::new();
    for (place, claimed) in claimed {
        if claimed.is_lost {
            lost.push(Done {
                endpoint: place,
                id: claimed.id,
                step: claimed.step,
                attempt: None,
            });
            continue;
        }
        let prepared = Rc::clone(&prepared[place]);
        jobs.push(Job {
            endpoint: place,
            begin_by: match endpoints[place].rate_limit {
                Some(_) => claimed_at + pace::MAX_LATE_MS,
                None => claimed_at + CLAIM_MS - ATTEMPT_MS,
            },
            allowed: outcome::allowed(endpoints[place].failures, PER_ENDPOINT),
            begin: Box::new(move || {
                Box::pin(attempt(state, prepared, place, claimed)) as LocalFuture<'_, Done>
            }),
        });
    }
    if !lost.is_empty() {
        record::write(state, endpoints, claim, lost).await;
    }
    let write =
        |done| Box::pin(record::write(state, endpoints, claim, done)) as LocalFuture<'_, ()>;
    for job in crew::run(jobs, platform.clock.as_ref(), write).await {
        let id = Some(endpoints[job.endpoint].id.clone());
        if !handed_on.contains(&id) {
            handed_on.push(id);
        }
    }
    let ids: Vec<WebhookId> = handed_on.into_iter().flatten().collect();
    if !ids.is_empty() {
        hand_on(platform, &ids, claim).await;
    }
}

/// Gives back what was claimed and not begun, and wakes those who take it on.
async fn hand_on(platform: &Platform, ids: &[WebhookId], claim: &str) {
    let now = platform.clock.now_ms();
    let mut writes = Vec::new();
    for id in ids {
        writes.push(store::give_back(id, claim, now));
        writes.push(store::arm(id, now, now));
    }
    // What cannot be given back is free again when its claim lapses.
    if let Ok(changes) = platform.database.batch(writes).await {
        for (id, change) in ids.iter().zip(changes.chunks(2)) {
            if change.last().is_some_and(|armed| *armed > 0) {
                record::wake(platform, id, now, now);
            }
        }
    }
}

async fn attempt(state: &State, prepared: Rc<Prepared>, endpoint: usize, claimed: Claimed) -> Done {
    let platform = &state.platform;
    let at = platform.clock.now_ms();
    let attempt = if let Some(refusal) = prepared.refusal {
        Attempt::refused(refusal, at)
    } else {
        let request = sending::request(
            &prepared.url,
            &prepared.secrets,
            &prepared.headers,
            claimed.event.as_str(),
            &claimed.traceparent,
            claimed.payload,
            at,
        );
        let exchange = platform.http.send(request).await;
        Attempt::of(exchange, at, platform.clock.now_ms())
    };
    Done {
        endpoint,
        id: claimed.id,
        step: claimed.step,
        attempt: Some(attempt),
    }
}
