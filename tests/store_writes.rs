//! The sources against two rules on writes: a store's write takes the value that carries the
//! standing it relies on, and nothing but what is listed here commits without `Tx`, which asks for
//! the caller's standing again.

use std::fs;
use std::path::{Path, PathBuf};

/// What carries a standing: a value of one of these types is made from a caller that has it.
const STANDINGS: [&str; 5] = [
    "Permit<",
    "TeamPermit<",
    "WriteGrant<",
    "RemovalGrant<",
    "&Login<",
];

/// Public functions of stores that write without one: file, function (`*`: all), why.
const WITHOUT: &[(&str, &str, &str)] = &[
    ("idempotency/store.rs", "*", "reservations of requests"),
    ("crates/auth/src/audit/store.rs", "*", "the log itself"),
    (
        "accounts/login_throttle/store.rs",
        "*",
        "counts attempts of strangers",
    ),
    (
        "crates/auth/src/keys/store.rs",
        "*",
        "signing keys, made by cron",
    ),
    (
        "accounts/email/store.rs",
        "*",
        "a link's token is the proof",
    ),
    (
        "accounts/factor_removal/store.rs",
        "*",
        "a link's token is the proof",
    ),
    (
        "accounts/password_reset/store.rs",
        "*",
        "a link's token is the proof",
    ),
    (
        "accounts/sessions/store.rs",
        "renew",
        "the refresh token is the proof",
    ),
    ("accounts/sessions/store.rs", "end", "the session is named"),
    (
        "accounts/sessions/store.rs",
        "end_all",
        "a link's token is the proof",
    ),
    ("accounts/sessions/store.rs", "expired", "purge"),
    (
        "accounts/two_factor/store.rs",
        "*",
        "a challenge or a code is the proof",
    ),
    (
        "accounts/account/store.rs",
        "*",
        "registration; a hash that is replaced by its own",
    ),
    ("accounts/api_keys/store.rs", "expired", "purge"),
    (
        "crates/auth/src/store.rs",
        "note_use",
        "the time of its use",
    ),
    ("mail/store.rs", "*", "mails on their way"),
    (
        "teams/invitations/store.rs",
        "accept",
        "the invitation's code is the proof",
    ),
    (
        "teams/invitations/store.rs",
        "close_to",
        "follows a removal",
    ),
    ("teams/invitations/store.rs", "expired", "purge"),
    (
        "teams/roster/store.rs",
        "detach_member",
        "follows a removal",
    ),
    (
        "squads/share_links/store.rs",
        "remove_of_member",
        "follows a removal",
    ),
    (
        "webhooks/delivery/lease_store.rs",
        "*",
        "deliveries, made by queue and cron",
    ),
    (
        "webhooks/delivery/store.rs",
        "*",
        "deliveries, made by queue and cron",
    ),
    (
        "webhooks/delivery/reconciler_store.rs",
        "*",
        "deliveries, made by queue and cron",
    ),
    (
        "webhooks/endpoints/store.rs",
        "leave_team",
        "follows a removal",
    ),
];

/// Files that commit by themselves, and why nobody's standing is asked there.
const COMMITS: &[(&str, &str)] = &[
    ("crates/db/src/purge.rs", "purges expired rows"),
    ("idempotency/guard.rs", "reservations of requests"),
    ("crates/auth/src/audit/chain_writer.rs", "what Tx runs on"),
    ("crates/auth/src/audit/store.rs", "what Tx runs on"),
    ("accounts/login_throttle/attempt.rs", "counts attempts"),
    ("crates/auth/src/keys/reseal.rs", "cron"),
    ("crates/auth/src/keys/rotation.rs", "cron"),
    ("crates/auth/src/keys/ring.rs", "the first signing key"),
    (
        "accounts/password_reset/request.rs",
        "a request of nobody's",
    ),
    ("accounts/sessions/login.rs", "counts attempts"),
    ("crates/auth/src/tokens.rs", "notes the use of an API key"),
    ("mail/delivery.rs", "queue and cron"),
    ("mail/store.rs", "queue and cron"),
    ("webhooks/delivery/retry_consumer.rs", "queue and cron"),
    ("webhooks/delivery/fan_out.rs", "queue and cron"),
    ("webhooks/delivery/mod.rs", "queue and cron"),
    ("webhooks/delivery/result_writer.rs", "queue and cron"),
    (
        "webhooks/endpoints/test_send.rs",
        "takes one attempt of a rate",
    ),
];

