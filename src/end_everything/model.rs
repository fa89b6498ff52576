//! Counts of what acts for an account. A team's counts are included in the account's.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::http::object;
use crate::http::schema::Schema;

const COUNT: Schema = Schema::integer(0, 9_007_199_254_740_991);

/// Answer of POST /auth/end-everything.
pub const ENDED: Schema = object! { "Ended":
    required sessions: COUNT, "Logins, the one that asked among them.";
    required api_keys: COUNT, "API keys that were revoked.";
    required webhooks: COUNT, "Webhooks that were disabled, those for teams too.";
    required share_links: COUNT, "Links to compositions that I had made, and that were withdrawn.";
    required invitations: COUNT,
        "Open invitations into teams that I had made, and that were withdrawn.";
};

/// What an account has in its teams, or beside them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TeamTally {
    /// Webhooks that are not disabled.
    pub webhooks: i64,
    /// Links that it has made.
    pub share_links: i64,
    /// Open invitations that it has made.
    pub invitations: i64,
}

impl TeamTally {
    fn document(self) -> Value {
        json!({
            "webhooks": self.webhooks,
            "share_links": self.share_links,
            "invitations": self.invitations,
        })
    }
}

/// All that is to end.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Live logins.
    pub sessions: i64,
    /// API keys that have not ended.
    pub api_keys: i64,
    /// All the rest, by the id of its team; under none, what is no team's.
    pub content: BTreeMap<Option<String>, TeamTally>,
}

impl Tally {
    /// What is a team's and what is not, together.
    pub fn all(&self) -> TeamTally {
        let add = |sum: TeamTally, part: &TeamTally| TeamTally {
            webhooks: sum.webhooks + part.webhooks,
            share_links: sum.share_links + part.share_links,
            invitations: sum.invitations + part.invitations,
        };
        self.content.values().fold(TeamTally::default(), add)
    }

    /// The answer to a client ([`ENDED`]), and what the audit log says of the account.
    pub fn document(&self) -> Value {
        let mut document = self.all().document();
        document["sessions"] = self.sessions.into();
        document["api_keys"] = self.api_keys.into();
        document
    }

    /// What the audit log says of each team.
    pub fn of_teams(&self) -> impl Iterator<Item = (&str, Value)> {
        self.content.iter().filter_map(|(team, content)| {
            let team = team.as_deref()?;
            let mut detail = content.document();
            detail["team_id"] = team.into();
            Some((team, detail))
        })
    }
}
