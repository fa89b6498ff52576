//! Teams in the hand of a test, made without the calls that make them.
//! Promises members in the roles that the test names.
//! Leaves how one gets into a team to the tests of teams.

use wvw_builder::ids::TeamId;

use super::{Player, TestApp};

impl TestApp {
    /// A team with these members.
    pub fn team(&self, members: &[(&Player, &str)]) -> String {
        let seed = 500 + self.count("SELECT count(*) FROM teams").cast_unsigned();
        let id = TeamId::fresh(&self.test.platform(seed)).to_string();
        let now = self.test_now();
        self.test.database.execute(&format!(
            "INSERT INTO teams (id, name, tag, description, version, created_at, updated_at) \
             VALUES ('{id}', 'Red Guard', 'RED', '', 1, {now}, {now})"
        ));
        for (player, role) in members {
            self.test.database.execute(&format!(
                "INSERT INTO team_members (team_id, user_id, role, display_name, joined_at) \
                 VALUES ('{id}', '{}', '{role}', 'Player', {now})",
                player.id
            ));
        }
        id
    }
}
