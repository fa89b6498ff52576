//! The call on presets. It is public and needs no database.

use serde_json::{Value, json};

use crate::game::handlers::versioned_table;
use crate::http::{Problem, Response, etag};
use crate::runtime::Context;

use super::{ALL, Preset};

/// GET /game/presets
pub async fn presets(cx: &Context<'_>) -> Result<Response, Problem> {
    let rows: Vec<Value> = ALL.iter().map(row).collect();
    let table = json!({ "data": rows, "next_cursor": null });
    let tag = etag::of_parts(&[&table.to_string()]);
    versioned_table(cx, tag.trim_matches('"'), &table)
}

fn row(preset: &Preset) -> Value {
    let targets = preset.targets.iter();
    let targets: Vec<Value> = targets
        .map(|(role, count)| json!({ "role": role, "count": count }))
        .collect();
    json!({
        "id": preset.id,
        "name": preset.name,
        "players": preset.players(),
        "targets": targets,
    })
}
