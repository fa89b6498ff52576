//! Bulk data: rows made by API calls and copied until lists have several pages. Copies differ in their ids
//! and times, and have their facets.

use std::cell::Cell;
use std::fmt::Display;

use serde_json::json;
use wvw_builder::ids::{
    ApiKeyId, BuildId, CompositionId, DeliveryId, EventId, InvitationId, PlayerId, SessionId,
    ShareLinkId, TeamId, UserId, WebhookId,
};
use wvw_builder::platform::Platform;

use super::teams::TEAMS;
use super::{Player, TestApp, text};
use crate::webhooks::{delivery, make_proved};

/// Counts of rows against the quotas of accounts and teams.
const FEW: usize = 40;
const FEW_TEAMS: usize = 12;
const FEW_LINKS: usize = 15;
/// Of one kind: an account and a team have quotas.
const BUILDS_OF_A_KIND: usize = 200;
const OWN_OF_A_KIND: usize = 80;
const PLANS_OF_A_KIND: usize = 200;
const SECOND_MS: i64 = 1_000;

/// Someone who has things, and the ids of one of each.
pub struct Holder {
    pub player: Player,
    /// Leads it.
    pub team: String,
    pub build: String,
    /// Of the team.
    pub composition: String,
    pub webhook: String,
    pub delivery: String,
}

/// Makes them.
pub struct Crowd<'a> {
    pub app: &'a TestApp,
    /// How many of each.
    pub amount: usize,
    pub made: &'a Cell<u64>,
}

