//! Endpoints as values: their validated input and their document, which has neither a secret nor the
//! value of a header that may be one.

use kit::time::rfc3339;
use serde_json::{Map, Value, json};

use crate::auth::model::{Caller, Scope};
use crate::events::resolver::{self, Unresolved};
use crate::events::signing::EndpointSecret;
use crate::events::{Catalogue, EventType};
use crate::http::problem::has_mistake;
use crate::http::{FieldError, Problem, problems};
use crate::ids::{ApiKeyId, TeamId, WebhookId};
use crate::platform::Platform;
use crate::runtime::State;
use crate::webhooks::{check_target, custom_headers};

use super::proof::is_same_origin;

pub(crate) const MAX_WEBHOOKS: i64 = 50;
/// Secrets of an endpoint that sign at a time.
pub(crate) const MAX_SECRETS: i64 = 5;
/// How long a replaced secret still signs unless asked otherwise, in seconds.
pub const OVERLAP_SECONDS: i64 = 86_400;
/// Stands for all event types.
pub(crate) const ALL: &str = "*";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebhookInput {
    /// Normalised.
    pub url: String,
    /// Names of the catalogue, or `*` alone.
    pub event_types: Vec<String>,
    pub description: String,
    /// The team whose events it gets; `None`: its owner's own events.
    pub team: Option<TeamId>,
    pub is_enabled: bool,
    pub rate_limit: Option<i64>,
    /// Custom headers; names in lower case.
    pub headers: Vec<(String, String)>,
}

impl WebhookInput {
    /// Reads a body whose schema found `errors`, and adds those that the schema does not see. `team` is the
    /// one that it names.
    pub(crate) async fn from_json(
        body: &Value,
        team: Option<TeamId>,
        state: &State,
        mut errors: Vec<FieldError>,
    ) -> Result<Self, Problem> {
        let event_types = read_event_types(&body["event_types"], state.events, &mut errors);
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
        let url = read_url(body["url"].as_str(), state, &mut errors).await?;
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let description = body["description"].as_str().unwrap_or_default();
        Ok(Self {
            url,
            event_types,
            description: description.trim().to_owned(),
            team,
            is_enabled: body["enabled"].as_bool().unwrap_or(true),
            rate_limit: body["rate_limit"].as_i64(),
            headers,
        })
    }

    /// A scope that an event type of this endpoint needs and the caller lacks.
    pub(crate) fn missing_scope(&self, types: Catalogue, caller: &Caller) -> Option<Scope> {
        let named = |kind: &&EventType| {
            let mut wanted = self.event_types.iter();
            wanted.any(|wanted| wanted == ALL || wanted == kind.name)
        };
        let kinds = types.iter().filter(named);
        kinds
            .filter_map(|kind| kind.scope)
            .find(|scope| !caller.scopes.contains(*scope))
    }

    /// Whether the receiver, the events or the request differ.
    fn is_told_otherwise(&self, before: &Self) -> bool {
        self.url != before.url
            || self.event_types != before.event_types
            || self.team != before.team
            || self.headers != before.headers
    }
}

/// Who an endpoint belongs to after a change: its lifetime and the readable events follow from that.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    /// As before.
    Same,
    /// This API key.
    Key(ApiKeyId),
    /// Its owner, who has enabled it after its key had ended.
    Login,
}

/// In the order given, without duplicates.
fn read_event_types(list: &Value, types: Catalogue, errors: &mut Vec<FieldError>) -> Vec<String> {
    let mut read: Vec<String> = Vec::new();
    let names = list.as_array().map_or(&[][..], Vec::as_slice);
    for (index, name) in names.iter().enumerate() {
        let Some(name) = name.as_str() else { continue };
        let is_alone = names.len() == 1;
        if !(types.find(name).is_some() || name == ALL && is_alone) {
            let shown: String = name.chars().take(100).collect();
            let detail = [
                "There is no event type \"",
                &shown,
                "\" to be named here. Use names of GET /api/v1/webhooks/event-types, or only *.",
            ];
            let (pointer, detail) = (format!("/event_types/{index}"), detail.concat());
            errors.push(FieldError::new(pointer, "unknown_event_type", detail));
        } else if !read.iter().any(|known| known == name) {
            read.push(name.to_owned());
        }
    }
    read
}

