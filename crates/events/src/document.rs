//! The catalogue of event types as a document, which GET /webhooks/event-types serves: for each a JSON
//! Schema of its `data` and an example payload.

use serde_json::{Map, Value, json};

use auth::model::Scope;
use http::schema::Schema;

use super::{Catalogue, outbox};

/// When the events of the examples happened.
const AT: &str = "2026-11-22T18:00:00.000Z";

/// What the `data` of an event looks like.
pub enum Data {
    /// This schema.
    Exact(&'static Schema),
    /// This schema, or the id alone where the whole would be too large.
    Whole(&'static Schema),
}

impl Data {
    fn document(&self) -> Value {
        let mut named = Map::new();
        match self {
            Self::Exact(schema) => {
                let mut document = schema.document(&mut named);
                if !named.is_empty() {
                    document["$defs"] = named.into();
                }
                document
            }
            Self::Whole(schema) => {
                let document = schema.document(&mut named);
                let truncated = json!({
                    "type": "object",
                    "description": "Where the whole would make a payload of 20 kB: read it by its id.",
                    "required": ["id", "is_truncated"],
                    "additionalProperties": false,
                    "properties": { "id": { "type": "string" }, "is_truncated": { "const": true } },
                });
                json!({ "anyOf": [document, truncated], "$defs": named })
            }
        }
    }
}

impl Catalogue {
    /// The whole document.
    pub fn document(self) -> Value {
        let types = self.iter().map(|kind| {
            let schema = kind
                .data
                .document()
                .to_string()
                .replace("#/components/schemas/", "#/$defs/");
            let mut schema: Value = serde_json::from_str(&schema).unwrap_or_default();
            schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
            let payload = outbox::payload(kind.name, AT, kind.example);
            json!({
                "name": kind.name,
                "description": kind.about,
                "scope": kind.scope.map(Scope::as_str),
                "schema": schema,
                "example": serde_json::from_str::<Value>(&payload).unwrap_or_default(),
            })
        });
        json!({ "data": types.collect::<Value>() })
    }
}
