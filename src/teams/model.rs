//! Teams as values, and the effect of an account's deletion on them.

use kit::time::rfc3339;
use serde_json::{Value, json};

use crate::auth::audit::{Action, Entry};
use crate::auth::model::Caller;
use crate::http::body::Body;
use crate::http::problem::Problem;
use crate::ids::TeamId;
use crate::membership::model::{Membership, TeamRole};
use crate::platform::Text;

pub use super::schemas::TeamInput;

/// Teams that a user can be in at a time.
pub const MAX_TEAMS: i64 = 20;
/// Members of a team.
pub const MAX_MEMBERS: i64 = 500;

/// The effect of an account's deletion on a team that it is in.
#[derive(Debug, PartialEq, Eq)]
pub struct Departure {
    pub member: Membership,
    /// Whether nobody else is in the team, so that it is deleted too.
    pub is_emptied: bool,
    /// The next leader, with their present role, where the account is the last one.
    pub heir: Option<Membership>,
}

impl Departure {
    /// Its entries of the audit log.
    pub fn entries(&self, caller: &Caller) -> Vec<Entry> {
        let Membership { team, user, role } = &self.member;
        if self.is_emptied {
            return vec![Entry::by(caller, Action::TeamDeleted, team)];
        }
        let left = Entry::by(caller, Action::TeamMemberLeft, user)
            .with_detail(json!({ "team_id": team.as_str(), "role": role.as_str() }));
        let succeeds = |heir: &Membership| {
            Entry::by_system(Action::TeamLeaderSucceeded, &heir.user)
                .with_detail(json!({ "team_id": team.as_str(), "from": heir.role.as_str() }))
        };
        let heir = self.heir.as_ref().map(succeeds);
        std::iter::once(left).chain(heir).collect()
    }
}

impl TeamInput {
    /// The document of the new team for its first member. `store` renders the same from the row.
    pub fn document(&self, id: &TeamId, now: i64) -> Value {
        json!({
            "id": id.as_str(),
            "name": self.name,
            "tag": self.tag,
            "description": self.description,
            "role": TeamRole::Leader.as_str(),
            "member_count": 1,
            "created_at": rfc3339(now),
            "updated_at": rfc3339(now),
        })
    }

    /// Applies it to the document of a team.
    pub fn lay_over(&self, document: &mut Value, now: i64) {
        document["name"] = self.name.as_str().into();
        document["tag"] = self.tag.as_str().into();
        document["description"] = self.description.as_str().into();
        document["updated_at"] = rfc3339(now).into();
    }
}

/// A team as a member sees it.
#[derive(Debug)]
pub struct Team {
    pub membership: Membership,
    pub version: i64,
    pub member_count: i64,
    pub document: Text,
}

impl Team {
    /// The strong `ETag` of the response: the team's version, its number of members and the member's role.
    pub fn etag(&self) -> String {
        etag(self.version, self.membership.role, self.member_count)
    }

    pub fn document(&self) -> Result<Value, Problem> {
        serde_json::from_str(self.document.as_str()).map_err(Problem::internal)
    }
}

pub fn etag(version: i64, role: TeamRole, member_count: i64) -> String {
    format!("\"{version}.{}.{member_count}\"", role.as_str())
}

/// The target of a merge patch (RFC 7396).
pub fn as_input(mut document: Value) -> Value {
    TeamInput::SCHEMA.retain(&mut document);
    document
}

/// A team in webhook events, without a role: receivers have different roles.
pub fn told(mut document: Value) -> String {
    document.as_object_mut().map(|team| team.remove("role"));
    document.to_string()
}

/// The event data of a member who joins or leaves. Ids only, since events outlive an account.
pub fn told_member(member: &Membership) -> String {
    json!({
        "team_id": member.team.as_str(),
        "user_id": member.user.as_str(),
        "role": member.role.as_str(),
    })
    .to_string()
}