/// Checks the URL and, with a resolver configured, the addresses of its name.
async fn read_url(
    url: Option<&str>,
    State {
        config, platform, ..
    }: &State,
    errors: &mut Vec<FieldError>,
) -> Result<String, Problem> {
    let Some(url) = url.filter(|_| !has_mistake(errors, "/url")) else {
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
            Err(Unresolved::Refused) => {
                let detail = "Use a name all of whose addresses are public.";
                refuse("private_address", detail.to_owned());
            }
            Err(Unresolved::NoAddress) => {
                let detail = "Use a name that has an address (A or AAAA record).";
                refuse("name_not_found", detail.to_owned());
            }
            Err(Unresolved::Unavailable) => {
                return Err(Problem::unavailable("the DNS resolver is out of reach"));
            }
        }
    }
    Ok(target.url().to_owned())
}

/// The secret of a body, or a fresh one.
pub(crate) fn read_secret(
    given: Option<&str>,
    platform: &Platform,
    errors: &mut Vec<FieldError>,
) -> Option<EndpointSecret> {
    let Some(text) = given else {
        return Some(EndpointSecret::fresh(platform));
    };
    let secret = EndpointSecret::parse(text);
    if secret.is_none() && !has_mistake(errors, "/secret") {
        let detail = "Must be whsec_ and 24 to 64 bytes in base64, with padding.";
        errors.push(FieldError::new("/secret", "invalid_secret", detail));
    }
    secret
}

