//! The floors of the house: which crate, and which module of `src`, may use which others.
//! An arrow that is not in the tables fails, and so does an entry that nothing uses. Arrows inside a
//! module are not looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A floor and what it uses, separated by spaces.
type Row = (&'static str, &'static str);

/// The crates, from the ground up. Each may use only those before it.
const CRATES: &[Row] = &[
    ("assignment", ""),
    ("kit", ""),
    ("platform", "kit"),
    ("crypto", "kit platform"),
    ("http", "kit platform"),
    ("db", "crypto http kit platform"),
    ("limits", "crypto http kit platform"),
    ("auth", "crypto db http kit limits platform"),
    ("events", "auth crypto http kit platform"),
    ("membership", "auth http kit platform"),
    (
        "wvw-builder",
        "assignment auth crypto db events http kit limits membership platform",
    ),
    ("testing", "crypto wvw-builder"),
];

/// The modules of `src`, from the ground up. Each may use all crates, and of the modules only those
/// before it.
const MODULES: &[Row] = &[
    ("triggers", ""),
    ("config", ""),
    ("idempotency", "config"),
    ("runtime", "config idempotency"),
    // Features.
    ("game", "runtime"),
    ("mail", "runtime"),
    ("accounts", "config idempotency mail runtime"),
    ("builds", "game runtime"),
    ("squads", "builds game runtime"),
    ("webhooks", "config runtime"),
    ("teams", "accounts builds runtime squads webhooks"),
    // What reaches across features.
    ("catalogue", "builds squads teams webhooks"),
    ("sealed_columns", "accounts mail webhooks"),
    ("tags", "builds runtime squads"),
    ("dashboard", "runtime"),
    ("end_everything", "accounts runtime squads teams webhooks"),
    (
        "personal_data",
        "accounts builds idempotency runtime squads teams webhooks",
    ),
    (
        "housekeeping",
        "accounts config idempotency mail runtime teams triggers webhooks",
    ),
    ("docs", "runtime"),
    ("faults", "runtime"),
    ("health", "runtime"),
    // The way of a request.
    (
        "routes",
        "accounts builds dashboard docs end_everything faults game health personal_data runtime \
         squads tags teams webhooks",
    ),
    ("openapi", "idempotency routes"),
    (
        "app",
        "accounts catalogue config housekeeping idempotency mail routes runtime sealed_columns \
         triggers webhooks",
    ),
    ("edge", "app config"),
];

