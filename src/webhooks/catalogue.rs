//! The types of events, each with an example of its `data` and the scope that reading it takes.
//! Promises names that never change their meaning.
//! Leaves the schemas of `data` to `event_types`, which the Wasm does not carry.

use crate::auth::model::Scope;

/// What proves an endpoint, and what a test sends unless asked otherwise.
pub const PING: &str = "ping";

/// A type of events.
#[derive(Debug, PartialEq, Eq)]
pub struct EventType {
    /// Its name: `type` of the payload.
    pub name: &'static str,
    /// What a credential needs to read the same through the API; `None`: there is nothing in it.
    pub scope: Option<Scope>,
    /// An example of `data`, as JSON.
    pub data: &'static str,
}

impl EventType {
    /// The word of its scope; empty when it needs none.
    pub fn scope_word(&self) -> &'static str {
        self.scope.map_or("", Scope::as_str)
    }
}

const COMPOSITION: &str = include_str!("../squads/compositions/composition.example.json");
const BUILD: &str = include_str!("../builds/build.example.json");
const TEAM: &str = r#"{"id":"team_01kanp2xc0e8br5v0xmvhv7j2d","name":"Red Guard","tag":"RED","description":"Thursdays and Sundays, 19:00 UTC.","member_count":1,"created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}"#;
const MEMBER: &str = r#"{"team_id":"team_01kanp2xc0e8br5v0xmvhv7j2d","user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d","role":"member"}"#;

/// All of them.
pub static ALL: [EventType; 14] = [
    EventType {
        name: "build.created",
        scope: Some(Scope::BuildsRead),
        data: BUILD.trim_ascii_end(),
    },
    EventType {
        name: "build.updated",
        scope: Some(Scope::BuildsRead),
        data: BUILD.trim_ascii_end(),
    },
    EventType {
        name: "build.deleted",
        scope: Some(Scope::BuildsRead),
        data: r#"{"id":"build_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
    },
    EventType {
        name: "composition.created",
        scope: Some(Scope::CompositionsRead),
        data: COMPOSITION.trim_ascii_end(),
    },
    EventType {
        name: "composition.updated",
        scope: Some(Scope::CompositionsRead),
        data: COMPOSITION.trim_ascii_end(),
    },
    EventType {
        name: "composition.deleted",
        scope: Some(Scope::CompositionsRead),
        data: r#"{"id":"composition_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
    },
    EventType {
        name: "team.created",
        scope: Some(Scope::TeamsRead),
        data: TEAM,
    },
    EventType {
        name: "team.updated",
        scope: Some(Scope::TeamsRead),
        data: TEAM,
    },
    EventType {
        name: "team.deleted",
        scope: Some(Scope::TeamsRead),
        data: r#"{"id":"team_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
    },
    EventType {
        name: "team.member_added",
        scope: Some(Scope::TeamsRead),
        data: MEMBER,
    },
    EventType {
        name: "team.member_updated",
        scope: Some(Scope::TeamsRead),
        data: MEMBER,
    },
    EventType {
        name: "team.member_removed",
        scope: Some(Scope::TeamsRead),
        data: MEMBER,
    },
    EventType {
        name: "webhook.disabled",
        scope: Some(Scope::WebhooksRead),
        data: r#"{"id":"webhook_01kanp2xc0e8br5v0xmvhv7j2d","url":"https://example.com/webhooks","reason":"failing","failing_since":"2026-11-17T18:00:00.000Z","disabled_at":"2026-11-22T18:00:00.000Z"}"#,
    },
    EventType {
        name: PING,
        scope: None,
        data: "{}",
    },
];

/// The type of this name.
pub fn find(name: &str) -> Option<&'static EventType> {
    ALL.iter().find(|kind| kind.name == name)
}
