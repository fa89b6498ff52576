//! The call on the table of functions. It is public and needs no database. The table is in `model`.

use serde_json::{Map, Value, json};

use crate::game::handlers::versioned_table;
use crate::http::{Problem, Response};
use crate::runtime::Context;

use super::model::{DEFAULTS, Default, FUNCTION_IDS, FUNCTIONS, FUNCTIONS_VERSION, name_of};

/// GET /game/functions
pub async fn functions(cx: &Context<'_>) -> Result<Response, Problem> {
    let specializations: Vec<Value> = DEFAULTS.iter().map(specialization).collect();
    let table = json!({
        "functions": FUNCTIONS,
        "specializations": specializations,
    });
    versioned_table(cx, FUNCTIONS_VERSION, &table)
}

fn specialization(row: &Default) -> Value {
    let scores: Map<String, Value> = FUNCTION_IDS
        .iter()
        .zip(row.scores)
        .map(|(id, score)| ((*id).to_owned(), score.into()))
        .collect();
    json!({
        "specialization": row.specialization,
        "name": name_of(row.specialization),
        "confidence": row.confidence,
        "scores": scores,
    })
}
