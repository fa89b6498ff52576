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
const OTHERS: &str = "access_token challenge chat_code code current_password device_token event_type \
                      event_types expires_at new_password password refresh_token secret since \
                      team_id token two_factor_code url user_id player_id build_id email from to";

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
            let is_other = OTHERS.split(' ').any(|other| other == member);
            assert!(kind.is_some() || is_other, "{} {path}", route.operation.id);
            judged += usize::from(kind.is_some());
        }
    }
    assert!(judged >= 30, "{judged}");
}

#[test]
fn no_name_and_no_remark_hides_anything() {
    let (app, player) = TestApp::with_player("one");
    let team = app.team(&[(&player, "leader")]);
    let table = r#"
        /auth/register  /display_name  { "email": "two@guild.gg", "password": "four words in a row", "display_name": "TEXT" }
        /auth/register  /email         { "email": "aTEXTb@guild.gg", "password": "four words in a row", "display_name": "Zërg" }
        /auth/api-keys  /name          { "name": "TEXT", "scopes": ["builds:read"] }
        /teams          /name          { "name": "TEXT" }
        /teams          /tag           { "name": "Zerg", "tag": "TEXT" }
        /teams          /description   { "name": "Zerg", "description": "TEXT" }
        /builds         /name          { "name": "TEXT", "chat_code": "CODE" }
        /builds         /notes         { "name": "Zerg", "chat_code": "CODE", "notes": "TEXT" }
        /builds         /tags/0        { "name": "Zerg", "chat_code": "CODE", "tags": ["TEXT"] }
        /builds         /gear/rune     { "name": "Zerg", "chat_code": "CODE", "gear": { "rune": "TEXT" } }
        /compositions   /name          { "name": "TEXT", "mode": "zerg" }
        /compositions   /notes         { "name": "Zerg", "mode": "zerg", "notes": "TEXT" }
        /compositions   /tags/0        { "name": "Zerg", "mode": "zerg", "tags": ["TEXT"] }
        /compositions   /subgroups/0/name            { "name": "Zerg", "mode": "zerg", "subgroups": [{ "name": "TEXT", "slots": [] }] }
        /compositions   /subgroups/0/slots/0/player  { "name": "Zerg", "mode": "zerg", "subgroups": [{ "slots": [{ "player": "TEXT" }] }] }
        /compositions   /subgroups/0/slots/0/note    { "name": "Zerg", "mode": "zerg", "subgroups": [{ "slots": [{ "note": "TEXT" }] }] }
        /teams/TEAM/players         /name            { "name": "TEXT" }
        /teams/TEAM/players         /notes           { "name": "Zerg", "notes": "TEXT" }
        /teams/TEAM/players/import  /players/0/name  { "players": [{ "name": "TEXT" }] }
    "#;
    let table = table.replace("TEAM", &team).replace("CODE", GUARDIAN_CODE);
    for [path, pointer, body] in rows(&table) {
        for text in HIDDEN {
            let body = json_of(&body.replace("TEXT", text));
            let answer = app.post_as(&player, &format!("/api/v1{path}"), &body);
            answer.expect_mistakes(&format!("{pointer} invisible_character"));
        }
    }
}

#[test]
fn neither_a_patch_nor_a_file_brings_a_hidden_character_in() {
    let (app, player) = TestApp::with_player("one");
    let team = app.team(&[(&player, "leader")]);
    let players = format!("/api/v1/teams/{team}/players");
    for text in HIDDEN {
        let patch = app.patch_as(&player, ME, &json!({ "display_name": text }));
        patch.expect_mistakes("/display_name invisible_character");
        let import = app.call("POST", &format!("{players}/import")).by(&player);
        let import = import.raw(CSV, format!("name,notes\r\n{text},x\r\n"));
        import.expect_mistakes("/lines/2/name invisible_character");
    }
}

#[test]
fn a_name_is_kept_in_nfc_with_single_blanks_and_is_nobody_elses() {
    let (app, player) = TestApp::with_player("one");
    let call = |body: &Value| app.post_as(&player, TEAMS, body);
    let made = call(&json!({ "name": " Jose\u{301}  und\u{a0}Co ", "tag": " RED " })).created();
    assert_has!(made, { "name": "Jos\u{e9} und Co", "tag": "RED" });
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
        answer.expect_mistakes(&format!("/name {code}"));
    }
}
