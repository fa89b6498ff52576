//! Compiles the game's reference tables and the build's identity into the crate. A table which
//! contradicts itself stops the build, with every contradiction named.

use std::collections::HashSet;
use std::fmt::{Debug, Display, Write as _};
use std::hash::Hash;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use serde::Deserialize;

#[path = "src/squads/functions/compile.rs"]
pub mod functions;

const TABLE: &str = "src/game/reference.json";
const PROFESSIONS: usize = 9;
const CORE_EACH: usize = 5;
const ELITE_EACH: usize = 4;
const EXPANSIONS: [&str; ELITE_EACH] = [
    "Heart of Thorns",
    "Path of Fire",
    "End of Dragons",
    "Visions of Eternity",
];

/// The reference table as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    professions: Vec<Profession>,
    weapons: Vec<Weapon>,
    legends: Vec<Legend>,
    roles: Vec<SquadRole>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profession {
    id: String,
    code: u8,
    core: Vec<Specialization>,
    elite: Vec<Specialization>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Specialization {
    id: u8,
    name: String,
    expansion: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Weapon {
    id: u16,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Legend {
    code: u8,
    id: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SquadRole {
    id: String,
    name: String,
    description: String,
}

fn main() {
    if let Err(reason) = run() {
        // Cargo shows a build script's panic together with a backtrace hint; a plain line reads better.
        eprintln!("build.rs: {reason}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), String> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(|e| format!("CARGO_MANIFEST_DIR: {e}"))?;
    let out = env::var("OUT_DIR").map_err(|e| format!("OUT_DIR: {e}"))?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={TABLE}");
    let path = Path::new(&root).join(TABLE);
    let text = fs::read_to_string(&path).map_err(|e| format!("{TABLE}: {e}"))?;
    let reference = parse(&text)?;
    let code = render(&reference, &text).map_err(|e| format!("rendering the tables: {e}"))?;
    fs::write(Path::new(&out).join("reference.rs"), code)
        .map_err(|e| format!("reference.rs: {e}"))?;

    println!("cargo::rerun-if-changed=src/squads/functions/compile.rs");
    println!("cargo::rerun-if-changed={}", functions::TABLE);
    let path = Path::new(&root).join(functions::TABLE);
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", functions::TABLE))?;
    let table = functions::parse(&text, &reference)?;
    let code = functions::render(&table, &text).map_err(|e| format!("rendering functions: {e}"))?;
    fs::write(Path::new(&out).join("functions.rs"), code)
        .map_err(|e| format!("functions.rs: {e}"))?;
    println!(
        "cargo::rustc-env=WVW_GIT_COMMIT={}",
        git_commit(Path::new(&root))
    );
    Ok(())
}

/// Reads the table and names all of its contradictions, one a line.
pub fn parse(text: &str) -> Result<Reference, String> {
    let reference: Reference = serde_json::from_str(text).map_err(|e| format!("{TABLE}: {e}"))?;
    let found = contradictions(&reference);
    if found.is_empty() {
        return Ok(reference);
    }
    Err(format!(
        "{TABLE} contradicts itself:\n- {}",
        found.join("\n- ")
    ))
}

fn contradictions(reference: &Reference) -> Vec<String> {
    let mut found = Vec::new();
    let professions = &reference.professions;
    if professions.len() != PROFESSIONS {
        found.push(format!(
            "{} professions, the game has {PROFESSIONS}",
            professions.len()
        ));
    }
    unique(
        "profession id",
        professions.iter().map(|p| &p.id),
        &mut found,
    );
    in_sequence("profession", professions.iter().map(|p| p.code), &mut found);
    for profession in professions {
        specializations_of(profession, &mut found);
    }
    let all = || {
        professions
            .iter()
            .flat_map(|p| p.core.iter().chain(&p.elite))
    };
    unique("specialization id", all().map(|s| s.id), &mut found);
    unique("specialization name", all().map(|s| &s.name), &mut found);
    if let Some(zero) = all().find(|s| s.id == 0) {
        found.push(format!("{}: id 0 is the empty slot", zero.name));
    }

    unique(
        "weapon id",
        reference.weapons.iter().map(|w| w.id),
        &mut found,
    );
    unique(
        "weapon name",
        reference.weapons.iter().map(|w| &w.name),
        &mut found,
    );
    if !reference.weapons.is_sorted_by_key(|w| w.id) {
        found.push("weapons are not in the order of their ids".into());
    }

    in_sequence(
        "legend",
        reference.legends.iter().map(|l| l.code),
        &mut found,
    );
    unique(
        "legend name",
        reference.legends.iter().map(|l| &l.name),
        &mut found,
    );
    for legend in &reference.legends {
        if legend.id != format!("Legend{}", legend.code) {
            found.push(format!("legend {} has the id {}", legend.code, legend.id));
        }
    }

    unique("role id", reference.roles.iter().map(|r| &r.id), &mut found);
    for role in &reference.roles {
        let snake_case = role.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if role.id.is_empty() || !snake_case {
            found.push(format!("role id {:?} is not snake_case", role.id));
        }
    }
    found
}

fn specializations_of(profession: &Profession, found: &mut Vec<String>) {
    let id = &profession.id;
    for (kind, have, want) in [
        ("core", profession.core.len(), CORE_EACH),
        ("elite", profession.elite.len(), ELITE_EACH),
    ] {
        if have != want {
            found.push(format!(
                "{id} has {have} {kind} specializations, not {want}"
            ));
        }
    }
    for core in profession.core.iter().filter(|s| s.expansion.is_some()) {
        found.push(format!(
            "{}: a core specialization has no expansion",
            core.name
        ));
    }
    for elite in &profession.elite {
        match elite.expansion.as_deref() {
            None => found.push(format!(
                "{}: an elite specialization needs its expansion",
                elite.name
            )),
            Some(name) if !EXPANSIONS.contains(&name) => {
                found.push(format!("{}: {name:?} is no expansion", elite.name));
            }
            Some(_) => {}
        }
    }
    let expansions = profession.elite.iter().filter_map(|s| s.expansion.as_ref());
    unique(&format!("expansion of {id}"), expansions, found);
}

fn unique<T: Eq + Hash + Copy + Display>(
    what: &str,
    values: impl Iterator<Item = T>,
    found: &mut Vec<String>,
) {
    let mut seen = HashSet::new();
    for value in values {
        if !seen.insert(value) {
            found.push(format!("{what} {value} stands twice"));
        }
    }
}

/// Codes 1, 2, 3 ... let the look-ups be an index.
fn in_sequence(what: &str, codes: impl Iterator<Item = u8>, found: &mut Vec<String>) {
    for (expected, code) in (1..).zip(codes) {
        if code != expected {
            found.push(format!(
                "{what} code {code} stands where {expected} belongs"
            ));
        }
    }
}

fn render(reference: &Reference, text: &str) -> Result<String, std::fmt::Error> {
    let mut code = String::from("// Made by build.rs from src/game/reference.json.\n");
    let mut specializations: Vec<_> = reference
        .professions
        .iter()
        .flat_map(|p| p.core.iter().chain(&p.elite).map(move |s| (s, &p.id)))
        .collect();
    specializations.sort_by_key(|(specialization, _)| specialization.id);

    writeln!(
        code,
        "/// Changes with every change of the tables: FNV-1a of their source, 8 hex digits.\n\
         pub const REFERENCE_VERSION: &str = \"{:08x}\";",
        fnv1a(text.as_bytes())
    )?;
    let ids = |list: &[Specialization]| list.iter().map(|s| s.id).collect::<Vec<_>>();
    table(
        &mut code,
        ("The nine professions, in the order of their codes.", "PROFESSIONS", "Profession"),
        reference.professions.iter().map(|p| {
            format!(
                "Profession {{ id: {:?}, code: {}, core_specializations: {:?}, elite_specializations: {:?} }}",
                p.id, p.code, ids(&p.core), ids(&p.elite)
            )
        }),
    )?;
    table(
        &mut code,
        ("All specializations, in the order of their ids.", "SPECIALIZATIONS", "Specialization"),
        specializations.iter().map(|(s, profession)| {
            format!(
                "Specialization {{ id: {}, name: {:?}, profession: {profession:?}, elite: {}, expansion: {:?} }}",
                s.id, s.name, s.expansion.is_some(), s.expansion
            )
        }),
    )?;
    table(
        &mut code,
        (
            "The weapon types, in the order of their ids.",
            "WEAPONS",
            "Weapon",
        ),
        reference
            .weapons
            .iter()
            .map(|w| format!("Weapon {{ id: {}, name: {:?} }}", w.id, w.name)),
    )?;
    table(
        &mut code,
        (
            "The Revenant's legends, in the order of their codes.",
            "LEGENDS",
            "Legend",
        ),
        reference.legends.iter().map(|l| {
            format!(
                "Legend {{ code: {}, id: {:?}, name: {:?} }}",
                l.code, l.id, l.name
            )
        }),
    )?;
    table(
        &mut code,
        (
            "The roles that players of World vs World speak of.",
            "ROLES",
            "SquadRole",
        ),
        reference.roles.iter().map(|r| {
            format!(
                "SquadRole {{ id: {:?}, name: {:?}, description: {:?} }}",
                r.id, r.name, r.description
            )
        }),
    )?;

    let mut index = [u8::MAX; 256];
    for (position, (specialization, _)) in (0u8..).zip(&specializations) {
        index[usize::from(specialization.id)] = position;
    }
    list(&mut code, "SPECIALIZATION_INDEX", "[u8; 256]", &index)?;
    Ok(code)
}

fn table(
    code: &mut String,
    (doc, name, item): (&str, &str, &str),
    rows: impl Iterator<Item = String>,
) -> std::fmt::Result {
    writeln!(code, "/// {doc}\npub static {name}: &[{item}] = &[")?;
    for row in rows {
        // `{:?}` of a Vec gives `[..]`; the tables hold slices.
        writeln!(code, "    {},", row.replace(": [", ": &["))?;
    }
    writeln!(code, "];")
}

fn list(code: &mut String, name: &str, kind: &str, values: &dyn Debug) -> std::fmt::Result {
    writeln!(code, "static {name}: {kind} = {values:?};")
}

fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// The commit this build is made of, or `unknown`: a source archive has no history.
fn git_commit(root: &Path) -> String {
    println!("cargo::rerun-if-env-changed=WVW_GIT_COMMIT");
    if let Ok(given) = env::var("WVW_GIT_COMMIT")
        && !given.trim().is_empty()
    {
        return given.trim().to_owned();
    }
    // Without this check git would answer for whatever repository lies around the directory.
    if !root.join(".git").exists() {
        return "unknown".into();
    }
    watch_head(root);
    git(root, &["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".into())
}

/// A commit moves the ref and leaves `HEAD` as it is, so both are watched.
fn watch_head(root: &Path) {
    let Some(head) = git(root, &["rev-parse", "--git-path", "HEAD"]) else {
        return;
    };
    println!("cargo::rerun-if-changed={head}");
    let Some(name) = git(root, &["symbolic-ref", "--quiet", "HEAD"]) else {
        return;
    };
    let exists = |path: &Path| root.join(path).exists();
    if let Some(reference) = git(root, &["rev-parse", "--git-path", &name]) {
        // Cargo reruns for ever on a path that is missing, as a packed ref is: the folder in which
        // the next commit will make it stands in.
        let watched = Path::new(&reference).ancestors().find(|path| exists(path));
        if let Some(path) = watched {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    let packed = git(root, &["rev-parse", "--git-path", "packed-refs"]);
    if let Some(path) = packed.filter(|path| exists(Path::new(path))) {
        println!("cargo::rerun-if-changed={path}");
    }
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .current_dir(root)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}
