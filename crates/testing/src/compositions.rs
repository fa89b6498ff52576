//! Compositions and players of rosters, as plain as they can be.

use serde_json::{Value, json};
use wvw_builder::ids::PlayerId;

use super::{Player, TestApp, text};

pub const COMPOSITIONS: &str = "/api/v1/compositions";

/// A body that is right, with these members in it.
pub fn composition_body(changes: &Value) -> Value {
    let mut body = json!({ "name": "Thursday zerg", "mode": "zerg" });
    for (name, value) in changes.as_object().expect("members") {
        body[name] = value.clone();
    }
    body
}

impl TestApp {
    /// Stores a composition.
    pub fn composition(&self, player: &Player, changes: &Value) -> Value {
        self.test.clock.advance_ms(1);
        self.post_as(player, COMPOSITIONS, &composition_body(changes))
            .created()
    }

    /// A player of a team's roster.
    pub fn roster_player(&self, team: &str) -> String {
        let seed = 600 + self.rows("team_players").cast_unsigned();
        let id = PlayerId::fresh(&self.test.platform(seed)).to_string();
        self.execute(format!(
            "INSERT INTO team_players (id, team_id, name, search_name, document, version) \
             VALUES ('{id}', '{team}', 'Anna', 'anna', '{{}}', 1)"
        ));
        id
    }
}

pub fn path_of(composition: &Value) -> String {
    format!("{COMPOSITIONS}/{}", text(&composition["id"]))
}
