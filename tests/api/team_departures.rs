//! Links and codes of members who were removed, demoted or disabled, or whose API key has ended: the
//! smallest case of each kind. Leaders see all that belongs to a team and can end each. `team_members`
//! has who may remove whom, `webhook_teams` webhooks.

use testing::departures::{Scene, many};
use testing::prelude::*;

const YEAR_MS: i64 = 365 * 86_400_000;

#[test]
fn a_link_to_a_teams_plan_ends_with_its_makers_removal_leaving_or_demotion() {
    for end in ["removed", "left", "demoted", "account"] {
        let scene = Scene::new();
        let Scene { app, officer, .. } = &scene;
        let page = scene.share(&scene.plan, &officer.token);
        let others = scene.share(&scene.plan, &scene.leader.token);
        // From now on it is in the isolate and in KV.
        assert!(scene.sees(&page) && scene.sees(&others));
        match end {
            "removed" => drop(scene.remove(&scene.leader, officer, "").expect(200)),
            "left" => drop(scene.remove(officer, officer, "").expect(200)),
            "demoted" => scene.role(officer, "member"),
            _ => drop(app.delete_account(officer).expect(204)),
        }
        assert!(!scene.sees(&page), "{end}");
        assert!(scene.sees(&others), "{end}");
        assert_eq!(app.rows("share_links"), 1, "{end}");
        // To be an officer again brings nothing back.
        if end == "demoted" {
            scene.role(officer, "officer");
            assert!(!scene.sees(&page));
        }
    }
}

#[test]
fn a_look_at_a_page_asks_for_its_makers_standing_itself() {
    // As if nothing had been removed with the member: what a view asks is enough.
    let scene = Scene::new();
    let (app, officer) = (&scene.app, &scene.officer);
    let page = scene.share(&scene.plan, &officer.token);
    let joins = sql::joins(officer, &scene.team, "officer");
    for (end, back) in [
        (sql::role(officer, "member"), sql::role(officer, "officer")),
        (sql::disabled(officer, true), sql::disabled(officer, false)),
        (sql::leaves(officer), joins),
    ] {
        assert!(scene.sees(&page));
        app.execute(&end);
        assert!(!scene.sees(&page), "{end}");
        // Nor does another isolate, or a client that has it already.
        assert_eq!(app.isolate(8).get(&page).send().status, 404, "{end}");
        app.execute(&back);
    }
}

#[test]
fn a_disabled_accounts_links_show_nothing_while_it_is_disabled() {
    let scene = Scene::new();
    let Scene { app, officer, .. } = &scene;
    let own = app.composition(officer, &json!({ "name": "Mine" }));
    let pages = [&scene.plan, &own].map(|plan| scene.share(plan, &officer.token));
    let shown = |expected: bool| {
        assert!(pages.iter().all(|page| scene.sees(page) == expected));
        let state = if expected { "shown" } else { "suspended" };
        assert_eq!(scene.list("/share-links")[0]["state"], state);
    };
    shown(true);
    scene.disable(officer, true);
    shown(false);
    scene.disable(officer, false);
    shown(true);
}

#[test]
fn a_link_and_a_code_end_with_the_api_key_that_made_them() {
    let scene = Scene::new();
    let Scene { app, officer, .. } = &scene;
    let scopes = ["compositions:write", "teams:write"];
    let (revoked, first) = scene.key(officer, &scopes);
    let (_, second) = scene.key(officer, &scopes);
    let own = app.composition(officer, &json!({ "name": "Mine" }));
    let made = [&first, &second].map(|key| {
        let pages = [&scene.plan, &own].map(|plan| scene.share(plan, key));
        (pages, scene.code(key, &many()))
    });
    let guests = ["a", "b", "c"].map(|name| app.player(name));
    let lives = |index: usize, guest: &Player| {
        let (pages, code) = &made[index];
        let shown = pages.each_ref().map(|page| scene.sees(page));
        let status = app.accept(guest, code).status;
        let preview = app.get(&format!("/api/v1/invitations/{code}")).send();
        (shown, status, preview.status)
    };
    assert_eq!(lives(0, &guests[0]), ([true; 2], 200, 200));
    scene.revoke(officer, &revoked);
    assert_eq!(lives(0, &guests[1]), ([false; 2], 404, 404));
    assert_eq!(lives(1, &guests[1]), ([true; 2], 200, 200));
    // Nothing of it is left to count against what a composition or a team may have.
    assert_eq!(app.rows("share_links"), 2);
    assert_eq!(app.rows("team_invitations"), 1);
    // The other one ends by itself, before the invitation does.
    let soon = app.test_now() + 1_000;
    app.execute(format!("UPDATE api_keys SET expires_at = {soon}"));
    app.wait_ms(999);
    assert!(scene.sees(&made[1].0[0]));
    app.wait_ms(1);
    assert_eq!(lives(1, &guests[2]), ([false; 2], 404, 404));
    assert_eq!(scene.list("/invitations")[0]["state"], "suspended");
    // Between the look and the write, too.
    let (_, third) = scene.key(officer, &scopes);
    let body = json!({ "code": scene.code(&third, &many()) });
    let call = ("POST", "/api/v1/invitations/accept", &body);
    let end = "UPDATE api_keys SET expires_at = 1".to_owned();
    let status = app.raced("UPDATE team_invitations", end, &guests[2], call);
    assert_eq!(status, 404);
}

