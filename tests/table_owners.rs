//! Whose each table is, and that nobody else's code names it in SQL. What others need of a table, its
//! owner exports: a condition, a fragment, a count.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Tables, and what may name them: the feature, and the ground floor that states conditions for others.
const OWNERS: &[(&str, &str)] = &[
    ("users sessions api_keys", "accounts auth"),
    (
        "challenges recovery_codes two_factor email_links guesses",
        "accounts",
    ),
    ("audit_log signing_keys", "auth"),
    ("idempotency_records", "idempotency"),
    ("mails mails_sent", "mail"),
    ("builds build_facets build_search build_terms", "builds"),
    (
        "compositions composition_tags composition_versions composition_search composition_terms \
         share_links",
        "squads",
    ),
    ("teams team_members team_players", "teams membership"),
    (
        "team_bans team_invitations team_invitation_exclusions",
        "teams",
    ),
    ("webhooks webhook_events", "webhooks events"),
    (
        "webhook_attempts webhook_dead_letters webhook_deliveries webhook_secrets",
        "webhooks",
    ),
];

/// Modules that name tables of others, and why.
const ACROSS: &[(&str, &str, &str)] = &[
    (
        "dashboard",
        "builds build_facets compositions team_members team_invitations webhooks",
        "two statements for all kinds of content: one for each kind would be six queries",
    ),
    (
        "health",
        "builds",
        "asks for any table of ours: a database without its migrations is not ready",
    ),
];

/// What a name of a table stands after.
const BEFORE_A_TABLE: [&str; 4] = ["FROM", "JOIN", "INTO", "UPDATE"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the checkout") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|it| it == ending) {
            found.push(path);
        }
    }
}

/// The names after the words before a table, in any text.
fn tables(text: &str) -> BTreeSet<&str> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == '\\')
        .filter(|word| !word.is_empty())
        .collect();
    let pairs = words.windows(2);
    pairs
        .filter(|pair| {
            let before = pair[0].trim_start_matches(|c: char| !is_of_name(c));
            BEFORE_A_TABLE.contains(&before)
        })
        .map(|pair| pair[1].split(|c| !is_of_name(c)).next().unwrap_or_default())
        .collect()
}

/// The code of a file without comments and the tests at its end.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source");
    let code = text.split("#[cfg(test)]\nmod tests {").next();
    let lines = code.unwrap_or_default().lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The module of `src`, or the crate, and the tables that it names.
fn uses() -> BTreeSet<(String, String)> {
    let mut paths = Vec::new();
    files(&root().join("src"), "rs", &mut paths);
    files(&root().join("crates"), "rs", &mut paths);
    let mut found = BTreeSet::new();
    for path in paths {
        let inside = path.strip_prefix(root()).expect("below the top");
        let inside = inside.with_extension("");
        let module = inside.iter().nth(1).expect("a name").to_string_lossy();
        if module == "testing" || inside.ends_with("tests") {
            continue;
        }
        for table in tables(&code(&path)) {
            found.insert((module.to_string(), table.to_owned()));
        }
    }
    found
}

fn owners_of(table: &str) -> Option<&'static str> {
    let row = OWNERS
        .iter()
        .find(|(tables, _)| tables.split(' ').any(|it| it == table));
    row.map(|(_, owners)| *owners)
}

/// What names a table that is neither its own nor listed, and what is listed in vain.
fn mistakes(uses: &BTreeSet<(String, String)>) -> Vec<String> {
    let is_listed = |module: &str, table: &str| {
        let mut rows = ACROSS.iter();
        rows.any(|(name, tables, _)| *name == module && tables.split(' ').any(|it| it == table))
    };
    let strangers = uses.iter().filter(|(module, table)| {
        let owners = owners_of(table);
        let is_own = owners.is_none_or(|owners| owners.split(' ').any(|it| it == module));
        !is_own && !is_listed(module, table)
    });
    let strangers = strangers.map(|(module, table)| format!("{module} names {table}"));
    let listed = ACROSS.iter().flat_map(|(module, tables, _)| {
        let tables = tables.split(' ');
        tables.map(|table| ((*module).to_owned(), table.to_owned()))
    });
    let idle = listed
        .filter(|pair| !uses.contains(pair))
        .map(|(module, table)| format!("{module} does not name {table} any more: take it out"));
    strangers.chain(idle).collect()
}

#[test]
fn each_table_is_named_by_its_owner_alone() {
    let mistakes = mistakes(&uses());
    assert!(mistakes.is_empty(), "\n{}", mistakes.join("\n"));
}

#[test]
fn each_table_of_the_migrations_has_an_owner() {
    let mut paths = Vec::new();
    files(&root().join("migrations"), "sql", &mut paths);
    let mut made = BTreeSet::new();
    for path in paths {
        let text = fs::read_to_string(path).expect("a migration");
        let statements = text.split("CREATE ").skip(1).map(str::to_owned);
        made.extend(statements.filter_map(|statement| {
            let statement = statement.trim_start_matches("VIRTUAL ");
            let rest = ["TABLE ", "VIEW "]
                .iter()
                .find_map(|kind| statement.strip_prefix(kind))?;
            let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            name.map(str::to_owned).next()
        }));
    }
    let owned = OWNERS.iter().flat_map(|(tables, _)| tables.split(' '));
    assert_eq!(made, owned.map(str::to_owned).collect());
}

#[test]
fn a_table_that_is_used_by_others_is_found() {
    let sql = "\"DELETE FROM builds WHERE id IN (SELECT id \\\n FROM teams) \
               UPDATE webhooks SET a = 1 INSERT INTO mails (id) (FROM sessions)\" JOIN users u";
    let found = ["builds", "mails", "sessions", "teams", "users", "webhooks"];
    assert_eq!(Vec::from_iter(tables(sql)), found);
    let mut uses = uses();
    uses.insert(("squads".to_owned(), "builds".to_owned()));
    uses.remove(&("health".to_owned(), "builds".to_owned()));
    let expected = [
        "squads names builds",
        "health does not name builds any more: take it out",
    ];
    assert_eq!(mistakes(&uses), expected);
}