/// Names of public types that are declared more than once, and why.
const SHARED_NAMES: &[(&str, &str)] = &[
    ("Body", "the trait of what is read of a body; its bytes"),
    ("Cache", "the port; what a feature keeps through it"),
    ("Entry", "of the audit log; of a cache"),
    ("Listed", "a page of a list, of documents or of rows"),
    ("Member", "of a team; of a JSON object"),
    ("Text", "a text of the database; a schema of texts"),
    ("WriteGrant", "each feature's right to write one of its own"),
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

/// The names that `super::` leads to from a file this many modules below the root, if they are
/// below the root themselves.
fn roots_by_super(code: &str, depth: usize) -> BTreeSet<String> {
    let up = "super::".repeat(depth);
    let found = code.match_indices(&up);
    found
        .map(|(at, found)| word(&code[at + found.len()..]))
        .collect()
}

/// What each module of `src` uses of the others.
fn module_arrows() -> Arrows {
    let mut arrows = Arrows::new();
    let src = root().join("src");
    for path in sources(&src) {
        let inside = path.strip_prefix(&src).expect("a file of src");
        let inside = inside.with_extension("");
        let names: Vec<_> = inside.iter().map(|name| name.to_string_lossy()).collect();
        let depth = names.iter().filter(|name| *name != "mod").count();
        let code = code(&path);
        let uses = arrows.entry(names[0].to_string()).or_default();
        uses.extend(roots(&code));
        // In a file of the root, `super` is also what tests in it are in.
        if depth > 1 {
            uses.extend(roots_by_super(&code, depth));
        }
    }
    arrows.remove("lib");
    let modules: Vec<String> = arrows.keys().cloned().collect();
    for (module, uses) in &mut arrows {
        // The others are the crates, which `lib.rs` exports.
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
        let uses: BTreeSet<&str> = uses.split_whitespace().collect();
        let Some(found) = arrows.get(*name) else {
            mistakes.push(format!("{name} is in the table only"));
            continue;
        };
        let found = found.iter().map(String::as_str).collect();
        let below = table[..floor].iter().map(|(name, _)| *name).collect();
        for used in uses.difference(&below) {
            mistakes.push(format!(
                "the table lets {name} use {used}, which is not below it"
            ));
        }
        for used in BTreeSet::difference(&found, &uses) {
            mistakes.push(format!("{name} uses {used}"));
        }
        for used in uses.difference(&found) {
            mistakes.push(format!("{name} does not use {used} any more: take it out"));
        }
    }
    mistakes
}

/// The floors of each line of the graph in `docs/ARCHITECTURE.md`, from the top.
fn graph() -> Vec<Vec<String>> {
    const NAMES: usize = 24;
    let text = read(&root().join("docs/ARCHITECTURE.md"));
    let block = text.split("```").nth(1).expect("a graph");
    let is_floor = |word: &&str| CRATES.iter().chain(MODULES).any(|(name, _)| name == word);
    let names = |line: &str| {
        let is_whole = line.split_whitespace().all(|word| is_floor(&word));
        let names = line.get(..NAMES).filter(|_| !is_whole).unwrap_or(line);
        let names = names.split_whitespace().filter(is_floor);
        names.map(str::to_owned).collect()
    };
    block.lines().map(names).collect()
}

#[test]
fn arrows_point_down() {
    let mut mistakes = compare(CRATES, &crate_arrows());
    mistakes.extend(compare(MODULES, &module_arrows()));
    assert!(mistakes.is_empty(), "\n{}", mistakes.join("\n"));
}

#[test]
fn the_graph_in_the_documents_has_the_same_floors_and_arrows() {
    let graph = graph();
    let line_of = |name: &str| {
        graph
            .iter()
            .position(|line| line.iter().any(|it| it == name))
    };
    let rows = CRATES.iter().chain(MODULES);
    for (name, uses) in rows.filter(|(name, _)| ![PRODUCT, "testing"].contains(name)) {
        let line = line_of(name).unwrap_or_else(|| panic!("{name} is not in the graph"));
        for used in uses.split_whitespace() {
            assert!(line_of(used) > Some(line), "{used} is not below {name}");
        }
    }
}

/// The names of public types that `code` declares at the level of its module.
fn public_types(code: &str) -> Vec<String> {
    let declared = |line: &str| {
        let rest = line.strip_prefix("pub")?;
        let rest = rest.strip_prefix("(crate)").unwrap_or(rest).trim_start();
        let mut kinds = ["struct ", "enum ", "trait ", "type "].iter();
        let name = kinds.find_map(|kind| rest.strip_prefix(kind))?;
        Some(word(name))
    };
    code.lines().filter_map(declared).collect()
}

/// `assignment` has the words of its own field and is not looked at.
#[test]
fn a_public_type_has_a_name_of_its_own() {
    let mut places = BTreeMap::<String, Vec<PathBuf>>::new();
    let crates = CRATES.iter().map(|(name, _)| *name);
    let crates = crates.filter(|name| !["assignment", "testing", PRODUCT].contains(name));
    let folders = crates.map(|name| root().join("crates").join(name).join("src"));
    for path in folders
        .chain([root().join("src")])
        .flat_map(|it| sources(&it))
    {
        for name in public_types(&code(&path)) {
            places.entry(name).or_default().push(path.clone());
        }
    }
    places.retain(|_, paths| paths.len() > 1);
    let listed = SHARED_NAMES.iter().map(|(name, _)| *name);
    assert_eq!(
        places.keys().collect::<Vec<_>>(),
        listed.collect::<Vec<_>>(),
        "{places:#?}"
    );
    let code = "pub struct A;\npub(crate) enum B {}\nstruct C;\n    pub type D = A;";
    assert_eq!(public_types(code), ["A", "B"]);
}

#[test]
fn names_below_the_root_are_found() {
    let code = "use crate::{a::{b, c}, d};\ncrate::e::f(); use super::g; $crate::h::i!()";
    assert_eq!(Vec::from_iter(roots(code)), ["a", "d", "e", "h"]);
    let code = "use super::a; use super::super::b::c;";
    assert_eq!(Vec::from_iter(roots_by_super(code, 2)), ["b"]);
}

#[test]
fn each_kind_of_mistake_is_found() {
    let table: &[Row] = &[("low", ""), ("high", "low")];
    let arrows = |all: &[Row]| -> Arrows {
        let uses = |uses: &str| uses.split_whitespace().map(str::to_owned).collect();
        let rows = all
            .iter()
            .map(|(name, used)| ((*name).to_owned(), uses(used)));
        rows.collect()
    };
    let good: &[Row] = &[("low", ""), ("high", "low")];
    let turned: &[Row] = &[("high", "low"), ("low", "")];
    for (table, found, expected) in [
        (table, good, &[][..]),
        (
            table,
            &[("low", "high"), ("high", "low")],
            &["low uses high"],
        ),
        (
            table,
            &[("low", ""), ("high", "")],
            &["high does not use low any more: take it out"],
        ),
        (
            table,
            &[("low", ""), ("high", "low"), ("new", "")],
            &["new is not in the table"],
        ),
        (table, &[("high", "low")], &["low is in the table only"]),
        (
            turned,
            good,
            &["the table lets high use low, which is not below it"],
        ),
    ] {
        assert_eq!(compare(table, &arrows(found)), expected);
    }
}

#[test]
fn an_arrow_turned_in_the_real_floors_is_found() {
    for (table, arrows, from, to) in [
        (CRATES, crate_arrows(), "kit", "membership"),
        (MODULES, module_arrows(), "runtime", "app"),
        (MODULES, module_arrows(), "squads", "teams"),
    ] {
        let mut arrows = arrows;
        arrows
            .entry(from.to_owned())
            .or_default()
            .insert(to.to_owned());
        assert_eq!(compare(table, &arrows), [format!("{from} uses {to}")]);
    }
}
