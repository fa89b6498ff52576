//! Teams for tests, with members in the roles that the test names, made without API calls; and calls of
//! players.

use serde_json::{Value, json};
use wvw_builder::ids::TeamId;

use super::{Answer, Player, TestApp};

pub const TEAMS: &str = "/api/v1/teams";

/// The path of a member.
pub fn member_path(team: &str, player: &Player) -> String {
    format!("{TEAMS}/{team}/members/{}", player.id)
}

impl TestApp {
    /// A call of this player's, without a body where `body` is null.
    #[track_caller]
    pub fn as_player(&self, player: &Player, method: &str, path: &str, body: &Value) -> Answer {
        let call = self.call(method, path).by(player);
        call.json_or_none(body).send()
    }

    #[track_caller]
    pub fn get_as(&self, player: &Player, path: &str) -> Answer {
        self.call("GET", path).by(player).send()
    }

    #[track_caller]
    pub fn patch_as(&self, player: &Player, path: &str, body: &Value) -> Answer {
        self.as_player(player, "PATCH", path, body)
    }

    #[track_caller]
    pub fn put_as(&self, player: &Player, path: &str, body: &Value) -> Answer {
        self.as_player(player, "PUT", path, body)
    }

    #[track_caller]
    pub fn post_as(&self, player: &Player, path: &str, body: &Value) -> Answer {
        self.post(path, body).by(player).send()
    }

    #[track_caller]
    pub fn delete_as(&self, player: &Player, path: &str) -> Answer {
        self.call("DELETE", path).by(player).send()
    }

    /// The status of a call of this player's into which `sql` comes, just before it writes.
    pub fn raced(
        &self,
        before: &'static str,
        sql: String,
        player: &Player,
        (method, path, body): (&str, &str, &Value),
    ) -> u16 {
        let (isolate, sql) = self.racing_isolate(before, Some(sql));
        let status = isolate.as_player(player, method, path, body).status;
        assert!(sql.borrow().is_none(), "it came in between");
        status
    }

    /// Asks for an invitation.
    pub fn invite(&self, player: &Player, team: &str, body: &Value) -> Answer {
        let path = format!("{TEAMS}/{team}/invitations");
        let answer = self.post_as(player, &path, body);
        if answer.status == 201 {
            // Not for all calls: problems have a code too, which is in the log.
            self.keep_strings_secret(&answer.json()["code"]);
        }
        answer
    }

    /// Comes in, or does not.
    pub fn accept(&self, player: &Player, code: &str) -> Answer {
        let body = json!({ "code": code });
        self.post_as(player, "/api/v1/invitations/accept", &body)
    }

    /// Who is what in a team, by their ids.
    pub fn roles(&self, team: &str) -> Vec<(String, String)> {
        let rows = self.execute(format!(
            "SELECT user_id, role FROM team_members WHERE team_id = '{team}' ORDER BY user_id"
        ));
        let text = |row: &wvw_builder::platform::Row, at| row.text(at).expect("text").to_owned();
        rows.iter()
            .map(|row| (text(row, 0), text(row, 1)))
            .collect()
    }

    /// What someone is in a team.
    pub fn role_of(&self, team: &str, player: &Player) -> Option<String> {
        let mut roles = self.roles(team).into_iter();
        roles.find(|(id, _)| *id == player.id).map(|(_, role)| role)
    }

    /// A team with these members.
    pub fn team(&self, members: &[(&Player, &str)]) -> String {
        let seed = 500 + self.rows("teams").cast_unsigned();
        let id = TeamId::fresh(&self.test.platform(seed)).to_string();
        let now = self.test_now();
        self.execute(format!(
            "INSERT INTO teams (id, name, tag, description, version, created_at, updated_at) \
             VALUES ('{id}', 'Red Guard', 'RED', '', 1, {now}, {now})"
        ));
        for (player, role) in members {
            self.add_member(&id, player, role);
        }
        id
    }
}