#[derive(Debug)]
pub(crate) struct Webhook {
    pub id: WebhookId,
    /// The API key that made it: the endpoint ends with the key, and gets only events that the key may read.
    pub api_key: Option<ApiKeyId>,
    pub input: WebhookInput,
    /// Incremented by each change.
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    /// Milliseconds since 1970; `None`: it is enabled.
    pub disabled_at: Option<i64>,
    /// Why: see `schemas`.
    pub disabled_reason: Option<String>,
    pub health: Health,
    /// The state of its rate: see `endpoint_throttle`.
    pub next_slot_us: i64,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Health {
    /// Whether its URL has answered a ping with 2xx.
    pub is_proven: bool,
    /// Failed attempts in a row.
    pub failures: i64,
    /// Since when, in milliseconds since 1970.
    pub failing_since: Option<i64>,
    /// Until when it backs off, in milliseconds since 1970.
    pub paused_until: i64,
    /// Whether it was slow and has not answered since.
    pub hangs: bool,
}

impl Health {
    fn state(&self, now: i64) -> &'static str {
        if !self.is_proven {
            "unproved"
        } else if self.paused_until > now {
            "paused"
        } else if self.failures > 0 {
            "failing"
        } else if self.hangs {
            "slow"
        } else {
            "healthy"
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

fn as_map<'a>(headers: impl IntoIterator<Item = &'a (String, String)>) -> Map<String, Value> {
    let headers = headers.into_iter();
    headers
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect()
}

impl Webhook {
    /// The members that can be changed, for a merge patch. Holds the values of all headers.
    pub(crate) fn as_input(&self) -> Value {
        let headers = as_map(&self.input.headers);
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

    /// The document for its owner at `now`.
    pub(crate) fn document(&self, now: i64) -> Value {
        let mut document = self.as_input();
        let all = self.input.headers.iter();
        let (hidden, shown): (Vec<_>, Vec<_>) =
            all.partition(|(name, _)| custom_headers::is_hidden(name));
        document["headers"] = as_map(shown).into();
        document["hidden_headers"] = hidden.into_iter().map(|(name, _)| name.as_str()).collect();
        document["id"] = self.id.as_str().into();
        document["api_key_id"] = self.api_key.as_ref().map(ApiKeyId::as_str).into();
        document["disabled_at"] = self.disabled_at.map(rfc3339).into();
        document["disabled_reason"] = self.disabled_reason.as_deref().into();
        document["health"] = self.health.document(now);
        document["created_at"] = rfc3339(self.created_at).into();
        document["updated_at"] = rfc3339(self.updated_at).into();
        document
    }

    /// The strong tag of [`Self::document`].
    pub(crate) fn etag(&self, now: i64) -> String {
        let health = &self.health;
        let (is_proven, hangs) = (u8::from(health.is_proven), u8::from(health.hangs));
        let (failures, since) = (health.failures, health.failing_since.unwrap_or(0));
        let (version, until) = (self.version, health.paused_until);
        // A pause ends without a change.
        let pause = if until > now { ".p" } else { "" };
        format!("\"{version}.{is_proven}.{failures}.{since}.{until}.{hangs}{pause}\"")
    }

    /// Drops the hidden headers that a patch to another origin has not given anew.
    pub(crate) fn withhold_headers(&self, target: &mut Value, patch: &Value, url: &str) {
        if is_same_origin(url, &self.input.url) {
            return;
        }
        let Some(headers) = target["headers"].as_object_mut() else {
            return;
        };
        let given = &patch["headers"];
        let hidden = self.input.headers.iter().map(|(name, _)| name);
        for name in hidden.filter(|name| custom_headers::is_hidden(name)) {
            if !given[name.as_str()].is_string() {
                headers.remove(name);
            }
        }
    }

    /// Who the endpoint belongs to after `caller` changes it to `after` or, with `None`, its secret. A key
    /// takes over what it changes, but no endpoint of another key and none with events that it may not read.
    pub(crate) fn maker_after(
        &self,
        types: Catalogue,
        caller: &Caller,
        after: Option<&WebhookInput>,
    ) -> Result<Maker, Problem> {
        let Some(key) = caller.api_key_id() else {
            let is_enabled_again = after.is_some_and(|after| after.is_enabled);
            return Ok(match self.disabled_reason.as_deref() {
                Some("key_revoked" | "key_expired") if is_enabled_again => Maker::Login,
                _ => Maker::Same,
            });
        };
        match &self.api_key {
            Some(maker) if maker != key => {
                return Err(Problem::new(&problems::MADE_BY_ANOTHER_KEY));
            }
            Some(_) if after.is_none_or(|after| after.event_types == self.input.event_types) => {
                return Ok(Maker::Same);
            }
            None if after.is_some_and(|after| !after.is_told_otherwise(&self.input)) => {
                return Ok(Maker::Same);
            }
            _ => {}
        }
        let told = after.unwrap_or(&self.input);
        // `*` of a key's own endpoint means all events that the key may read.
        let is_bounded = self.api_key.is_some() && told.event_types == [ALL];
        if let Some(scope) = told.missing_scope(types, caller).filter(|_| !is_bounded) {
            return Err(Problem::insufficient_scope(scope.as_str()));
        }
        let taken = || Maker::Key(key.clone());
        Ok(self.api_key.as_ref().map_or_else(taken, |_| Maker::Same))
    }

    /// The endpoint after a change at `now`. Another URL, or being enabled again, resets its health; another
    /// origin has to be proved.
    #[must_use]
    pub(crate) fn changed(&self, input: WebhookInput, maker: Maker, now: i64) -> Self {
        let is_same_url = input.url == self.input.url;
        let is_same_origin = is_same_origin(&input.url, &self.input.url);
        let is_enabled_again = input.is_enabled && self.disabled_at.is_some();
        let (disabled_at, disabled_reason) = match (input.is_enabled, self.disabled_at) {
            (true, _) => (None, None),
            (false, Some(at)) => (Some(at), self.disabled_reason.clone()),
            (false, None) => (Some(now), Some("owner".to_owned())),
        };
        let mut health = self.health.clone();
        if is_enabled_again || !is_same_url {
            health = Health {
                is_proven: health.is_proven && is_same_origin,
                ..Health::default()
            };
        }
        Self {
            id: self.id.clone(),
            api_key: match maker {
                Maker::Same => self.api_key.clone(),
                Maker::Key(key) => Some(key),
                Maker::Login => None,
            },
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
