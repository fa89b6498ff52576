//! Endpoints as values: what one is asked for with, and what its owner sees of it.
//! Promises that a URL, event types and headers past this point are good, and that a document shows
//! neither a secret nor a header that tells of one. Leaves storage to `store`.

use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::http::problem::{FieldError, Problem};
use crate::ids::{TeamId, WebhookId};
use crate::platform::Platform;
use crate::telemetry::rfc3339;
use crate::webhooks::resolver::{self, Unresolved};
use crate::webhooks::signing::EndpointSecret;
use crate::webhooks::{catalogue, check_target, custom_headers};

/// Endpoints that an account can have at a time.
pub const MAX_WEBHOOKS: i64 = 50;
/// Secrets of an endpoint that sign at a time.
pub const MAX_SECRETS: i64 = 5;
/// How long a secret signs on beside its successor unless asked otherwise, in seconds: a day.
pub const OVERLAP_SECONDS: i64 = 86_400;
/// Stands for all event types.
pub const ALL: &str = "*";

/// What an endpoint is asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookInput {
    /// In its one spelling.
    pub url: String,
    /// Names of the catalogue, or `*` alone.
    pub event_types: Vec<String>,
    /// May be empty.
    pub description: String,
    /// Whose things it is told of; `None`: its owner's own.
    pub team: Option<TeamId>,
    /// Whether it is sent anything.
    pub is_enabled: bool,
    /// Attempts in a minute, at most.
    pub rate_limit: Option<i64>,
    /// Custom headers; names in lower case.
    pub headers: Vec<(String, String)>,
}

impl WebhookInput {
    /// Takes a body that its schema has checked (its own mistakes are in `errors`) and adds the
    /// mistakes that the schema does not see. `team` is the one that it names, if its owner may have
    /// webhooks there; where not, that is in `errors`.
    pub async fn from_json(
        body: &Value,
        team: Option<TeamId>,
        config: &Config,
        platform: &Platform,
        mut errors: Vec<FieldError>,
    ) -> Result<Self, Problem> {
        let event_types = read_event_types(&body["event_types"], &mut errors);
        let headers = match body.get("headers") {
            None => Vec::new(),
            Some(Value::Object(headers)) => {
                custom_headers::check(headers).unwrap_or_else(|mistakes| {
                    errors.extend(mistakes);
                    Vec::new()
                })
            }
            Some(_) => {
                let detail = "Must be an object: names and values.";
                errors.push(FieldError::new("/headers", "invalid_type", detail));
                Vec::new()
            }
        };
        let url = read_url(body["url"].as_str(), config, platform, &mut errors).await?;
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let description = body["description"].as_str().unwrap_or_default();
        Ok(Self {
            url,
            event_types,
            description: platform.unicode.nfc(description.trim()),
            team,
            is_enabled: body["enabled"].as_bool().unwrap_or(true),
            rate_limit: body["rate_limit"].as_i64(),
            headers,
        })
    }
}

/// In the order in which they were given, each once.
fn read_event_types(list: &Value, errors: &mut Vec<FieldError>) -> Vec<String> {
    let mut read: Vec<String> = Vec::new();
    let names = list.as_array().map_or(&[][..], Vec::as_slice);
    for (index, name) in names.iter().enumerate() {
        let Some(name) = name.as_str() else { continue };
        let is_alone = names.len() == 1;
        if !(catalogue::find(name).is_some() || name == ALL && is_alone) {
            let shown: String = name.chars().take(100).collect();
            let detail = [
                "There is no event type \"",
                &shown,
                "\" to be named here. Use names of GET /api/v1/webhooks/event-types, or only *.",
            ];
            let pointer = format!("/event_types/{index}");
            errors.push(FieldError::new(
                pointer,
                "unknown_event_type",
                detail.concat(),
            ));
        } else if !read.iter().any(|known| known == name) {
            read.push(name.to_owned());
        }
    }
    read
}

/// Judges the URL, and where a resolver is configured what its name leads to.
async fn read_url(
    url: Option<&str>,
    config: &Config,
    platform: &Platform,
    errors: &mut Vec<FieldError>,
) -> Result<String, Problem> {
    let has_mistake = errors.iter().any(|error| error.pointer == "/url");
    let Some(url) = url.filter(|_| !has_mistake) else {
        return Ok(String::new());
    };
    let mut refuse = |code, detail: String| errors.push(FieldError::new("/url", code, detail));
    let target = match check_target(config, url) {
        Ok(target) => target,
        Err(refusal) => {
            refuse(refusal.code(), refusal.to_string());
            return Ok(String::new());
        }
    };
    if let (Some(resolver), Some(name)) = (&config.webhooks.resolver, target.name()) {
        match resolver::check(platform, resolver, name).await {
            Ok(()) => {}
            Err(Unresolved::Refused) => refuse(
                "private_address",
                "Use a name all of whose addresses are public.".to_owned(),
            ),
            Err(Unresolved::NoAddress) => refuse(
                "name_not_found",
                "Use a name that has an address (A or AAAA record).".to_owned(),
            ),
            Err(Unresolved::Unavailable) => {
                return Err(Problem::unavailable("the DNS resolver is out of reach"));
            }
        }
    }
    Ok(target.url().to_owned())
}

