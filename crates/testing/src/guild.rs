//! A team with its roster, for tests. The clock moves between two players, so that lists have an order.

use serde_json::{Value, json};

use super::{Answer, Player, TestApp, array, text};

/// The media type of CSV.
pub const CSV: &str = "text/csv";

pub fn players_of(team: &str) -> String {
    format!("/api/v1/teams/{team}/players")
}

/// Adds a player to the roster.
#[track_caller]
pub fn player(app: &TestApp, team: &str, by: &Player, body: &Value) -> Value {
    app.post_as(by, &players_of(team), body).created()
}

/// A team with a leader, an officer and a member, and someone who is not in it.
pub struct Guild {
    pub app: TestApp,
    pub leader: Player,
    pub officer: Player,
    pub member: Player,
    pub stranger: Player,
    pub team: String,
    pub path: String,
}

pub fn guild() -> Guild {
    let (app, [leader, officer, member, stranger]) =
        TestApp::with_players(["leader", "officer", "member", "stranger"]);
    let roles = [
        (&leader, "leader"),
        (&officer, "officer"),
        (&member, "member"),
    ];
    let team = app.team(&roles);
    Guild {
        path: players_of(&team),
        app,
        leader,
        officer,
        member,
        stranger,
        team,
    }
}

impl Guild {
    pub fn one(&self, player: &Value) -> String {
        format!("{}/{}", self.path, text(&player["id"]))
    }

    #[track_caller]
    pub fn add(&self, body: &Value) -> Value {
        // Lists are in the order of the clock.
        self.app.test.clock.advance_ms(1);
        player(&self.app, &self.team, &self.officer, body)
    }

    pub fn names(&self, query: &str) -> Vec<String> {
        let list = self
            .app
            .get_as(&self.member, &format!("{}?{query}", self.path));
        let list = list.ok();
        array(&list["data"])
            .iter()
            .map(|player| text(&player["name"]))
            .collect()
    }

    /// How many players each page of the list has.
    pub fn sizes_of_pages(&self) -> Vec<usize> {
        let target = format!("{}?limit=100", self.path);
        let pages = self.app.pages(&self.member, &target);
        pages.iter().map(Vec::len).collect()
    }

    pub fn export(&self, format: &str) -> Answer {
        self.export_of(&self.path, format)
    }

    pub fn export_of(&self, roster: &str, format: &str) -> Answer {
        let path = format!("{roster}/export?format={format}");
        self.app.get_as(&self.officer, &path).expect(200)
    }

    pub fn import(&self, query: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.import_to(&self.path, query, media_type, body)
    }

    pub fn import_to(
        &self,
        roster: &str,
        query: &str,
        media_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let call = self.app.call("POST", &format!("{roster}/import?{query}"));
        call.by(&self.officer).raw(media_type, body).send()
    }

    pub fn rows(&self) -> String {
        let rows = self.app.execute("SELECT * FROM team_players ORDER BY id");
        format!("{rows:?}")
    }

    pub fn count(&self) -> i64 {
        self.app.rows("team_players")
    }
}

/// What an import answers.
pub fn done(added: u32, updated: u32, removed: u32) -> Value {
    json!({ "added": added, "updated": updated, "removed": removed })
}
