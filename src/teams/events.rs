//! The webhook events of teams and their members.

use crate::auth::model::Scope;
use crate::events::{EventType, event_type};
use crate::http::object;
use crate::http::schema::Schema;

const TEAM: &str = r#"{"id":"team_01kanp2xc0e8br5v0xmvhv7j2d","name":"Red Guard","tag":"RED","description":"Thursdays and Sundays, 19:00 UTC.","member_count":1,"created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}"#;
const MEMBER: &str = r#"{"team_id":"team_01kanp2xc0e8br5v0xmvhv7j2d","user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d","role":"member"}"#;
const GONE: Schema = object! { required id: super::schemas::ID, "The team's id."; };

pub static CREATED: EventType = event_type!(
    "team.created",
    Some(Scope::TeamsRead),
    TEAM,
    "A team was made.",
    Whole(super::schemas::TOLD_TEAM)
);
pub static UPDATED: EventType = event_type!(
    "team.updated",
    Some(Scope::TeamsRead),
    TEAM,
    "A team's name, tag or description was changed.",
    Whole(super::schemas::TOLD_TEAM)
);
pub static DELETED: EventType = event_type!(
    "team.deleted",
    Some(Scope::TeamsRead),
    r#"{"id":"team_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
    "A team was deleted. Its webhooks are told of nothing after this.",
    Exact(GONE)
);
pub static MEMBER_ADDED: EventType = event_type!(
    "team.member_added",
    Some(Scope::TeamsRead),
    MEMBER,
    "Someone has come into a team.",
    Exact(super::members::schemas::TOLD_MEMBER)
);
pub static MEMBER_UPDATED: EventType = event_type!(
    "team.member_updated",
    Some(Scope::TeamsRead),
    MEMBER,
    "A member of a team has another role.",
    Exact(super::members::schemas::TOLD_MEMBER)
);
pub static MEMBER_REMOVED: EventType = event_type!(
    "team.member_removed",
    Some(Scope::TeamsRead),
    MEMBER,
    "Someone has left a team, or was removed. A deleted account goes without a word.",
    Exact(super::members::schemas::TOLD_MEMBER)
);
