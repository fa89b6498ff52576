//! The webhook events of compositions.

use crate::auth::model::Scope;
use crate::events::{EventType, event_type};
use crate::http::object;
use crate::http::schema::{Schema, Text};

const EXAMPLE: &str = include_str!("composition.example.json").trim_ascii_end();
const ID: Schema = Text::formatted(38, 38, "typeid");
const GONE: Schema = object! { required id: ID, "The composition's id."; };

/// A composition was made.
pub static CREATED: EventType = event_type!(
    "composition.created",
    Some(Scope::CompositionsRead),
    EXAMPLE,
    "A composition was made.",
    Whole(super::schemas::COMPOSITION)
);
/// A composition was changed.
pub static UPDATED: EventType = event_type!(
    "composition.updated",
    Some(Scope::CompositionsRead),
    EXAMPLE,
    "A composition was changed.",
    Whole(super::schemas::COMPOSITION)
);
/// A composition was deleted.
pub static DELETED: EventType = event_type!(
    "composition.deleted",
    Some(Scope::CompositionsRead),
    r#"{"id":"composition_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
    "A composition was deleted.",
    Exact(GONE)
);
