//! The page of an invitation link. It names the team and role, viewing it uses nothing up, and every link
//! that admits nobody gets the same page. `team_invitations` has acceptance.

use testing::prelude::*;

/// What would run if any text were written as it is.
const PAYLOAD: &str = "</title><script>alert(1)</script>\"'&<b>";

/// The path of an invitation's page, from its link.
fn path_of(invitation: &Value) -> String {
    let url = text(&invitation["url"]);
    url.strip_prefix(ISSUER).expect("one of ours").to_owned()
}

/// A team, and an invitation into it.
fn scene(body: &Value) -> (TestApp, Player, String, Value) {
    let (app, leader) = TestApp::with_player("leader");
    let team = app.team(&[(&leader, "leader")]);
    let invitation = app.invite(&leader, &team, body).created();
    (app, leader, team, invitation)
}

#[test]
fn it_says_what_one_is_asked_into_and_spends_nothing() {
    let (app, _, _, invitation) = scene(&json!({ "role": "officer", "max_uses": 3 }));
    let path = path_of(&invitation);
    let answer = app.get(&path).expect(200);
    let page = answer.text();
    for part in [
        "Invitation to <bdi>Red Guard</bdi> [<bdi>RED</bdi>]",
        "From <bdi>Player</bdi>",
        "You would be an officer",
        "<time datetime=\"2026-11-29T00:00:00.000Z\">2026-11-29, 00:00 UTC</time>",
        "Lets in 3 more",
        &format!("POST {ISSUER}/api/v1/invitations/accept"),
        &text(&invitation["code"]),
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-robots-tag", "noindex"),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    assert!(!page.contains("<script") && !page.contains("style="));
    let code = text(&invitation["code"]);
    app.call("HEAD", &path).expect(200);
    assert_eq!(app.count("SELECT sum(uses) FROM team_invitations"), 0);
    for name in ["first", "second", "third"] {
        app.accept(&app.player(name), &code).expect(200);
    }
    app.get(&path).expect(404);
}

#[test]
fn every_text_of_a_players_is_escaped() {
    let (app, leader, team, invitation) = scene(&json!({}));
    let quoted = PAYLOAD.replace('\'', "''");
    app.execute(format!(
        "UPDATE teams SET name = '{quoted}', tag = '{quoted}', description = '{quoted}'"
    ));
    app.execute(format!(
        "UPDATE team_members SET display_name = '{quoted}' WHERE user_id = '{}' AND team_id = '{team}'",
        leader.id
    ));
    let answer = app.get(&path_of(&invitation)).expect(200);
    let page = answer.text();
    assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
    let escaped = page.matches("&#60;script&#62;alert(1)").count();
    // Title, heading, tag, inviter, description; and what chat programs show.
    assert_eq!(escaped, 8, "{page}");
    assert!(!page.contains("content=\"</title"), "{page}");
}

#[test]
fn what_lets_nobody_in_is_one_page_whatever_the_reason() {
    let (app, leader, team, _) = scene(&json!({}));
    let made_up = format!("/i/wvwi_{}", "0".repeat(22));
    let missing = app.get(&made_up).expect(404);
    let expected = missing.text();
    assert!(expected.contains("No invitation"));
    let nothing = |path: &str| {
        let answer = app.get(path).expect(404);
        assert_eq!(answer.text(), expected, "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    };
    for odd in [
        "/i/x",
        "/i/wvwi_",
        "/i/%3Cscript%3E",
        "/i/wvwi_0000000000000000000-00",
    ] {
        let calls = app.calls_of(|| nothing(odd));
        assert_eq!(calls, 0, "{odd}");
    }
    let invite = |body: Value| app.invite(&leader, &team, &body).created();
    let withdrawn = invite(json!({}));
    let path = format!("{TEAMS}/{team}/invitations/{}", text(&withdrawn["id"]));
    app.delete_as(&leader, &path).expect(204);
    nothing(&path_of(&withdrawn));
    let used = invite(json!({}));
    app.accept(&app.player("guest"), &text(&used["code"]))
        .expect(200);
    nothing(&path_of(&used));
    let short = invite(json!({ "expires_in_seconds": 300 }));
    app.get(&path_of(&short)).expect(200);
    app.test.clock.advance_ms(300_000);
    nothing(&path_of(&short));
}