/// SQL statements in `tests/api`. Use a call, a scene or a function of `crates/testing` instead: lower this
/// number, never raise it.
const OWN_SQL: usize = 525;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Path, below `src` or from the top, and text without the tests in it.
fn read_all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let src = root.join("src");
    let mut found = Vec::new();
    sources(&src, &mut found);
    sources(&root.join("crates"), &mut found);
    found.retain(|path| !path.starts_with(root.join("crates/testing")));
    found.sort();
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(&src).or(path.strip_prefix(root));
        let name = name.expect("below the top");
        let name = name.to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(path).expect("a source");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        (name, code.to_owned())
    };
    found.iter().map(read).collect()
}

/// Name, parameters and body of each public function.
fn functions(code: &str) -> Vec<(&str, &str, &str)> {
    let starts = [
        "\npub fn ",
        "\npub async fn ",
        "\npub(crate) fn ",
        "\npub(crate) async fn ",
    ];
    let mut all = Vec::new();
    for start in starts {
        for part in code.split(start).skip(1) {
            let whole = part.split("\n}\n").next().unwrap_or(part);
            let (head, body) = whole.split_once(" {\n").unwrap_or((whole, ""));
            let name = head.split(['(', '<']).next().unwrap_or_default();
            all.push((name, head, body));
        }
    }
    all
}

fn writes(body: &str) -> bool {
    ["INSERT INTO ", "INSERT OR ", "DELETE FROM "]
        .iter()
        .any(|sql| body.contains(sql))
        || body.contains("\"UPDATE ")
}

#[test]
fn a_write_takes_the_standing_that_it_relies_on() {
    let mut wrong = Vec::new();
    let mut used = Vec::new();
    for (file, code) in read_all() {
        if !file.ends_with("store.rs") {
            continue;
        }
        for (name, head, body) in functions(&code) {
            if !writes(body) || STANDINGS.iter().any(|standing| head.contains(standing)) {
                continue;
            }
            match WITHOUT
                .iter()
                .find(|(f, n, _)| *f == file && [name, "*"].contains(n))
            {
                Some(row) => used.push(row),
                None => wrong.push(format!("{file}: {name}")),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "no standing in their parameters:\n{}",
        wrong.join("\n")
    );
    let idle: Vec<_> = WITHOUT.iter().filter(|row| !used.contains(row)).collect();
    assert!(idle.is_empty(), "rows without a function: {idle:?}");
}

#[test]
fn whatever_commits_by_itself_is_listed() {
    let by_itself = |(file, code): &(String, String)| {
        let dense: String = code.split_whitespace().collect();
        let commits = dense.contains("database.batch(");
        let not_ours = ["crates/platform/", "crates/testing/"];
        let is_ours =
            !not_ours.iter().any(|prefix| file.starts_with(prefix)) && !file.ends_with("tests.rs");
        (commits && is_ours).then(|| file.clone())
    };
    let mut found: Vec<String> = read_all().iter().filter_map(by_itself).collect();
    let mut listed: Vec<&str> = COMMITS.iter().map(|(file, _)| *file).collect();
    found.sort();
    listed.sort_unstable();
    assert_eq!(found, listed);
}

#[test]
fn tests_of_the_api_write_no_more_sql_than_they_did() {
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api");
    sources(&folder, &mut found);
    let own: usize = found
        .iter()
        .map(|path| fs::read_to_string(path).expect("a test"))
        .map(|code| {
            let words = "SELECT INSERT UPDATE DELETE DROP CREATE ALTER WITH";
            let starts = words.split(' ').map(|word| format!("\"{word} "));
            starts
                .map(|start| code.matches(&start).count())
                .sum::<usize>()
        })
        .sum();
    assert!(own <= OWN_SQL, "{own} statements: see crates/testing");
}
