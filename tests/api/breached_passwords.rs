//! The check against lists of breached passwords, at registration and at a change. Only five hex digits
//! are sent, and a list that is down stops nobody. `tests/edge` has the real exchange.

use sha1::{Digest, Sha1};
use testing::prelude::*;
use wvw_builder::platform::{HttpFailure, Level};

const URL: &str = "https://breaches.guild.gg/range/";
const NEW: &str = "five other words in a row";

fn hash(password: &str) -> String {
    hex(&Sha1::digest(password))
}

/// A list of these lines, as `MemoryWeb` answers.
#[allow(clippy::unnecessary_wraps)]
fn list(lines: &str) -> Result<HttpAnswer, HttpError> {
    Ok(HttpAnswer {
        status: 200,
        retry_after: None,
        body: lines.as_bytes().to_vec(),
    })
}

fn app() -> TestApp {
    TestApp::with(|name| match name {
        "BREACH_RANGE_URL" => Some(URL.to_owned()),
        "BREACH_CHECK" => None,
        name => config_value(name),
    })
}

/// Both ways to set a password, with one that nobody has used yet.
fn ways(
    app: &TestApp,
    player: &Player,
    number: usize,
    password: &str,
) -> [(&'static str, Answer, u16); 2] {
    let email = format!("row{number}@guild.gg");
    let body = json!({ "email": email, "password": password, "display_name": "Commander" });
    let registered = app.post("/api/v1/auth/register", &body).send();
    let body = json!({ "current_password": PASSWORD, "new_password": password });
    let changed = app.post("/api/v1/auth/password", &body).by(player).send();
    [
        ("/password", registered, 201),
        ("/new_password", changed, 204),
    ]
}

fn warnings(app: &TestApp) -> Vec<String> {
    let lines = app.test.log.lines().into_iter();
    lines
        .filter(|(level, _)| *level == Level::Warn)
        .map(|(_, line)| line)
        .collect()
}

#[test]
fn a_breached_password_is_refused_and_the_local_rules_come_first() {
    let app = app();
    app.test
        .web
        .answer_with(|_| list(&format!("{}:0", "0".repeat(35))));
    let player = app.player("one");
    let suffix = hash(NEW)[5..].to_owned();
    app.test.web.answer_with(move |_| {
        list(&format!(
            "{}:9\r\n{suffix}:1\r\n{}:0",
            "1".repeat(35),
            "2".repeat(35)
        ))
    });
    app.test.web.take_requests();
    for (pointer, answer, _) in ways(&app, &player, 0, NEW) {
        let expected = vec![(pointer.to_owned(), "password_breached".to_owned())];
        assert_eq!(answer.expect(422).mistakes(), expected);
    }
    assert_eq!(app.test.web.take_requests().len(), 2);
    for (pointer, answer, _) in ways(&app, &player, 1, "passwordpassword") {
        let expected = vec![(pointer.to_owned(), "password_too_common".to_owned())];
        assert_eq!(answer.expect(422).mistakes(), expected);
    }
    assert_eq!(app.test.web.take_requests().len(), 0);
    assert_eq!(warnings(&app), Vec::<String>::new());
}

#[test]
fn what_is_not_on_the_list_or_padding_is_taken() {
    for lines in [
        format!("{}:0", &hash(NEW)[5..]),
        format!("{}:12", "0".repeat(35)),
    ] {
        let app = app();
        app.test.web.answer_with(move |_| list(&lines));
        let player = app.player("one");
        for (_, answer, status) in ways(&app, &player, 0, NEW) {
            answer.expect(status);
        }
        assert_eq!(warnings(&app), Vec::<String>::new());
    }
}

#[test]
fn a_list_that_is_away_stops_nobody() {
    // Ends with a line, at the last byte that is read: what is missing cannot be seen.
    let suffix = &hash(NEW)[5..];
    let cut =
        format!("{suffix}:{}1\r\n", "0".repeat(32)) + &format!("{suffix}:1\r\n").repeat(3_359);
    assert_eq!(cut.len(), 128 * 1024);
    for (name, answer) in [
        ("timeout", MemoryWeb::fails(HttpFailure::Timeout)),
        ("connection", MemoryWeb::fails(HttpFailure::Connection)),
        ("status", MemoryWeb::status(503)),
        ("redirect", MemoryWeb::status(302)),
        ("empty", MemoryWeb::status(200)),
        ("nonsense", list("<html>")),
        ("cut", list(&cut)),
        (
            "leak",
            Err(HttpError {
                failure: HttpFailure::Connection,
                cause: format!("{URL}{}", &hash(NEW)[..5]),
                begun: None,
            }),
        ),
    ] {
        let app = app();
        let given = answer.clone();
        app.test.web.answer_with(move |_| given.clone());
        let player = app.player("one");
        let before = warnings(&app).len();
        for (_, answer, status) in ways(&app, &player, 0, NEW) {
            answer.expect(status);
        }
        let lines = warnings(&app).split_off(before);
        assert_eq!(lines.len(), 2, "{name}");
        for line in lines {
            assert!(
                line.contains("\"breach_check_unavailable\""),
                "{name}: {line}"
            );
            assert!(!line.contains(&hash(NEW)[..5]), "{name}: {line}");
        }
    }
}

#[test]
fn five_digits_leave_and_no_more() {
    let app = app();
    app.test
        .web
        .answer_with(|_| list(&format!("{}:1", "0".repeat(35))));
    let player = app.player("one");
    let composed = "caf\u{e9} in the borderlands";
    let prefix = hash(composed)[..5].to_owned();
    app.test.web.take_requests();
    for (_, answer, status) in ways(&app, &player, 0, "cafe\u{301} in the borderlands") {
        answer.expect(status);
    }
    let body = json!({ "email": "c@guild.gg", "password": composed, "display_name": "Commander" });
    app.post("/api/v1/auth/register", &body).send().expect(201);
    let requests = app.test.web.take_requests();
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert_eq!(request.method, "GET");
        assert_eq!(request.url, format!("{URL}{prefix}"));
        let agent = concat!("wvw-builder/", env!("CARGO_PKG_VERSION"));
        let expected = [("add-padding", "true"), ("user-agent", agent)];
        assert_eq!(
            request.headers,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert!(request.body.is_none());
        assert_eq!(
            (request.timeout_ms, request.max_body_bytes),
            (2_000, 128 * 1024)
        );
    }
}

#[test]
fn nobody_is_asked_unless_configured() {
    let app = TestApp::new();
    let player = app.player("one");
    for (_, answer, status) in ways(&app, &player, 0, NEW) {
        answer.expect(status);
    }
    assert_eq!(app.test.web.requests().len(), 0);
    assert_eq!(warnings(&app), Vec::<String>::new());
}
