//! The floors of the house: which crate, and which module of `src`, may use which others.
//! Promises that an arrow which is not in the tables fails, and so does an entry that nothing uses.
//! Leaves arrows inside a module, and those between functions, to its readers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A floor and what it uses.
type Row = (&'static str, &'static [&'static str]);

/// The crates, from the ground up. Each may use only those before it.
const CRATES: &[Row] = &[
    ("assignment", &[]),
    ("kit", &[]),
    ("platform", &["kit"]),
    ("crypto", &["kit", "platform"]),
    ("http", &["kit", "platform"]),
    ("db", &["http", "kit", "platform"]),
    ("limits", &["crypto", "http", "kit", "platform"]),
    ("auth", &["crypto", "http", "kit", "limits", "platform"]),
    ("events", &["auth", "crypto", "http", "kit", "platform"]),
    ("membership", &["auth", "http", "kit", "platform"]),
    (
        "wvw-builder",
        &[
            "assignment",
            "auth",
            "crypto",
            "db",
            "events",
            "http",
            "kit",
            "limits",
            "membership",
            "platform",
        ],
    ),
    ("testing", &["crypto", "wvw-builder"]),
];

/// The modules of `src`, from the ground up. Each may use all crates, and of the modules only those
/// before it.
const MODULES: &[Row] = &[
    ("triggers", &[]),
    ("config", &[]),
    ("idempotency", &["config"]),
    ("runtime", &["config", "idempotency"]),
    // Features.
    ("game", &["runtime"]),
    ("mail", &["runtime"]),
    ("accounts", &["config", "idempotency", "mail", "runtime"]),
    ("builds", &["game", "runtime"]),
    ("squads", &["builds", "game", "runtime"]),
    ("webhooks", &["config", "runtime"]),
    (
        "teams",
        &["builds", "accounts", "runtime", "squads", "webhooks"],
    ),
    // What reaches across features.
    ("catalogue", &["builds", "squads", "teams", "webhooks"]),
    ("sealed_columns", &["accounts", "mail", "webhooks"]),
    ("tags", &["builds", "runtime"]),
    ("dashboard", &["runtime"]),
    (
        "end_everything",
        &["accounts", "runtime", "squads", "teams", "webhooks"],
    ),
    (
        "personal_data",
        &[
            "builds",
            "idempotency",
            "accounts",
            "runtime",
            "squads",
            "teams",
            "webhooks",
        ],
    ),
    (
        "housekeeping",
        &[
            "config",
            "idempotency",
            "accounts",
            "mail",
            "runtime",
            "teams",
            "triggers",
            "webhooks",
        ],
    ),
    ("docs", &["runtime"]),
    ("faults", &["runtime"]),
    ("health", &["runtime"]),
    // The way of a request.
    (
        "routes",
        &[
            "builds",
            "dashboard",
            "docs",
            "end_everything",
            "faults",
            "game",
            "health",
            "accounts",
            "personal_data",
            "runtime",
            "squads",
            "tags",
            "teams",
            "webhooks",
        ],
    ),
    ("openapi", &["idempotency", "routes"]),
    (
        "app",
        &[
            "catalogue",
            "config",
            "housekeeping",
            "idempotency",
            "accounts",
            "mail",
            "routes",
            "runtime",
            "sealed_columns",
            "triggers",
            "webhooks",
        ],
    ),
    ("edge", &["app", "config"]),
];

/// The package at the top.
const PRODUCT: &str = "wvw-builder";

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file at or below `path`.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        let is_rust = path.extension().is_some_and(|ending| ending == "rs");
        return Vec::from_iter(is_rust.then(|| path.to_owned()));
    }
    let entries = std::fs::read_dir(path).expect("a folder of the checkout");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| sources(&path)).collect()
}

