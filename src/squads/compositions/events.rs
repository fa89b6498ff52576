//! The webhook events of compositions.

use crate::auth::model::Scope;
use crate::events::event_types;
use crate::http::object;
use crate::http::schema::{Schema, Text};

use super::schemas;

const EXAMPLE: &str = include_str!("composition.example.json").trim_ascii_end();
const ID: Schema = Text::formatted(38, 38, "typeid");
const GONE: Schema = object! { required id: ID, "The composition's id."; };

event_types! { Some(Scope::CompositionsRead);
    CREATED = "composition.created", EXAMPLE, "A composition was made.", Whole(schemas::COMPOSITION);
    UPDATED = "composition.updated", EXAMPLE, "A composition was changed.", Whole(schemas::COMPOSITION);
    DELETED = "composition.deleted", r#"{"id":"composition_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
        "A composition was deleted.", Exact(GONE);
}
