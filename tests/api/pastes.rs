//! What people paste into a member of a body: chat codes as chats, browsers and mails give them,
//! links of invitations.

use testing::prelude::*;

const B: &str = "DQctOhcaSTqJHQAAhQEAAIQBAACEHQAAbR0AAAAAAAAAAAAAAAAAAAAAAAA=";

#[test]
fn a_decorated_chat_code_is_the_code() {
    let (app, player) = TestApp::with_player("pastes");
    let code = format!("[&{B}]");
    let plain = app.post(DECODE, &json!({ "code": code })).send().ok();
    assert_eq!(plain["template"]["profession"]["id"], "Mesmer");
    assert_eq!(plain["notes"], json!([]));
    for pasted in [
        format!("`{code}`"),
        format!("\u{200b}{code}"),
        format!("[&amp;{B}]"),
        format!("Support: {code}\n"),
        format!("%5B%26{}%5D", B.replace('=', "%3D")),
        format!("[*{B}]"),
        B.to_owned(),
    ] {
        let decoded = app.post(DECODE, &json!({ "code": pasted })).send().ok();
        assert_eq!(decoded, plain, "{pasted}");
        let build = app.build(&player, &json!({ "chat_code": pasted }));
        assert_eq!(build["chat_code"], code, "{pasted}");
    }
}

#[test]
fn two_chat_codes_are_refused_as_two() {
    let (app, player) = TestApp::with_player("two");
    let pasted = format!("[&{B}] or {GUARDIAN_CODE}");
    let decoded = app.post(DECODE, &json!({ "code": pasted })).send();
    decoded.expect_mistakes("/code several_codes");
    let body = build_body(&json!({ "chat_code": pasted }));
    let made = app.post_as(&player, BUILDS, &body);
    made.expect_mistakes("/chat_code several_codes");
}

/// Inventions belongs to the Engineer.
#[test]
fn decoding_notes_what_a_build_is_refused_for() {
    let (app, player) = TestApp::with_player("notes");
    let code = GUARDIAN_CODE.replacen("DQEq", "DQEm", 1);
    let decoded = app.post(DECODE, &json!({ "code": code })).send().ok();
    let note = &decoded["notes"][0];
    assert_eq!(note["pointer"], "/template/specializations/0");
    let body = build_body(&json!({ "chat_code": code }));
    let refused = app.post_as(&player, BUILDS, &body);
    refused.expect_mistakes(&format!("/chat_code {}", text(&note["code"])));
}

#[test]
fn weapons_under_water_have_names() {
    let app = TestApp::new();
    let list = app.get("/api/v1/game/weapons").send().ok();
    for (id, name) in [(258, "Speargun"), (293, "Trident")] {
        let known = json!({ "id": id, "name": name });
        assert!(array(&list["data"]).contains(&known), "{name}");
    }
}

#[test]
fn an_invitation_is_accepted_by_its_link() {
    let (app, leader) = TestApp::with_player("leader");
    let team = app.team(&[(&leader, "leader")]);
    let body = json!({ "role": "member", "max_uses": 5 });
    let made = app.invite(&leader, &team, &body).created();
    let (code, link) = (text(&made["code"]), text(&made["url"]));
    for (name, pasted) in [
        ("a", link.clone()),
        ("b", format!("{link}?fbclid=x")),
        ("c", format!("Join us: <{link}>")),
        ("d", format!(" {code}\n")),
    ] {
        let guest = app.player(name);
        app.accept(&guest, &pasted).expect(200);
        let role = app.role_of(&team, &guest);
        assert_eq!(role.as_deref(), Some("member"), "{pasted}");
    }
    let guest = app.player("e");
    app.accept(&guest, &format!("{link}x"))
        .expect_problem(404, "not_found");
}
