//! What someone else does, as SQL: for a test to run at once, or between a look and a write.

use super::{Player, TestApp};

/// Has this role in all their teams.
pub fn role(player: &Player, role: &str) -> String {
    let id = &player.id;
    format!("UPDATE team_members SET role = '{role}' WHERE user_id = '{id}'")
}

/// Is in no team any more.
pub fn leaves(player: &Player) -> String {
    format!("DELETE FROM team_members WHERE user_id = '{}'", player.id)
}

/// Is in this team.
pub fn joins(player: &Player, team: &str, role: &str) -> String {
    let id = &player.id;
    format!("INSERT OR REPLACE INTO team_members VALUES ('{team}', '{id}', '{role}', 'Player', 1)")
}

/// Is banned from this team.
pub fn bans(team: &str, player: &Player) -> String {
    let id = &player.id;
    format!("INSERT OR IGNORE INTO team_bans VALUES ('{team}', '{id}', NULL, 1)")
}

/// Is a disabled account, or an enabled one again.
pub fn disabled(player: &Player, is_disabled: bool) -> String {
    let at = if is_disabled { "1" } else { "NULL" };
    let id = &player.id;
    format!("UPDATE users SET disabled_at = {at} WHERE id = '{id}'")
}

impl TestApp {
    /// Gives a roster this many entries, all with the same notes.
    pub fn fill_roster(&self, team: &str, count: usize, notes: &str) {
        self.execute(fill_roster(team, count, notes));
    }
}

/// Entries of a roster by the thousand.
pub fn fill_roster(team: &str, count: usize, notes: &str) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
         INSERT INTO team_players (id, team_id, name, search_name, document, version) \
         SELECT 'player_' || printf('%026d', i), '{team}', 'n', 'n', \
         json_object('user_id', NULL, 'name', 'n', 'builds', json('[]'), 'availability', \
         json('[]'), 'notes', '{notes}', 'created_at', '2026-11-22T00:00:00.000Z'), 1 FROM n"
    )
}
