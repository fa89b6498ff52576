//! What the database holds, and states that no call reaches: named, so that tests need no SQL for them.

use serde_json::Value;
use wvw_builder::platform::Row;

use super::{Player, TestApp, sql};

impl TestApp {
    /// Runs SQL of the test's own.
    #[track_caller]
    pub fn execute(&self, sql: impl AsRef<str>) -> Vec<Row> {
        self.test.database.execute(sql.as_ref())
    }

    /// The one whole number that `sql` gives.
    pub fn count(&self, sql: &str) -> i64 {
        self.execute(sql)[0].integer(0).expect("a number")
    }

    /// How many rows a table has; `table` may go on with a condition.
    pub fn rows(&self, table: &str) -> i64 {
        self.count(&format!("SELECT count(*) FROM {table}"))
    }

    /// Takes all rows out of a table.
    pub fn clear(&self, table: &str) {
        self.execute(format!("DELETE FROM {table}"));
    }

    /// The texts in the first column of what `sql` gives.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let text = |row: &Row| row.text(0).expect("text").to_owned();
        self.execute(sql).iter().map(text).collect()
    }

    /// How many entries of the audit log tell of this action.
    pub fn logged(&self, action: &str) -> i64 {
        self.rows(&format!("audit_log WHERE action = '{action}'"))
    }

    /// The entries of the audit log, oldest first.
    pub fn audit_entries(&self) -> Vec<Value> {
        let entries = self.texts("SELECT entry FROM audit_log ORDER BY seq");
        let entries = entries.iter().map(|entry| serde_json::from_str(entry));
        entries.collect::<Result<_, _>>().expect("JSON")
    }

    pub fn live_sessions(&self) -> i64 {
        self.rows("sessions WHERE ended_at IS NULL")
    }

    /// Counters of guesses with failures in them.
    pub fn counted_failures(&self) -> i64 {
        self.rows("guesses WHERE failures > 0")
    }

    /// Changes the row of a player: `change` is what SQL sets.
    pub fn set_user(&self, player: &Player, change: &str) {
        self.execute(format!(
            "UPDATE users SET {change} WHERE id = '{}'",
            player.id
        ));
    }

    /// Disables an account, as an administrator would.
    pub fn disable(&self, player: &Player) {
        self.set_user(player, "disabled_at = 1");
    }

    pub fn enable(&self, player: &Player) {
        self.set_user(player, "disabled_at = NULL");
    }

    /// Makes a player a member in this role, or changes the role.
    pub fn add_member(&self, team: &str, player: &Player, role: &str) {
        self.execute(format!(
            "INSERT OR REPLACE INTO team_members (team_id, user_id, role, display_name, joined_at) \
             VALUES ('{team}', '{}', '{role}', 'Player', {})",
            player.id,
            self.test_now()
        ));
    }

    pub fn ban(&self, team: &str, player: &Player) {
        self.execute(sql::bans(team, player));
    }

    /// What `act` gives while each write of a kind, `UPDATE ON users`, fails with `error`.
    pub fn while_failing<T>(&self, writes: &str, error: &str, act: impl FnOnce() -> T) -> T {
        self.execute(format!(
            "CREATE TRIGGER failing BEFORE {writes} BEGIN SELECT RAISE(ABORT, '{error}'); END"
        ));
        let result = act();
        self.execute("DROP TRIGGER failing");
        result
    }
}
