//! The catalogue of event types as a document: what GET /webhooks/event-types serves.
//! Promises for each type of `catalogue` a JSON Schema of its `data` and an example payload.
//! Leaves writing the file to `scripts/openapi.mjs`.

use serde_json::{Map, Value, json};

use crate::auth::model::{Scope, TIME};
use crate::builds::schemas::BUILD;
use crate::http::schema::{Field, Schema, Text};
use crate::squads::compositions::schemas::COMPOSITION;
use crate::teams::members::schemas::TOLD_MEMBER;
use crate::teams::schemas::{ID as TEAM_ID, TOLD_TEAM};
use crate::webhooks::endpoints::schemas::ID as WEBHOOK_ID;

use super::{catalogue, outbox};

/// When the events of the examples happened.
const AT: &str = "2026-11-22T18:00:00.000Z";

const BUILD_ID: Schema = Text::formatted(32, 32, "typeid");
const DELETED: Schema = Schema::Object(&[Field::required("id", &BUILD_ID, "The build's id.")]);
const COMPOSITION_ID: Schema = Text::formatted(38, 38, "typeid");
const DELETED_COMPOSITION: Schema = Schema::Object(&[Field::required(
    "id",
    &COMPOSITION_ID,
    "The composition's id.",
)]);
const DELETED_TEAM: Schema = Schema::Object(&[Field::required("id", &TEAM_ID, "The team's id.")]);
const DISABLED: Schema = Schema::Object(&[
    Field::required("id", &WEBHOOK_ID, "The webhook's id."),
    Field::required("url", &Text::of(1, 2_000), "Where it was."),
    Field::required(
        "reason",
        &Schema::Choice(&["gone", "failing"]),
        "gone: it answered 410. failing: it did nothing but fail for 5 days.",
    ),
    Field::required(
        "failing_since",
        &TIME,
        "Since when it did nothing but fail.",
    ),
    Field::required("disabled_at", &TIME, "When it was disabled."),
]);

/// What a type is about, and its `data`.
fn entry(name: &str) -> (&'static str, Value) {
    let of = |schema: &Schema| {
        let mut named = Map::new();
        let mut document = schema.document(&mut named);
        if !named.is_empty() {
            document["$defs"] = named.into();
        }
        document
    };
    let whole_or_id = |schema: &Schema| {
        let mut named = Map::new();
        let document = schema.document(&mut named);
        let truncated = json!({
            "type": "object",
            "description": "Where the whole would make a payload of 20 kB: read it by its id.",
            "required": ["id", "is_truncated"],
            "additionalProperties": false,
            "properties": { "id": { "type": "string" }, "is_truncated": { "const": true } },
        });
        json!({ "anyOf": [document, truncated], "$defs": named })
    };
    match name {
        "build.created" => ("A build was stored.", whole_or_id(&BUILD)),
        "build.updated" => ("A build was changed.", whole_or_id(&BUILD)),
        "build.deleted" => (
            "A build was deleted, or taken from the team that is told.",
            of(&DELETED),
        ),
        "composition.created" => ("A composition was made.", whole_or_id(&COMPOSITION)),
        "composition.updated" => ("A composition was changed.", whole_or_id(&COMPOSITION)),
        "composition.deleted" => ("A composition was deleted.", of(&DELETED_COMPOSITION)),
        "team.created" => ("A team was made.", whole_or_id(&TOLD_TEAM)),
        "team.updated" => (
            "A team's name, tag or description was changed.",
            whole_or_id(&TOLD_TEAM),
        ),
        "team.deleted" => (
            "A team was deleted. Its webhooks are told of nothing after this.",
            of(&DELETED_TEAM),
        ),
        "team.member_added" => ("Someone has come into a team.", of(&TOLD_MEMBER)),
        "team.member_updated" => ("A member of a team has another role.", of(&TOLD_MEMBER)),
        "team.member_removed" => (
            "Someone has left a team, or was removed. A deleted account goes without a word.",
            of(&TOLD_MEMBER),
        ),
        "webhook.disabled" => (
            "A webhook was disabled because of what it answered. Its owner's other webhooks are told.",
            of(&DISABLED),
        ),
        _ => (
            "Nothing has happened: the first thing that a URL is sent, to be answered with 2xx, and a test.",
            json!({ "type": "object", "additionalProperties": false }),
        ),
    }
}

/// The whole document.
pub fn document() -> Value {
    let types = catalogue::ALL.iter().map(|kind| {
        let (about, schema) = entry(kind.name);
        let schema = schema
            .to_string()
            .replace("#/components/schemas/", "#/$defs/");
        let mut schema: Value = serde_json::from_str(&schema).unwrap_or_default();
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        let payload = outbox::payload(kind.name, AT, kind.data);
        json!({
            "name": kind.name,
            "description": about,
            "scope": kind.scope.map(Scope::as_str),
            "schema": schema,
            "example": serde_json::from_str::<Value>(&payload).unwrap_or_default(),
        })
    });
    json!({ "data": types.collect::<Value>() })
}
