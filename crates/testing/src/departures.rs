//! A team of three with a composition, and the ways in which someone stops being what they were.

use serde_json::{Value, json};

use super::paths::API_KEYS;
use super::teams::{TEAMS, member_path};
use super::{Answer, Player, TestApp, text};
use crate::compositions::path_of;

pub struct Scene {
    pub app: TestApp,
    pub leader: Player,
    pub officer: Player,
    pub member: Player,
    pub team: String,
    /// A composition of the team's.
    pub plan: Value,
}

impl Scene {
    pub fn new() -> Self {
        let (app, [leader, officer, member]) =
            TestApp::with_players(["leader", "officer", "member"]);
        let team = app.team(&[
            (&leader, "leader"),
            (&officer, "officer"),
            (&member, "member"),
        ]);
        let plan = app.composition(&leader, &json!({ "team_id": team, "name": "Thursday" }));
        Self {
            app,
            leader,
            officer,
            member,
            team,
            plan,
        }
    }

    pub fn at(&self, path: &str) -> String {
        format!("{TEAMS}/{}{path}", self.team)
    }

    /// A link by whoever has this token; its page.
    pub fn share(&self, plan: &Value, token: &str) -> String {
        let links = format!("{}/share-links", path_of(plan));
        let made = self.app.call("POST", &links).token(token).created();
        self.app.keep_strings_secret(&made["slug"]);
        format!("/c/{}", text(&made["slug"]))
    }

    pub fn sees(&self, page: &str) -> bool {
        let statuses = ["", "/card.png"].map(|end| {
            let path = format!("{page}{end}");
            self.app.get(&path).send().status
        });
        assert!(statuses == [200; 2] || statuses == [404; 2], "{statuses:?}");
        statuses[0] == 200
    }

    pub fn remove(&self, by: &Player, whom: &Player, query: &str) -> Answer {
        let path = format!("{}{query}", member_path(&self.team, whom));
        self.app.delete_as(by, &path)
    }

    pub fn role(&self, whom: &Player, role: &str) {
        let path = member_path(&self.team, whom);
        let body = json!({ "role": role });
        self.app.patch_as(&self.leader, &path, &body).expect(200);
    }

    pub fn disable(&self, whom: &Player, disabled: bool) {
        if disabled {
            self.app.disable(whom);
        } else {
            self.app.enable(whom);
        }
    }

    pub fn key(&self, of: &Player, scopes: &[&str]) -> (String, String) {
        let made = self.app.api_key(of, scopes);
        (text(&made["id"]), text(&made["key"]))
    }

    pub fn revoke(&self, of: &Player, key: &str) {
        let path = format!("{API_KEYS}/{key}");
        self.app.delete_as(of, &path).expect(204);
    }

    pub fn code(&self, token: &str, body: &Value) -> String {
        let invitations = self.at("/invitations");
        let made = self.app.post(&invitations, body).token(token).created();
        self.app.keep_strings_secret(&made["code"]);
        text(&made["code"])
    }

    pub fn read(&self, by: &Player, path: &str) -> Value {
        self.app.get_as(by, path).ok()
    }
}

pub fn many() -> Value {
    json!({ "max_uses": 100 })
}
