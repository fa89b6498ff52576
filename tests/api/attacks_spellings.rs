//! The table of attacks, rows "Authorization": guarded paths in other spellings. A path that some server takes for another one leads nowhere here, for any caller. `attacks_authorization` has
//! the paths themselves.

use testing::prelude::*;

use crate::attacks_authorization::scene;

type Spelling = (&'static str, fn(&str) -> String);
/// Ways to write a path that some server takes for the same.
const SPELLINGS: [Spelling; 13] = [
    ("a slash after", |path| format!("{path}/")),
    ("two slashes before", |path| format!("/{path}")),
    ("two slashes inside", |path| after_v1(path, "//")),
    ("an encoded slash", |path| after_v1(path, "%2f")),
    ("an encoded slash in capitals", |path| after_v1(path, "%2F")),
    ("a backslash", |path| after_v1(path, "\\")),
    ("another case", str::to_uppercase),
    ("a dot", |path| after_v1(path, "/./")),
    ("dots", |path| after_v1(path, "/x/../")),
    ("encoded dots", |path| after_v1(path, "/x/%2e%2e/")),
    ("an encoded letter", |path| path.replace("/api/", "/%61pi/")),
    ("a semicolon", |path| format!("{path};x=1")),
    ("an encoded NUL", |path| format!("{path}%00")),
];

/// The path with this in place of the slash behind the version.
fn after_v1(path: &str, slash: &str) -> String {
    path.replacen("/v1/", &format!("/v1{slash}"), 1)
}

#[test]
fn a_guarded_path_in_another_spelling_leads_nowhere() {
    let scene = scene();
    let app = &scene.walk.app;
    // Nobody, the owner of what the path names, an administrator.
    let callers = [0, 3, 5].map(|column| &scene.credentials[column]);
    let mut tried = 0;
    // What ends everything, the callers' logins among it, comes last.
    let ends = |route: &&Route| route.path == "/api/v1/auth/end-everything";
    let routes = ROUTES.iter().filter(|route| !ends(route));
    for route in routes.chain(ROUTES.iter().filter(ends)) {
        let Access::Required(_) = route.access else {
            continue;
        };
        // Of what is there: nothing but the spelling is in the way.
        let path = scene.path(route);
        let holdings = scene.holdings();
        let send = |path: &str, credential: &Option<String>| {
            let call = app.call(route.method.as_str(), path);
            let call = match (credential, &route.operation.request) {
                (None, _) => call,
                (Some(token), None) => call.token(token),
                (Some(token), Some(_)) => call.token(token).json(&json!({})),
            };
            call.send()
        };
        for (name, spell) in SPELLINGS {
            for credential in callers {
                let answer = send(&spell(&path), credential);
                let (status, what) = (answer.status, format!("{name}: {}", answer.what));
                let has_id = route.path.contains('{');
                // What is put behind an id is part of the id, and the guard comes first.
                let is_guarded = has_id
                    && match status {
                        401 => credential.is_none(),
                        403 => route.path.starts_with("/api/v1/admin/"),
                        _ => false,
                    };
                // Beside a path there may be one with an id in its place, for other methods.
                let leads_nowhere = matches!(status, 404 | 405);
                assert!(leads_nowhere || is_guarded, "{what}: {status}");
                tried += 1;
            }
        }
        assert_eq!(scene.holdings(), holdings, "{}", route.path);
        // As it is, it leads there.
        let answers = [&scene.credentials[3], &scene.credentials[5]];
        let is_there = answers.map(|it| !matches!(send(&path, it).status, 404 | 405));
        assert!(is_there.contains(&true), "{path} leads nowhere itself");
    }
    assert!(tried > 2_000, "{tried}");
}