impl Crowd<'_> {
    /// A number that was not given before.
    fn next(&self) -> u64 {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    /// Randomness of its own, and a time before now that nothing else has.
    fn apart(&self) -> (Platform, i64) {
        let number = self.next();
        let ms = self.app.test_now() - SECOND_MS * number.cast_signed();
        (self.app.test.platform(100_000 + number), ms)
    }

    /// Copies the rows of `table` that are `from`, with other values in some columns.
    fn copy(&self, table: &str, from: &str, others: &[(&str, String)]) {
        let names = format!("SELECT name FROM pragma_table_info('{table}')");
        let names = self.app.texts(&names);
        let value = |name: &String| {
            let other = others.iter().find(|(column, _)| column == name);
            other.map_or(name.clone(), |(_, value)| value.clone())
        };
        let values: Vec<String> = names.iter().map(value).collect();
        let (names, values) = (names.join(", "), values.join(", "));
        self.app.execute(format!(
            "INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {from}"
        ));
    }

    /// Copies the row of `table` with this id, `most` times at the most; `others` gives the columns that
    /// differ, from randomness and a time that no other copy has.
    fn copies<const N: usize>(
        &self,
        most: usize,
        (table, id): (&str, &str),
        others: impl Fn(&Platform, i64) -> [(&'static str, String); N],
    ) {
        for _ in 0..self.amount.min(most) {
            let (platform, ms) = self.apart();
            self.copy(table, &format!("id = '{id}'"), &others(&platform, ms));
        }
    }

    fn builds(&self, id: &str) {
        for _ in 0..self.amount.min(BUILDS_OF_A_KIND) {
            let (platform, ms) = self.apart();
            let copy = BuildId::of_time(&platform, ms);
            let values = [("id", quoted(&copy)), ("number", copy.number().to_string())];
            self.copy("builds", &format!("id = '{id}'"), &values);
            let facets = [("build_id", quoted(&copy))];
            self.copy("build_facets", &format!("build_id = '{id}'"), &facets);
        }
    }

    fn compositions(&self, id: &str, player: &Player, most: usize) {
        let link = self.app.share_link(player, &json!({ "id": id }));
        let link = ("share_links", &*text(&link["id"]));
        self.copies(FEW_LINKS, link, |platform, ms| {
            let slug = "hex(randomblob(11))".to_owned();
            [
                ("id", quoted(ShareLinkId::of_time(platform, ms))),
                ("slug", slug),
            ]
        });
        let from = format!("composition_id = '{id}'");
        for _ in 0..self.amount.min(most) {
            let (platform, ms) = self.apart();
            let copy = CompositionId::of_time(&platform, ms);
            let values = [("id", quoted(&copy)), ("number", copy.number().to_string())];
            self.copy("compositions", &format!("id = '{id}'"), &values);
            let facets = [("composition_id", quoted(&copy))];
            self.copy("composition_tags", &from, &facets);
            self.copy("composition_versions", &from, &facets);
        }
        let from = format!("{from} AND version = 1");
        for version in 2..=self.amount.min(99) {
            let versions = [("version", version.to_string())];
            self.copy("composition_versions", &from, &versions);
        }
        // The last of them is in force.
        self.app.execute(format!(
            "UPDATE compositions SET version = (SELECT max(version) FROM composition_versions \
             WHERE composition_id = id) WHERE id = '{id}'"
        ));
    }

    /// A team of `leader`'s with members, invitations, a roster, builds and compositions, and one of
    /// these that only it sees.
    pub fn team(&self, leader: &Player) -> (String, String) {
        let app = self.app;
        let team = self.next_team(leader);
        for _ in 0..self.amount.min(90) {
            let (platform, ms) = self.apart();
            let user = quoted(UserId::of_time(&platform, ms));
            let from = format!("team_id = '{team}' AND user_id = '{}'", leader.id);
            let values = [("user_id", user), ("role", "'member'".to_owned())];
            self.copy("team_members", &from, &values);
        }
        let anna = self.roster(&team, leader);
        self.copies(self.amount, ("team_players", &anna), |platform, ms| {
            [("id", quoted(PlayerId::of_time(platform, ms)))]
        });
        let invitation = text(&app.invite(leader, &team, &json!({})).created()["id"]);
        self.copies(FEW, ("team_invitations", &invitation), |platform, ms| {
            let id = quoted(InvitationId::of_time(platform, ms));
            [("id", id), ("code_hash", "randomblob(32)".to_owned())]
        });
        let mut last = String::new();
        for visibility in ["public", "team"] {
            let mut shared =
                json!({ "visibility": visibility, "team_id": team, "tags": ["zerg", "shared"] });
            let build = text(&app.build(leader, &shared)["id"]);
            self.builds(&build);
            shared["subgroups"] = json!([{ "slots": [{ "build_id": build }] }]);
            last = text(&app.composition(leader, &shared)["id"]);
            self.compositions(&last, leader, PLANS_OF_A_KIND);
        }
        (team, last)
    }

    /// A player in the roster of a team.
    pub fn roster(&self, team: &str, leader: &Player) -> String {
        let body = json!({ "name": format!("Anna {}", self.next()) });
        let path = format!("{TEAMS}/{team}/players");
        let made = self.app.post_as(leader, &path, &body);
        text(&made.created()["id"])
    }

    fn next_team(&self, leader: &Player) -> String {
        let (platform, ms) = self.apart();
        let id = TeamId::of_time(&platform, ms).to_string();
        let made = self.app.team(&[(leader, "leader")]);
        // `team` numbers its ids by the rows there are: some may have gone.
        let from = format!("id = '{made}'");
        self.copy("teams", &from, &[("id", format!("'{id}'"))]);
        self.app.execute(format!(
            "UPDATE team_members SET team_id = '{id}' WHERE team_id = '{made}'"
        ));
        self.app.execute(format!("DELETE FROM teams WHERE {from}"));
        id
    }

    /// Someone with much of everything.
    pub fn holder(&self) -> Holder {
        let app = self.app;
        let player = app.player(&format!("holder{}", self.next()));
        let mut build = String::new();
        for visibility in ["public", "private"] {
            let changes = json!({ "visibility": visibility, "tags": ["zerg", visibility], "notes": "Needle" });
            let mut described = changes.clone();
            described["roles"] = json!(["strip"]);
            described["game_build"] = json!(190_000);
            build = text(&app.build(&player, &described)["id"]);
            let mut planned = changes;
            planned["subgroups"] = json!([{ "slots": [{ "build_id": build }] }]);
            let planned = text(&app.composition(&player, &planned)["id"]);
            self.builds(&build);
            self.compositions(&planned, &player, OWN_OF_A_KIND);
        }
        let (team, composition) = self.team(&player);
        for _ in 0..self.amount.min(FEW_TEAMS) {
            self.next_team(&player);
        }
        self.sessions_and_keys(&player);
        let webhook = text(&make_proved(app, &player, &json!({}))["id"]);
        let delivery = self.webhooks(&webhook);
        Holder {
            player,
            team,
            build,
            composition,
            webhook,
            delivery,
        }
    }

    fn sessions_and_keys(&self, player: &Player) {
        let app = self.app;
        app.log_in(&player.email);
        let other = format!(
            "SELECT max(id) FROM sessions WHERE user_id = '{}'",
            player.id
        );
        let other = app.texts(&other).remove(0);
        self.copies(self.amount, ("sessions", &other), |platform, ms| {
            [("id", quoted(SessionId::of_time(platform, ms)))]
        });
        let key = text(&app.api_key(player, &["builds:read"])["id"]);
        self.copies(FEW, ("api_keys", &key), |platform, ms| {
            let id = quoted(ApiKeyId::of_time(platform, ms));
            [("id", id), ("hash", "randomblob(32)".to_owned())]
        });
    }

    /// More webhooks, and deliveries of this one; gives one of them.
    fn webhooks(&self, webhook: &str) -> String {
        self.copies(FEW, ("webhooks", webhook), |platform, ms| {
            let id = quoted(WebhookId::of_time(platform, ms));
            // Off, so that what happens in a walk is not told to all of them.
            [("id", id), ("disabled_at", "1".to_owned())]
        });
        let delivery = delivery(self.app, webhook, "dead", 0);
        let from = format!("id = '{delivery}'");
        let source = format!("id = (SELECT event_id FROM webhook_deliveries WHERE {from})");
        for _ in 0..self.amount {
            let (platform, ms) = self.apart();
            let id = quoted(DeliveryId::of_time(&platform, ms));
            let event = quoted(EventId::of_time(&platform, ms));
            self.copy("webhook_events", &source, &[("id", event.clone())]);
            let values = [("id", id.clone()), ("event_id", event)];
            self.copy("webhook_deliveries", &from, &values);
            let one = format!("delivery_id = '{delivery}' AND number = 1");
            self.copy("webhook_attempts", &one, &[("delivery_id", id)]);
        }
        delivery
    }
}

/// An id as SQL takes it.
fn quoted(id: impl Display) -> String {
    format!("'{id}'")
}
