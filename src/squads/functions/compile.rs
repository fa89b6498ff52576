//! Compiles the table of what each specialization contributes to a squad (`src/squads/functions.json`).
//! Contradictions in the table, or with the reference tables, stop the build; all of them are reported.
//! Types and look-ups are in `src/squads/functions/model.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::{Reference, fnv1a, table, unique};

/// Where it is written down.
pub const TABLE: &str = "src/squads/functions.json";
const SCORE_MAX: u8 = 3;
/// What the code itself speaks of.
const NEEDED: &str = "stability";

/// The table as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Functions {
    functions: Vec<Function>,
    specializations: Vec<Specialization>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Function {
    id: String,
    name: String,
    kind: Kind,
    target: Option<u16>,
    weight: u16,
    about: String,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Party,
    Squad,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Specialization {
    id: u8,
    name: String,
    confidence: Confidence,
    /// The weapon that the game gives to this specialization alone.
    weapon: Option<u16>,
    scores: BTreeMap<String, u8>,
}

#[derive(Deserialize, Debug)]
enum Confidence {
    A,
    B,
    C,
}

/// Reads the table and names all of its contradictions, one a line.
pub fn parse(text: &str, reference: &Reference) -> Result<Functions, String> {
    let functions: Functions = serde_json::from_str(text).map_err(|e| format!("{TABLE}: {e}"))?;
    let found = contradictions(&functions, reference);
    if found.is_empty() {
        return Ok(functions);
    }
    Err(format!(
        "{TABLE} contradicts itself:\n- {}",
        found.join("\n- ")
    ))
}

fn contradictions(table: &Functions, reference: &Reference) -> Vec<String> {
    let mut found = Vec::new();
    let functions = &table.functions;
    unique("function id", functions.iter().map(|f| &f.id), &mut found);
    if !functions.iter().any(|f| f.id == NEEDED) {
        found.push(format!("the function {NEEDED} is missing"));
    }
    for function in functions {
        // What has no target is never said to lack, and what has one is.
        if function.target.is_some_and(|target| target > 0) != (function.weight > 0) {
            found.push(format!(
                "{}: a target above 0 and a weight above 0 go together",
                function.id
            ));
        }
    }
    let rows = &table.specializations;
    unique(
        "specialization id",
        rows.iter().map(|row| row.id),
        &mut found,
    );
    let elites = || reference.professions.iter().flat_map(|p| &p.elite);
    for row in rows {
        match elites().find(|elite| elite.id == row.id) {
            None => found.push(format!("{} is no elite specialization", row.id)),
            Some(elite) if elite.name != row.name => {
                found.push(format!("{} is called {}", row.id, elite.name));
            }
            Some(_) => {}
        }
        if row
            .weapon
            .is_some_and(|id| !reference.weapons.iter().any(|weapon| weapon.id == id))
        {
            found.push(format!("{}: there is no such weapon", row.name));
        }
        for (id, score) in &row.scores {
            if !functions.iter().any(|function| function.id == *id) {
                found.push(format!("{}: there is no function {id}", row.name));
            }
            if *score == 0 || *score > SCORE_MAX {
                found.push(format!("{}: {id} is not from 1 to {SCORE_MAX}", row.name));
            }
        }
    }
    for elite in elites().filter(|elite| !rows.iter().any(|row| row.id == elite.id)) {
        found.push(format!("{} has no scores", elite.name));
    }
    found
}

/// The tables as Rust.
pub fn render(functions: &Functions, text: &str) -> Result<String, std::fmt::Error> {
    let mut code = String::from("// Made by build.rs from src/squads/functions.json.\n");
    let ids: Vec<&str> = functions.functions.iter().map(|f| f.id.as_str()).collect();
    let needed = ids.iter().position(|id| *id == NEEDED).unwrap_or(0);
    writeln!(
        code,
        "/// Changes with every change of the table: FNV-1a of its source, 8 hex digits.\n\
         pub const FUNCTIONS_VERSION: &str = \"{:08x}\";\n\
         /// How many functions there are.\n\
         pub const FUNCTION_COUNT: usize = {};\n\
         /// Their ids, in the order of [`FUNCTIONS`].\n\
         pub const FUNCTION_IDS: [&str; FUNCTION_COUNT] = {ids:?};\n\
         /// The place of stability among them.\n\
         pub const STABILITY: usize = {needed};",
        fnv1a(text.as_bytes()),
        ids.len(),
    )?;
    table(
        &mut code,
        (
            "All functions, those that allies get first in the game's own order of boons.",
            "FUNCTIONS",
            "Function",
        ),
        functions.functions.iter().map(|f| {
            format!(
                "Function {{ id: {:?}, name: {:?}, kind: FunctionKind::{:?}, target: {:?}, weight: {}, about: {:?} }}",
                f.id, f.name, f.kind, f.target, f.weight, f.about
            )
        }),
    )?;
    let mut rows: Vec<_> = functions.specializations.iter().collect();
    rows.sort_by_key(|row| row.id);
    writeln!(
        code,
        "/// The default scores, in the order of the specializations' ids.\n\
         pub static DEFAULTS: &[Default] = &["
    )?;
    for row in rows {
        let scores: Vec<u8> = ids
            .iter()
            .map(|id| row.scores.get(*id).copied().unwrap_or(0))
            .collect();
        writeln!(
            code,
            "    Default {{ specialization: {}, confidence: Confidence::{:?}, weapon: {:?}, scores: {scores:?} }},",
            row.id, row.confidence, row.weapon
        )?;
    }
    writeln!(code, "];")?;
    Ok(code)
}
