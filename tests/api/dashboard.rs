//! The dashboard: counts, activity, what needs attention. It shows nothing of strangers and takes two
//! statements.

use testing::prelude::*;
use wvw_builder::ids::{CompositionId, InvitationId};

fn app() -> TestApp {
    TestApp::configured(&[("GAME_BALANCE_BUILD", "200")])
}

fn dashboard(app: &TestApp, player: &Player) -> Value {
    app.get_as(player, DASHBOARD).ok()
}

fn composition(app: &TestApp, owner: &Player, team: &str, at: &str) -> String {
    let seed = 700 + app.rows("compositions").cast_unsigned();
    let id = CompositionId::fresh(&app.test.platform(seed)).to_string();
    let document = json!({
        "name": "Zerg", "created_at": "2026-01-01T00:00:00.000Z", "updated_at": at,
        "updated_by": owner.id,
    });
    app.execute(format!(
        "INSERT INTO compositions (id, owner_id, team_id, visibility, document, search_text, number, version) \
         VALUES ('{id}', '{}', '{team}', 'team', '{document}', '', \
         (SELECT count(*) FROM compositions), 1)",
        owner.id
    ));
    id
}

fn invitation(app: &TestApp, team: &str, role: &str, uses: i64, expires_at: i64) -> String {
    let seed = 800 + app.rows("team_invitations").cast_unsigned();
    let id = InvitationId::fresh(&app.test.platform(seed)).to_string();
    app.execute(format!(
        "INSERT INTO team_invitations (id, team_id, code_hash, role, created_by, max_uses, uses, \
         created_at, expires_at) VALUES ('{id}', '{team}', x'{seed:04x}', '{role}', 'user', 5, {uses}, 0, \
         {expires_at})"
    ));
    id
}

#[test]
fn an_empty_account_has_an_empty_dashboard() {
    let app = app();
    let player = app.player("new");
    let shown = dashboard(&app, &player);
    assert_eq!(
        shown,
        json!({
            "counts": { "builds": 0, "compositions": 0, "teams": 0, "webhooks": 0 },
            "attention": {
                "stale_builds": { "count": 0, "data": [] },
                "failing_webhooks": [],
                "invitations": { "count": 0, "data": [] },
            },
            "activity": [],
        })
    );
}

#[test]
fn what_needs_attention_is_named() {
    let app = app();
    let [player, stranger] = app.players(["player", "stranger"]);
    let team = app.team(&[(&player, "officer"), (&stranger, "leader")]);
    let now = app.test_now();
    for number in [100, 199, 200, 300] {
        app.test.clock.advance_ms(1);
        let body = json!({ "name": format!("Of {number}"), "game_build": number });
        app.build(&player, &body);
    }
    app.build(&player, &json!({}));
    app.build(&stranger, &json!({ "game_build": 5 }));
    for name in ["well", "failing", "gone", "off"] {
        app.endpoint(&player, &format!("https://{name}.guild.gg/h"));
    }
    for change in [
        "failures = 3 WHERE url LIKE '%failing%'",
        "disabled_at = 1, disabled_reason = 'gone' WHERE url LIKE '%gone%'",
        "disabled_at = 1, disabled_reason = 'owner' WHERE url LIKE '%off%'",
    ] {
        app.execute(format!("UPDATE webhooks SET {change}"));
    }
    let later = invitation(&app, &team, "member", 4, now + 90_000);
    let open = invitation(&app, &team, "member", 3, now + 61_234);
    invitation(&app, &team, "member", 5, now + 60_000);
    invitation(&app, &team, "member", 0, now);
    // Officers invite members only.
    invitation(&app, &team, "officer", 0, now + 60_000);
    let shown = dashboard(&app, &player);
    let counts = json!({ "builds": 5, "compositions": 0, "teams": 1, "webhooks": 4 });
    assert_eq!(shown["counts"], counts);
    let stale = &shown["attention"]["stale_builds"];
    assert_eq!(stale["count"], 2);
    assert_eq!(stale["data"][0]["name"], "Of 199");
    assert_eq!(stale["data"][1]["game_build"], 100);
    let failing = array(&shown["attention"]["failing_webhooks"]).iter();
    let urls: BTreeSet<String> = failing.map(|webhook| text(&webhook["url"])).collect();
    let expected = ["failing", "gone"].map(|name| format!("https://{name}.guild.gg/h"));
    assert_eq!(urls, BTreeSet::from(expected));
    let invitations = &shown["attention"]["invitations"];
    assert_eq!(invitations["count"], 2);
    assert_has!(invitations["data"][0], { "id": open, "uses_left": 2 });
    let end = text(&invitations["data"][0]["expires_at"]);
    let expected = kit::time::rfc3339(now + 61_234);
    assert_eq!(end, expected);
    assert_eq!(invitations["data"][1]["id"], *later);
    // Whoever may invite officers sees all that are open.
    let shown = dashboard(&app, &stranger);
    assert_eq!(shown["attention"]["invitations"]["count"], 3);
    assert_eq!(shown["attention"]["stale_builds"]["count"], 1);
}

#[test]
fn activity_is_mine_and_my_teams_latest_first() {
    let app = app();
    let [player, mate, stranger] = app.players(["player", "mate", "stranger"]);
    app.test.clock.advance_ms(1_000);
    let team = app.team(&[(&player, "member")]);
    let elsewhere = app.team(&[(&stranger, "leader")]);
    let at = || {
        app.test.clock.advance_ms(1_000);
        kit::time::rfc3339(app.test_now())
    };
    at();
    let own = text(&app.build(&player, &json!({}))["id"]);
    let first = composition(&app, &mate, &team, &at());
    at();
    let shared = json!({ "visibility": "team", "team_id": team });
    app.add_member(&team, &mate, "member");
    at();
    let of_mate = text(&app.build(&mate, &shared)["id"]);
    app.build(&mate, &json!({ "visibility": "public" }));
    app.build(&stranger, &json!({}));
    composition(&app, &stranger, &elsewhere, &at());
    let shown = dashboard(&app, &player);
    let activity = array(&shown["activity"]);
    let seen: Vec<_> = activity.iter().map(|it| [&it["type"], &it["id"]]).collect();
    let expected = json!([
        ["build.created", of_mate],
        ["team.member_added", mate.id],
        ["composition.updated", first],
        ["build.created", own],
        ["team.member_added", player.id],
    ]);
    assert_eq!(json!(seen), expected);
    assert_has!(activity[2], { "by": mate.id, "team_id": team });
}

#[test]
fn it_takes_two_statements_and_few_rows() {
    let app = app();
    let player = app.player("player");
    let team = app.team(&[(&player, "leader")]);
    for _ in 0..60 {
        app.test.clock.advance_ms(1_000);
        let body = json!({ "game_build": 1, "visibility": "team", "team_id": team });
        app.build(&player, &body);
        composition(&app, &player, &team, &kit::time::rfc3339(app.test_now()));
    }
    app.get_as(&player, DASHBOARD).expect(200);
    let calls = app.calls_of(|| {
        let shown = dashboard(&app, &player);
        assert_eq!(shown["attention"]["stale_builds"]["count"], 60);
        let few = &shown["attention"]["stale_builds"]["data"];
        assert_eq!(array(few).len(), 10);
        assert_eq!(array(&shown["activity"]).len(), 20);
    });
    assert_eq!(calls, 2);
}
