//! Webhooks of a team when an account, a build or another webhook is deleted. Other receivers lose no
//! event, and none receives too much. `shared_with_teams` has who may have webhooks for a team.

use testing::prelude::*;

use crate::webhook_delivery::{Scene, body};

/// A scene whose player is the officer of a team with a leader and a member.
struct Team {
    scene: Scene,
    leader: Player,
    member: Player,
    id: String,
}

impl Team {
    fn new() -> Self {
        let scene = Scene::new();
        let [leader, member] = ["leader", "member"].map(|name| scene.app.player(name));
        let id = scene.app.team(&[
            (&leader, "leader"),
            (&scene.player, "officer"),
            (&member, "member"),
        ]);
        Self {
            scene,
            leader,
            member,
            id,
        }
    }

    fn app(&self) -> &TestApp {
        &self.scene.app
    }

    fn endpoint(&self, player: &Player, name: &str) -> Endpoint {
        let url = format!("https://{name}.guild.gg/h");
        self.app().team_endpoint(player, &url, &self.id)
    }

    fn share(&self, owner: &Player) -> serde_json::Value {
        let body = json!({ "visibility": "team", "team_id": self.id, "notes": "secret plan" });
        self.app().build(owner, &body)
    }
}

fn urls(sent: &[HttpRequest]) -> Vec<&str> {
    sent.iter().map(|request| request.url.as_str()).collect()
}

#[test]
fn an_event_of_a_deleted_account_still_reaches_the_webhooks_of_its_team() {
    // Before its deliveries are written, and while one waits for its next attempt.
    for is_fanned_out in [false, true] {
        let team = Team::new();
        let told = team.endpoint(&team.leader, "leader");
        team.scene.endpoint("own");
        team.scene.answer(&told, 500);
        team.share(&team.member);
        let own = team.app().build(&team.scene.player, &json!({}));
        if is_fanned_out {
            team.app().deliver();
        }
        team.app().delete_account(&team.member).expect(204);
        team.app().delete_account(&team.scene.player).expect(204);
        team.scene.answer(&told, 200);
        let sent = team.app().deliver_after(6);
        assert_eq!(urls(&sent), [told.url.as_str()], "{is_fanned_out}");
        assert!(body(&sent[0]).contains("secret plan"));
        // What nobody else is told of has gone with its account, and of the other one only what
        // was told is left.
        let users = team.app().texts("SELECT user_id FROM webhook_events");
        assert_eq!(users, [""], "{own}");
    }
}

#[test]
fn events_of_a_team_go_with_the_account_when_nobody_else_is_told_of_them() {
    let team = Team::new();
    team.endpoint(&team.scene.player, "officer");
    team.share(&team.scene.player);
    team.app().delete_account(&team.scene.player).expect(204);
    assert_eq!(team.app().rows("webhook_events"), 0);
}

#[test]
fn a_delivery_whose_event_is_gone_is_given_up_and_not_recovered() {
    let team = Team::new();
    let scene = &team.scene;
    let endpoint = scene.endpoint("a");
    scene.answer(&endpoint, 500);
    scene.event();
    assert_eq!(team.app().deliver().len(), 1);
    team.app().clear("webhook_events");
    assert_eq!(team.app().deliver_after(6).len(), 0);
    let dead = "webhook_deliveries \
         WHERE state = 'dead' AND reason = 'event_removed' AND claims = 0";
    assert_eq!(team.app().rows(dead), 1);
    let path = format!("{WEBHOOKS}/{}/recover", endpoint.id);
    let since = json!({ "since": "2026-11-22T00:00:00Z" });
    let answer = team.app().post_as(&scene.player, &path, &since);
    assert_eq!(answer.expect(202).json()["recovered"], 0);
}
