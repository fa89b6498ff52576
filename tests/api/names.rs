//! Names and notes that others see, at every call that takes one. A new member of a body is checked by
//! `text::names`, or is listed here with a reason. The tests beside the rule have what a good name is.

use testing::guild::CSV;
use testing::prelude::*;
use wvw_builder::http::schema::Schema;
use wvw_builder::routes;
use wvw_builder::text::names::NameKind;

/// Alone and within a word.
const HIDDEN: [&str; 6] = [
    "\u{202e}",
    "\u{200b}",
    "ab\u{202e}c",
    "a\u{200b}b",
    "\u{3164}",
    "\u{2066}a",
];
/// Members of bodies that nobody else reads as text: secrets, ids, codes, and what another rule
/// judges letter by letter.
const OTHERS: [&str; 22] = [
    "access_token",
    "challenge",
    "chat_code",
    "code",
    "current_password",
    "device_token",
    "event_type",
    "event_types",
    "expires_at",
    "new_password",
    "password",
    "refresh_token",
    "secret",
    "since",
    "team_id",
    "token",
    "two_factor_code",
    "url",
    "user_id",
    "player_id",
    "build_id",
    "email",
];

/// Every text in a body: its path, and its kind where `text::names` judges it.
fn texts(schema: &'static Schema, path: &str, found: &mut Vec<(String, Option<NameKind>)>) {
    match schema {
        Schema::Text(text) if text.pattern.is_empty() || text.format.is_empty() => {
            found.push((path.to_owned(), None));
        }
        Schema::Shown(kind, _) => found.push((path.to_owned(), Some(*kind))),
        Schema::Named(_, inner) | Schema::Nullable(inner) => texts(inner, path, found),
        Schema::List { items, .. } => texts(items, path, found),
        Schema::Object(fields) => {
            for field in *fields {
                texts(field.schema, &format!("{path}/{}", field.name), found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_text_of_every_body_is_judged_or_listed() {
    let mut judged = 0;
    for route in routes::ROUTES {
        let Some(request) = &route.operation.request else {
            continue;
        };
        let mut found = Vec::new();
        texts(request.schema, "", &mut found);
        for (path, kind) in found {
            let member = path.rsplit('/').next().unwrap_or_default();
            let is_clock = matches!(member, "from" | "to");
            assert!(
                kind.is_some() || is_clock || OTHERS.contains(&member),
                "{} {path}",
                route.operation.id
            );
            judged += usize::from(kind.is_some());
        }
    }
    assert!(judged >= 30, "{judged}");
}

fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}

fn build(member: &str, value: Value) -> Value {
    with(
        json!({ "name": "Zerg", "chat_code": GUARDIAN_CODE }),
        member,
        value,
    )
}

fn plan(member: &str, value: Value) -> Value {
    with(json!({ "name": "Zerg", "mode": "zerg" }), member, value)
}

fn account(email: &str, name: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "display_name": name })
}

#[test]
fn no_name_and_no_remark_hides_anything() {
    let app = TestApp::new();
    let player = app.player("one");
    let call = |path: &str, body: &Value| app.post_as(&player, path, body);
    let team = call("/api/v1/teams", &json!({ "name": "Łowcy Świętych" }));
    let team = team.created()["id"].as_str().unwrap_or_default().to_owned();
    let players = format!("/api/v1/teams/{team}/players");
    let slots = |member: &str, text: &str| json!([{ "name": "x", "slots": [{ member: text }] }]);
    for text in HIDDEN {
        for (path, body, pointer) in [
            (
                "/api/v1/auth/register",
                account("two@guild.gg", text),
                "/display_name",
            ),
            (
                "/api/v1/auth/register",
                account(&format!("a{text}b@guild.gg"), "Zërg"),
                "/email",
            ),
            (
                "/api/v1/auth/api-keys",
                json!({ "name": text, "scopes": ["builds:read"] }),
                "/name",
            ),
            ("/api/v1/teams", json!({ "name": text }), "/name"),
            (
                "/api/v1/teams",
                json!({ "name": "Zerg", "tag": text }),
                "/tag",
            ),
            (
                "/api/v1/teams",
                json!({ "name": "Zerg", "description": text }),
                "/description",
            ),
            ("/api/v1/builds", build("name", text.into()), "/name"),
            ("/api/v1/builds", build("notes", text.into()), "/notes"),
            ("/api/v1/builds", build("tags", json!([text])), "/tags/0"),
            (
                "/api/v1/builds",
                build("gear", json!({ "rune": text })),
                "/gear/rune",
            ),
            ("/api/v1/compositions", plan("name", text.into()), "/name"),
            ("/api/v1/compositions", plan("notes", text.into()), "/notes"),
            (
                "/api/v1/compositions",
                plan("tags", json!([text])),
                "/tags/0",
            ),
            (
                "/api/v1/compositions",
                plan("subgroups", json!([{ "name": text, "slots": [] }])),
                "/subgroups/0/name",
            ),
            (
                "/api/v1/compositions",
                plan("subgroups", slots("player", text)),
                "/subgroups/0/slots/0/player",
            ),
            (
                "/api/v1/compositions",
                plan("subgroups", slots("note", text)),
                "/subgroups/0/slots/0/note",
            ),
            (&players, json!({ "name": text }), "/name"),
            (&players, json!({ "name": "Zerg", "notes": text }), "/notes"),
            (
                &format!("{players}/import"),
                json!({ "players": [{ "name": text }] }),
                "/players/0/name",
            ),
        ] {
            let answer = call(path, &body);
            assert_eq!(answer.status, 422, "{path} {body}");
            let expected = vec![(pointer.to_owned(), "invisible_character".to_owned())];
            assert_eq!(answer.mistakes(), expected, "{path} {body}");
        }
    }
}

#[test]
fn neither_a_patch_nor_a_file_brings_a_hidden_character_in() {
    let app = TestApp::new();
    let player = app.player("one");
    let team = app.team(&[(&player, "leader")]);
    let players = format!("/api/v1/teams/{team}/players");
    for text in HIDDEN {
        let patch = app
            .call("PATCH", "/api/v1/users/me")
            .json(&json!({ "display_name": text }));
        let answer = patch.by(&player).send();
        assert_eq!(answer.mistakes()[0].1, "invisible_character", "{text:?}");
        let import = app
            .call("POST", &format!("{players}/import"))
            .raw(CSV, format!("name,notes\r\n{text},x\r\n"));
        let answer = import.by(&player).send();
        assert_eq!(
            answer.mistakes(),
            vec![("/lines/2/name".to_owned(), "invisible_character".to_owned())]
        );
    }
}

#[test]
fn a_name_is_kept_in_nfc_with_single_blanks_and_is_nobody_elses() {
    let app = TestApp::new();
    let player = app.player("one");
    let call = |body: &Value| app.post_as(&player, "/api/v1/teams", body);
    let made = call(&json!({ "name": " Jose\u{301}  und\u{a0}Co ", "tag": " RED " })).created();
    assert_eq!(made["name"], "Jos\u{e9} und Co");
    assert_eq!(made["tag"], "RED");
    for (name, code) in [
        ("\u{410}dministrator", "reserved_name"),
        ("WvW \u{412}uilder", "reserved_name"),
        ("Administrator", "reserved_name"),
        ("\u{410}lice", "mixed_scripts"),
        ("\u{301}", "nothing_visible"),
        ("\u{2800}", "nothing_visible"),
        (" \u{3000} ", "invalid_length"),
        ("Z\u{336}\u{321}\u{31b}\u{338}", "too_many_marks"),
    ] {
        let answer = call(&json!({ "name": name }));
        assert_eq!(
            answer.mistakes(),
            vec![("/name".to_owned(), code.to_owned())],
            "{name:?}"
        );
    }
}