#[test]
fn leaders_see_all_webhooks_and_links_of_the_team_and_end_each() {
    let scene = Scene::new();
    let (app, leader, officer, team) = (&scene.app, &scene.leader, &scene.officer, &scene.team);
    let body = json!({ "url": "https://discord.com/api/webhooks/1/s3cret", "event_types": ["*"],
        "team_id": team, "description": "Our channel" });
    let hook = app.post_as(officer, WEBHOOKS, &body).created();
    let page = scene.share(&scene.plan, &officer.token);
    let made_by = json!({ "id": officer.id, "name": "Player" });
    let list = app.get_as(leader, &scene.at("/webhooks")).expect(200);
    assert!(!list.text().contains("s3cret"));
    assert_has!(list.json()["data"][0], {
        "id": hook["id"], "origin": "https://discord.com", "description": "Our channel",
        "made_by": made_by,
    });
    let link = scene.list("/share-links").remove(0);
    assert_has!(link, {
        "made_by": made_by, "composition_id": scene.plan["id"], "composition_name": "Thursday",
    });
    assert!(text(&link["url"]).ends_with(&page));
    assert!(scene.list("/invitations").is_empty());

    // Of another team nothing is there, also for its leader.
    let elsewhere = app.team(&[(leader, "leader")]);
    for (kind, id) in [("webhooks", &hook["id"]), ("share-links", &link["id"])] {
        let path = |team: &str| format!("{TEAMS}/{team}/{kind}/{}", text(id));
        let (here, there) = (path(team), path(&elsewhere));
        for (player, path, status) in [
            (leader, &there, 404),
            (officer, &here, 403),
            (leader, &here, 204),
            (leader, &here, 404),
        ] {
            app.delete_as(player, path).expect(status);
        }
        assert!(scene.list(&format!("/{kind}")).is_empty());
    }
    assert!(!scene.sees(&page));
    let path = format!("{WEBHOOKS}/{}", text(&hook["id"]));
    app.get_as(officer, &path).expect(404);
    // Whoever leads no more ends nothing by it.
    let page = scene.share(&scene.plan, &officer.token);
    let link = scene.list("/share-links").remove(0);
    let path = scene.at(&format!("/share-links/{}", text(&link["id"])));
    let call = ("DELETE", path.as_str(), &Value::Null);
    let demote = sql::role(leader, "officer");
    let status = app.raced("DELETE FROM share_links", demote, leader, call);
    assert_eq!((status, scene.sees(&page)), (403, true));
}

#[test]
fn a_key_sees_and_ends_of_the_team_what_its_scopes_allow() {
    let scene = Scene::new();
    let Scene { app, leader, .. } = &scene;
    let (_, teams) = scene.key(leader, &["teams:read", "teams:write"]);
    let scopes = ["webhooks:read", "compositions:read", "teams:read"];
    let (_, rest) = scene.key(leader, &scopes);
    for (path, teams_may, rest_may) in [
        ("/webhooks", 403, 200),
        ("/share-links", 403, 200),
        ("/bans", 200, 200),
    ] {
        let of = |key: &str| app.get(&scene.at(path)).token(key).send().status;
        assert_eq!((of(&teams), of(&rest)), (teams_may, rest_may), "{path}");
    }
}

#[test]
fn an_expired_key_is_purged_with_what_it_made() {
    let scene = Scene::new();
    let Scene { app, officer, .. } = &scene;
    let (_, key) = scene.key(officer, &["compositions:write"]);
    scene.share(&scene.plan, &key);
    app.wait_ms(2 * YEAR_MS);
    app.hourly();
    assert_eq!((app.rows("api_keys"), app.rows("share_links")), (0, 0));
}
