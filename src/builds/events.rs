//! The webhook events of builds.

use crate::auth::model::Scope;
use crate::events::{EventType, event_type};
use crate::http::object;
use crate::http::schema::{Schema, Text};

const EXAMPLE: &str = include_str!("build.example.json").trim_ascii_end();
const ID: Schema = Text::formatted(32, 32, "typeid");
const GONE: Schema = object! { required id: ID, "The build's id."; };

/// A build was stored.
pub static CREATED: EventType = event_type!(
    "build.created",
    Some(Scope::BuildsRead),
    EXAMPLE,
    "A build was stored.",
    Whole(super::schemas::BUILD)
);
/// A build was changed.
pub static UPDATED: EventType = event_type!(
    "build.updated",
    Some(Scope::BuildsRead),
    EXAMPLE,
    "A build was changed.",
    Whole(super::schemas::BUILD)
);
/// A build was deleted, or taken from a team.
pub static DELETED: EventType = event_type!(
    "build.deleted",
    Some(Scope::BuildsRead),
    r#"{"id":"build_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
    "A build was deleted, or taken from the team that is told.",
    Exact(GONE)
);
