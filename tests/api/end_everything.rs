//! Ending everything: what ends, what stays, and that the response counts exactly that.
//! `reauthentication` has the proof that it takes.

use testing::authenticator::{SECOND_STEP, challenge, enrol};
use testing::prelude::*;
use testing::webhooks::{delivery, make};

const END: &str = "/api/v1/auth/end-everything";

fn share(app: &TestApp, player: &Player, body: &Value) -> String {
    let plan = app.composition(player, body);
    text(&app.share_link(player, &plan)["slug"])
}

/// What someone has, and what ends with it.
struct Belongings {
    player: Player,
    key: String,
    slugs: [String; 2],
    code: String,
    webhooks: [String; 2],
}

fn belongings(app: &TestApp, name: &str) -> (Belongings, String) {
    let player = app.player(name);
    let team = app.team(&[(&player, "leader")]);
    app.log_in(&player.email);
    let in_team = json!({ "team_id": team, "visibility": "team" });
    let slugs = [json!({}), in_team].map(|body| share(app, &player, &body));
    let of_team = json!({ "team_id": team, "url": "https://bot.guild.gg/team" });
    let webhooks = [json!({}), of_team].map(|body| text(&make(app, &player, &body)["id"]));
    let code = app.invite(&player, &team, &json!({})).created();
    let code = text(&code["code"]);
    let key = text(&app.api_key(&player, &["builds:read", "teams:write"])["key"]);
    let belongings = Belongings {
        player,
        key,
        slugs,
        code,
        webhooks,
    };
    (belongings, team)
}

impl Belongings {
    /// Status of each way to be let in, or to be shown something.
    fn ways(&self, app: &TestApp) -> Vec<u16> {
        let get = |path: &str| app.get(path).status();
        let mut ways = vec![
            app.get(ME).token(&self.player.token).status(),
            app.get(BUILDS).token(&self.key).status(),
            get(&format!("/api/v1/invitations/{}", self.code)),
        ];
        ways.extend(self.slugs.iter().map(|slug| get(&format!("/c/{slug}"))));
        ways.push(app.refresh(&self.player.refresh_token).status);
        ways
    }
}

#[test]
fn everything_that_acts_for_the_account_ends_at_once_and_is_counted() {
    let app = TestApp::new();
    let (mine, team) = belongings(&app, "ending");
    let (others, _) = belongings(&app, "other");
    let waiting = delivery(&app, &mine.webhooks[0], "pending", 0);
    let theirs = delivery(&app, &others.webhooks[0], "pending", 0);
    app.execute(
        "INSERT INTO team_invitations SELECT 'invitation_7zzzzzzzzzzzzzzzzzzzzzzzzz', team_id, x'01', \
         role, created_by, max_uses, max_uses, created_at, expires_at, NULL FROM team_invitations LIMIT 1",
    );
    let answer = app.act_as(&mine.player, END);
    let counts = json!({
        "sessions": 2, "api_keys": 1, "webhooks": 2, "share_links": 2, "invitations": 1
    });
    assert_eq!(answer.ok(), counts);
    assert_eq!(mine.ways(&app), [401, 401, 404, 404, 404, 401]);
    // Whoever has what others have keeps it.
    assert_eq!(others.ways(&app), [200; 6]);
    let state = |id: &String| {
        let sql = format!("SELECT state FROM webhook_deliveries WHERE id = '{id}'");
        app.texts(&sql).remove(0)
    };
    assert_eq!([&waiting, &theirs].map(state), ["held", "pending"]);
    // What is left says where they went.
    let again = app.logged_in_again(&mine.player);
    for id in &mine.webhooks {
        let webhook = app.get_as(&again, &format!("{WEBHOOKS}/{id}")).ok();
        assert_has!(webhook, { "enabled": false, "disabled_reason": "owner" });
    }
    app.get_as(&again, &format!("{TEAMS}/{team}")).expect(200);

    let log = app.audit_entries();
    let entries = log
        .iter()
        .filter(|it| it["action"] == "account.everything_ended");
    let entries: Vec<_> = entries.map(|it| [&it["target"], &it["detail"]]).collect();
    let of_team = json!({ "team_id": team, "webhooks": 1, "share_links": 1, "invitations": 1 });
    let expected = json!([[mine.player.id, counts], [team, of_team]]);
    assert_eq!(json!(entries), expected);
}

#[test]
fn it_takes_a_proof() {
    let app = TestApp::new();
    let (mine, _) = belongings(&app, "late");
    app.test.clock.advance_ms(301_000);
    let call = app.call("POST", END).by(&mine.player);
    call.expect_problem(403, "reauthentication_required");
    // No key has the scope.
    let call = app.call("POST", END).token(&mine.key);
    call.expect_problem(403, "insufficient_scope");
    assert_eq!(app.rows("api_keys"), 1);
    assert_eq!(app.live_sessions(), 2);
}

#[test]
fn who_has_nothing_else_ends_the_login_alone() {
    let (app, player) = TestApp::with_player("bare");
    let answer = app.act_as(&player, END);
    let counts = json!({
        "sessions": 1, "api_keys": 0, "webhooks": 0, "share_links": 0, "invitations": 0
    });
    assert_eq!(answer.ok(), counts);
}

#[test]
fn what_comes_in_between_is_ended_and_counted_too() {
    let key = "INSERT INTO api_keys SELECT 'key_7zzzzzzzzzzzzzzzzzzzzzzzzz', user_id, x'01', name, \
               scopes, created_at, expires_at, last_used_at FROM api_keys";
    let link = "INSERT INTO share_links (slug, composition_id, id, created_by, created_at) \
                SELECT 'x', composition_id, 'x', created_by, 1 FROM share_links LIMIT 1";
    for (member, sql, count) in [("api_keys", key, 2), ("share_links", link, 3)] {
        let app = TestApp::new();
        let (mine, _) = belongings(&app, "raced");
        let raced = app.racing("UPDATE sessions SET ended_at", sql.to_owned());
        let counts = raced.call("POST", END).by(&mine.player).ok();
        assert_eq!(counts[member], count, "{counts}");
        assert_eq!(app.rows(member), 0);
    }
}

#[test]
fn a_login_that_waits_for_its_code_ends_too() {
    let (app, player) = TestApp::with_player("guarded");
    let device = enrol(&app, &player);
    let challenge = challenge(&app, &player);
    let code = device.fresh_code(&app);
    app.act_as(&player, END).expect(200);
    let body = json!({ "challenge": challenge, "code": code });
    let answer = app.post(SECOND_STEP, &body).send();
    answer.expect_problem(401, "invalid_challenge");
}
