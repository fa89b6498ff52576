//! The webhook events of builds.

use crate::auth::model::Scope;
use crate::events::event_types;
use crate::http::object;
use crate::http::schema::{Schema, Text};

use super::schemas;

const EXAMPLE: &str = include_str!("build.example.json").trim_ascii_end();
const ID: Schema = Text::formatted(32, 32, "typeid");
const GONE: Schema = object! { required id: ID, "The build's id."; };

event_types! { Some(Scope::BuildsRead);
    CREATED = "build.created", EXAMPLE, "A build was stored.", Whole(schemas::BUILD);
    UPDATED = "build.updated", EXAMPLE, "A build was changed.", Whole(schemas::BUILD);
    DELETED = "build.deleted", r#"{"id":"build_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
        "A build was deleted, or taken from the team that is told.", Exact(GONE);
}