/// The code without its comments: those begin their lines here.
fn code(path: &Path) -> String {
    let text = read(path);
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn word(text: &str) -> String {
    let is_word = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    text.trim_start().chars().take_while(is_word).collect()
}

/// The names right below `crate::`, also those in braces.
fn roots(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, found) in code.match_indices("crate::") {
        let rest = &code[at + found.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut is_first = true;
        for (at, c) in group.char_indices() {
            match c {
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                '{' => depth += 1,
                ',' if depth == 0 => is_first = true,
                c if is_first && !c.is_whitespace() => {
                    names.insert(word(&group[at..]));
                    is_first = false;
                }
                _ => {}
            }
        }
    }
    names
}

/// What each module of `src` uses of the others.
fn module_arrows() -> Arrows {
    let mut arrows = Arrows::new();
    let src = root().join("src");
    for path in sources(&src) {
        let inside = path.strip_prefix(&src).expect("a file of src");
        let first = inside.components().next().expect("a name").as_os_str();
        let module = first.to_string_lossy().replace(".rs", "");
        arrows
            .entry(module)
            .or_default()
            .extend(roots(&code(&path)));
    }
    arrows.remove("lib");
    let modules: Vec<String> = arrows.keys().cloned().collect();
    for (module, uses) in &mut arrows {
        // The others are the crates under their old paths.
        uses.retain(|used| used != module && modules.contains(used));
    }
    arrows
}

/// What each crate names in its `Cargo.toml`, as far as its code uses it.
fn crate_arrows() -> Arrows {
    let folder = root().join("crates");
    let entries = std::fs::read_dir(&folder).expect("the crates");
    let name = |path: PathBuf| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let crates: Vec<String> = entries
        .filter_map(|entry| name(entry.expect("an entry").path()))
        .collect();
    let places = crates.iter().map(|name| (name.clone(), folder.join(name)));
    let own = (PRODUCT.to_owned(), root().to_owned());
    let all = places.chain([own]);
    all.map(|(name, place)| {
        let manifest = read(&place.join("Cargo.toml"));
        let manifest: Value = basic_toml::from_str(&manifest).expect("TOML");
        let targets = manifest["target"].as_object().into_iter().flatten();
        let tables = targets.map(|(_, target)| target).chain([&manifest]);
        let named: BTreeSet<String> = tables
            .filter_map(|table| table["dependencies"].as_object())
            .flat_map(|table| table.keys().cloned())
            .filter(|name| crates.contains(name) || name == PRODUCT)
            .collect();
        let all: String = sources(&place.join("src"))
            .iter()
            .map(|path| code(path))
            .collect();
        for dependency in &named {
            let is_used = all.contains(&format!("{}::", dependency.replace('-', "_")));
            assert!(is_used, "{name} names {dependency} and does not use it");
        }
        (name, named)
    })
    .collect()
}

/// Compares what is there with a table.
fn compare(table: &[Row], arrows: &Arrows) -> Vec<String> {
    let mut mistakes = Vec::new();
    for name in arrows.keys() {
        if !table.iter().any(|(listed, _)| listed == name) {
            mistakes.push(format!("{name} is not in the table"));
        }
    }
    for (floor, (name, uses)) in table.iter().enumerate() {
        let Some(found) = arrows.get(*name) else {
            mistakes.push(format!("{name} is in the table only"));
            continue;
        };
        let below: Vec<&str> = table[..floor].iter().map(|(name, _)| *name).collect();
        for used in uses.iter().filter(|used| !below.contains(used)) {
            mistakes.push(format!(
                "the table lets {name} use {used}, which is not below it"
            ));
        }
        for used in found {
            if !uses.contains(&used.as_str()) {
                mistakes.push(format!("{name} uses {used}"));
            }
        }
        for used in *uses {
            if !found.contains(*used) {
                mistakes.push(format!("{name} does not use {used} any more: take it out"));
            }
        }
    }
    mistakes
}

#[test]
fn arrows_point_down() {
    let mut mistakes = compare(CRATES, &crate_arrows());
    mistakes.extend(compare(MODULES, &module_arrows()));
    assert!(mistakes.is_empty(), "\n{}", mistakes.join("\n"));
}

#[test]
fn names_below_the_root_are_found() {
    let code = "use crate::{a::{b, c}, d};\ncrate::e::f(); use super::g; $crate::h::i!()";
    assert_eq!(Vec::from_iter(roots(code)), ["a", "d", "e", "h"]);
}

#[test]
fn each_kind_of_mistake_is_found() {
    let table: &[Row] = &[("low", &[]), ("high", &["low"])];
    let arrows = |all: &[(&str, &[&str])]| -> Arrows {
        let row = |(name, uses): &(&str, &[&str])| {
            let uses = uses.iter().map(|used| (*used).to_owned());
            ((*name).to_owned(), uses.collect())
        };
        all.iter().map(row).collect()
    };
    let good = arrows(&[("low", &[]), ("high", &["low"])]);
    assert_eq!(compare(table, &good), Vec::<String>::new());
    let upwards = arrows(&[("low", &["high"]), ("high", &["low"])]);
    assert_eq!(compare(table, &upwards), ["low uses high"]);
    let unused = arrows(&[("low", &[]), ("high", &[])]);
    assert_eq!(compare(table, &unused).len(), 1);
    let new = arrows(&[("low", &[]), ("high", &["low"]), ("new", &[])]);
    assert_eq!(compare(table, &new), ["new is not in the table"]);
    let turned: &[Row] = &[("high", &["low"]), ("low", &[])];
    assert_eq!(compare(turned, &good).len(), 1);
}
