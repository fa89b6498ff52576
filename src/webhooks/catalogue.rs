//! The types of events, each with an example of its `data`.
//! Promises names that never change their meaning.
//! Leaves the schemas of `data` to `event_types`, which the Wasm does not carry.

/// What a test sends unless asked otherwise.
pub const PING: &str = "ping";

/// A type of events.
#[derive(Debug, PartialEq, Eq)]
pub struct EventType {
    /// Its name: `type` of the payload.
    pub name: &'static str,
    /// An example of `data`, as JSON.
    pub data: &'static str,
}

const COMPOSITION: &str = include_str!("../squads/compositions/composition.example.json");
const BUILD: &str = include_str!("../builds/build.example.json");
const TEAM: &str = r#"{"id":"team_01kanp2xc0e8br5v0xmvhv7j2d","name":"Red Guard","tag":"RED","description":"Thursdays and Sundays, 19:00 UTC.","member_count":1,"created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}"#;
const MEMBER: &str = r#"{"team_id":"team_01kanp2xc0e8br5v0xmvhv7j2d","user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d","role":"member"}"#;

/// All of them.
pub static ALL: [EventType; 14] = [
    EventType {
        name: "build.created",
        data: BUILD.trim_ascii_end(),
    },
    EventType {
        name: "build.updated",
        data: BUILD.trim_ascii_end(),
    },
    EventType {
        name: "build.deleted",
        data: r#"{"id":"build_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
    },
    EventType {
        name: "composition.created",
        data: COMPOSITION.trim_ascii_end(),
    },
    EventType {
        name: "composition.updated",
        data: COMPOSITION.trim_ascii_end(),
    },
    EventType {
        name: "composition.deleted",
        data: r#"{"id":"composition_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
    },
    EventType {
        name: "team.created",
        data: TEAM,
    },
    EventType {
        name: "team.updated",
        data: TEAM,
    },
    EventType {
        name: "team.deleted",
        data: r#"{"id":"team_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
    },
    EventType {
        name: "team.member_added",
        data: MEMBER,
    },
    EventType {
        name: "team.member_updated",
        data: MEMBER,
    },
    EventType {
        name: "team.member_removed",
        data: MEMBER,
    },
    EventType {
        name: "webhook.disabled",
        data: r#"{"id":"webhook_01kanp2xc0e8br5v0xmvhv7j2d","url":"https://example.com/webhooks","reason":"failing","failing_since":"2026-11-17T18:00:00.000Z","disabled_at":"2026-11-22T18:00:00.000Z"}"#,
    },
    EventType {
        name: PING,
        data: "{}",
    },
];

/// The type of this name.
pub fn find(name: &str) -> Option<&'static EventType> {
    ALL.iter().find(|kind| kind.name == name)
}
