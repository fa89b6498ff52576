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

/// A line of a list: so often breached, or padding with zero.
fn line(digit: &str, count: u8) -> String {
    format!("{}:{count}", digit.repeat(35))
}

fn app() -> TestApp {
    TestApp::with(|name| match name {
        "BREACH_RANGE_URL" => Some(URL.to_owned()),
        "BREACH_CHECK" => None,
        name => config_value(name),
    })
}

/// Both ways to set a password, with one that nobody has used yet.
fn ways(app: &TestApp, player: &Player, number: usize, new: &str) -> [(&'static str, Answer); 2] {
    let registered = app.register_with(&format!("row{number}@guild.gg"), new);
    let changed = app.change_password(player, new);
    [("/password", registered), ("/new_password", changed)]
}

#[track_caller]
fn expect_taken([registered, changed]: [(&str, Answer); 2]) {
    registered.1.expect(201);
    changed.1.expect(204);
}

fn warnings(app: &TestApp) -> Vec<String> {
    let mut lines = app.test.log.lines();
    lines.retain(|(level, _)| *level == Level::Warn);
    lines.into_iter().map(|(_, line)| line).collect()
}

#[test]
fn a_breached_password_is_refused_and_the_local_rules_come_first() {
    let app = app();
    app.test.web.answer_with(|_| list(&line("0", 0)));
    let player = app.player("one");
    let lines = [line("1", 9), format!("{}:1", &hash(NEW)[5..]), line("2", 0)];
    let lines = lines.join("\r\n");
    app.test.web.answer_with(move |_| list(&lines));
    app.test.web.take_requests();
    for (pointer, answer) in ways(&app, &player, 0, NEW) {
        answer.expect_mistakes(&format!("{pointer} password_breached"));
    }
    assert_eq!(app.test.web.take_requests().len(), 2);
    for (pointer, answer) in ways(&app, &player, 1, "passwordpassword") {
        answer.expect_mistakes(&format!("{pointer} password_too_common"));
    }
    assert_eq!(app.test.web.take_requests().len(), 0);
    assert_eq!(warnings(&app), Vec::<String>::new());
}

#[test]
fn what_is_not_on_the_list_or_padding_is_taken() {
    for lines in [format!("{}:0", &hash(NEW)[5..]), line("0", 12)] {
        let app = app();
        app.test.web.answer_with(move |_| list(&lines));
        let player = app.player("one");
        expect_taken(ways(&app, &player, 0, NEW));
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
        expect_taken(ways(&app, &player, 0, NEW));
        let lines = warnings(&app).split_off(before);
        assert_eq!(lines.len(), 2, "{name}");
        for line in lines {
            let is_told = line.contains("\"breach_check_unavailable\"");
            assert!(is_told, "{name}: {line}");
            assert!(!line.contains(&hash(NEW)[..5]), "{name}: {line}");
        }
    }
}

#[test]
fn five_digits_leave_and_no_more() {
    let app = app();
    app.test.web.answer_with(|_| list(&line("0", 1)));
    let player = app.player("one");
    let composed = "caf\u{e9} in the borderlands";
    let prefix = hash(composed)[..5].to_owned();
    app.test.web.take_requests();
    expect_taken(ways(&app, &player, 0, "cafe\u{301} in the borderlands"));
    app.register_with("c@guild.gg", composed).expect(201);
    let requests = app.test.web.take_requests();
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert_eq!(request.method, "GET");
        assert_eq!(request.url, format!("{URL}{prefix}"));
        let agent = concat!("wvw-builder/", env!("CARGO_PKG_VERSION"));
        let expected = [("add-padding", "true"), ("user-agent", agent)];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(request.headers, expected);
        assert!(request.body.is_none());
        let bounds = (request.timeout_ms, request.max_body_bytes);
        assert_eq!(bounds, (2_000, 128 * 1024));
    }
}

#[test]
fn nobody_is_asked_unless_configured() {
    let (app, player) = TestApp::with_player("one");
    expect_taken(ways(&app, &player, 0, NEW));
    assert_eq!(app.test.web.requests().len(), 0);
    assert_eq!(warnings(&app), Vec::<String>::new());
}