/// The secret of a body, or a fresh one.
pub fn read_secret(
    body: &Value,
    platform: &Platform,
    errors: &mut Vec<FieldError>,
) -> Option<EndpointSecret> {
    let Some(text) = body["secret"].as_str() else {
        return Some(EndpointSecret::fresh(platform));
    };
    let secret = EndpointSecret::parse(text);
    if secret.is_none() && !errors.iter().any(|error| error.pointer == "/secret") {
        let detail = "Must be whsec_ and 24 to 64 bytes in base64, with padding.";
        errors.push(FieldError::new("/secret", "invalid_secret", detail));
    }
    secret
}

/// An endpoint.
#[derive(Debug)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// What it was asked to be.
    pub input: WebhookInput,
    /// Grows with each change of what it is.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
    /// Milliseconds since 1970; `None`: it is enabled.
    pub disabled_at: Option<i64>,
    /// `owner`, `gone`, `failing`, `left_team` or `team_deleted`.
    pub disabled_reason: Option<String>,
    /// How it has been answering.
    pub health: Health,
    /// Where its rate stands: see `pace`.
    pub next_slot_us: i64,
}

/// How an endpoint has been answering.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether it has answered well since it was last found slow.
    pub is_proven: bool,
    /// Failed attempts in a row.
    pub failures: i64,
    /// Since when, in milliseconds since 1970.
    pub failing_since: Option<i64>,
    /// Until when it is left alone, in milliseconds since 1970.
    pub paused_until: i64,
    /// Whether it has let us wait and not answered since.
    pub hangs: bool,
}

impl Health {
    fn state(&self, now: i64) -> &'static str {
        if self.paused_until > now {
            "paused"
        } else if self.failures > 0 {
            "failing"
        } else if self.hangs {
            "slow"
        } else if self.is_proven {
            "healthy"
        } else {
            "new"
        }
    }

    fn document(&self, now: i64) -> Value {
        let paused_until = Some(self.paused_until).filter(|until| *until > now);
        json!({
            "state": self.state(now),
            "failures": self.failures,
            "failing_since": self.failing_since.map(rfc3339),
            "paused_until": paused_until.map(rfc3339),
        })
    }
}

impl Webhook {
    /// The members that can be changed, for a merge patch. Holds the values of all headers.
    pub fn as_input(&self) -> Value {
        let headers: Map<String, Value> = self
            .input
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        json!({
            "url": self.input.url,
            "event_types": self.input.event_types,
            "description": self.input.description,
            "team_id": self.input.team.as_ref().map(TeamId::as_str),
            "enabled": self.input.is_enabled,
            "rate_limit": self.input.rate_limit,
            "headers": headers,
        })
    }

    /// As its owner sees it at `now`.
    pub fn document(&self, now: i64) -> Value {
        let mut document = self.as_input();
        let all = self.input.headers.iter();
        let (hidden, shown): (Vec<_>, Vec<_>) =
            all.partition(|(name, _)| custom_headers::is_hidden(name));
        let shown: Map<String, Value> = shown
            .into_iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        document["headers"] = shown.into();
        document["hidden_headers"] = hidden.into_iter().map(|(name, _)| name.as_str()).collect();
        document["id"] = self.id.as_str().into();
        document["disabled_at"] = self.disabled_at.map(rfc3339).into();
        document["disabled_reason"] = self.disabled_reason.as_deref().into();
        document["health"] = self.health.document(now);
        document["created_at"] = rfc3339(self.created_at).into();
        document["updated_at"] = rfc3339(self.updated_at).into();
        document
    }

    /// The strong tag of [`Self::document`]: what it is, and how it does.
    pub fn etag(&self, now: i64) -> String {
        let Health {
            is_proven,
            failures,
            failing_since,
            paused_until,
            hangs,
        } = &self.health;
        let health = [
            i64::from(*is_proven),
            *failures,
            failing_since.unwrap_or(0),
            *paused_until,
            i64::from(*hangs),
        ];
        let mut tag = format!("\"{}", self.version);
        for number in health {
            tag.push('.');
            tag.push_str(&number.to_string());
        }
        // A pause ends by itself.
        tag.push_str(if *paused_until > now { ".p\"" } else { "\"" });
        tag
    }

    /// What it is after a change at `now`. Another URL, or being enabled again, is a new beginning.
    #[must_use]
    pub fn changed(&self, input: WebhookInput, now: i64) -> Self {
        let is_same_url = input.url == self.input.url;
        let is_enabled_again = input.is_enabled && self.disabled_at.is_some();
        let (disabled_at, disabled_reason) = match (input.is_enabled, self.disabled_at) {
            (true, _) => (None, None),
            (false, Some(at)) => (Some(at), self.disabled_reason.clone()),
            (false, None) => (Some(now), Some("owner".to_owned())),
        };
        let mut health = self.health.clone();
        if is_enabled_again || !is_same_url {
            health = Health {
                is_proven: health.is_proven && is_same_url,
                ..Health::default()
            };
        }
        Self {
            id: self.id.clone(),
            input,
            version: self.version + 1,
            created_at: self.created_at,
            updated_at: now,
            disabled_at,
            disabled_reason,
            health,
            next_slot_us: self.next_slot_us,
        }
    }
}
