//! API keys as values: input and document. Every key expires.

use kit::time::{parse_rfc3339, rfc3339};
use serde_json::{Value, json};

use crate::auth::api_key;
use crate::auth::model::{OPTIONAL_TIME, Scope, Scopes, TIME};
use crate::http::schema::{Field, Schema, Text};
use crate::http::{FieldError, Problem, body, object};
use crate::ids::ApiKeyId;

/// Maximum number of keys of an account.
pub const MAX_KEYS: i64 = 50;
/// Longest and default lifetime of a key: 365 days.
pub const LONGEST_MS: i64 = 365 * 86_400_000;

const NAME: Schema = Text::name(1, 100);
/// The scopes of `permissions::scopes_for_api_keys`.
const SCOPE: Schema = Schema::Choice(&[
    "account:read",
    "builds:read",
    "builds:write",
    "teams:read",
    "teams:write",
    "compositions:read",
    "compositions:write",
    "webhooks:read",
    "webhooks:write",
]);
const SCOPES: Schema = Schema::list(&SCOPE, 1, Scope::ALL.len());
const END: Schema = Schema::Text(Text {
    min: 20,
    max: 30,
    format: "date-time",
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z$",
    matches: |text| parse_rfc3339(text).is_some(),
});

const ID_FIELD: Field = Field::required("id", &ID, "TypeID with the prefix key.");
const NAME_FIELD: Field = Field::required("name", &NAME, "What it is for, in your words.");
const SCOPES_FIELD: Field = Field::required("scopes", &SCOPES, "What it may do.");
const CREATED_FIELD: Field = Field::required("created_at", &TIME, "When it was made.");
const EXPIRES_FIELD: Field = Field::required("expires_at", &TIME, "When it ends.");
const USED_FIELD: Field = Field::required(
    "last_used_at",
    &OPTIONAL_TIME,
    "When it was last used, to about a minute; null: never.",
);

pub const ID: Schema = Text::formatted(30, 30, "typeid");

body! {
    /// Body of POST /auth/api-keys.
    pub struct KeyInput = "ApiKeyInput", r#"{"name":"Discord bot","scopes":["builds:read"]}"# {
        required name: String = NAME, "What it is for, in your words.";
        required scopes: Vec<String> = SCOPES, "What it may do.";
        optional expires_at: String = END,
            "When it shall end: RFC 3339 in UTC, at most 365 days ahead. Left out: in 365 days.";
    }
}

/// A key as its owner sees it.
pub const KEY: Schema = object! { "ApiKey":
    ..ID_FIELD;
    ..NAME_FIELD;
    ..SCOPES_FIELD;
    ..CREATED_FIELD;
    ..EXPIRES_FIELD;
    ..USED_FIELD;
};

/// A key as it is shown once.
pub const SHOWN_KEY: Schema = object! { "ApiKeyCreated":
    ..ID_FIELD;
    ..NAME_FIELD;
    ..SCOPES_FIELD;
    ..CREATED_FIELD;
    ..EXPIRES_FIELD;
    ..USED_FIELD;
    required key: Text::of(api_key::LENGTH, api_key::LENGTH),
        "The key. It is not shown again: only its SHA-256 is kept.";
};

/// The input for a key that has passed every check except those of the database.
#[derive(Debug)]
pub struct NewApiKey {
    /// In NFC.
    pub name: String,
    /// At least one.
    pub scopes: Scopes,
    pub expires_at: i64,
}

impl NewApiKey {
    /// Adds the mistakes that depend on the time to those of the checked body, `errors`.
    pub fn of(given: KeyInput, now: i64, mut errors: Vec<FieldError>) -> Result<Self, Problem> {
        let mut refuse = |pointer: &str, code: &'static str, detail: &'static str| {
            errors.push(FieldError::new(pointer, code, detail));
        };
        let asked = parse_rfc3339(&given.expires_at);
        let expires_at = asked.unwrap_or(now + LONGEST_MS);
        if expires_at <= now || expires_at > now + LONGEST_MS {
            let detail = "Must be in the future, and at most 365 days ahead.";
            refuse("/expires_at", "out_of_range", detail);
        }
        Problem::check(errors)?;
        let scopes = given.scopes.iter();
        Ok(Self {
            name: given.name,
            scopes: Scopes::of(scopes.filter_map(|word| Scope::parse(word))),
            expires_at,
        })
    }
}

/// A key without its text.
#[derive(Debug)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub scopes: Scopes,
    pub created_at: i64,
    pub expires_at: i64,
    /// `None`: never used.
    pub last_used_at: Option<i64>,
}

impl ApiKey {
    /// As its owner sees it ([`KEY`]).
    pub fn document(&self) -> Value {
        let scopes: Vec<&str> = self.scopes.iter().map(Scope::as_str).collect();
        json!({
            "id": self.id.as_str(),
            "name": self.name,
            "scopes": scopes,
            "created_at": rfc3339(self.created_at),
            "expires_at": rfc3339(self.expires_at),
            "last_used_at": self.last_used_at.map(rfc3339),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::permissions::scopes_for_api_keys;

    #[test]
    fn the_words_are_those_that_keys_can_use() {
        let Schema::Choice(words) = SCOPE else {
            panic!("a choice");
        };
        assert_eq!(words.join(" "), scopes_for_api_keys().to_string());
    }
}
