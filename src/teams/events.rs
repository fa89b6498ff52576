//! The webhook events of teams and their members.

use crate::auth::model::Scope;
use crate::events::event_types;
use crate::http::object;
use crate::http::schema::Schema;

use super::{members, schemas};

const TEAM: &str = r#"{"id":"team_01kanp2xc0e8br5v0xmvhv7j2d","name":"Red Guard","tag":"RED","description":"Thursdays and Sundays, 19:00 UTC.","member_count":1,"created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}"#;
const MEMBER: &str = r#"{"team_id":"team_01kanp2xc0e8br5v0xmvhv7j2d","user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d","role":"member"}"#;
const GONE: Schema = object! { required id: schemas::ID, "The team's id."; };

event_types! { Some(Scope::TeamsRead);
    CREATED = "team.created", TEAM, "A team was made.", Whole(schemas::TOLD_TEAM);
    UPDATED = "team.updated", TEAM, "A team's name, tag or description was changed.", Whole(schemas::TOLD_TEAM);
    DELETED = "team.deleted", r#"{"id":"team_01kanp2xc0e8br5v0xmvhv7j2d"}"#,
        "A team was deleted. Its webhooks are told of nothing after this.", Exact(GONE);
    MEMBER_ADDED = "team.member_added", MEMBER, "Someone has come into a team.", Exact(members::schemas::TOLD_MEMBER);
    MEMBER_UPDATED = "team.member_updated", MEMBER, "A member of a team has another role.", Exact(members::schemas::TOLD_MEMBER);
    MEMBER_REMOVED = "team.member_removed", MEMBER,
        "Someone has left a team, or was removed. A deleted account goes without a word.", Exact(members::schemas::TOLD_MEMBER);
}
