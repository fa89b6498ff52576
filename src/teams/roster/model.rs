//! Players as values: the validated input, what is stored, and who may change it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::body;
use crate::http::{FieldError, Problem, problems};
use crate::ids::{BuildId, PlayerId, TeamId, UserId};
use crate::membership::model::Membership;
use crate::membership::permissions::{
    EditOwnPlayer, EditRoster, TeamPermission as _, TeamPermit, TeamRule,
};
use crate::platform::Text;

pub use super::schemas::PlayerInput;

/// A build that a player can play.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    pub build_id: String,
    /// 0 to 5; 5: loves it.
    pub preference: i64,
}

/// When a player can usually play, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    pub day: String,
    /// When it begins, such as 19:30.
    pub from: String,
    /// When it ends; not later than `from`: on the next day.
    pub to: String,
}

/// An input that is being checked.
#[derive(Debug)]
pub struct Draft {
    /// The valid parts; a mistake leaves a member empty.
    pub input: PlayerInput,
    /// Its JSON Pointer.
    pub pointer: String,
}

impl Draft {
    /// Adds the mistakes that only the whole shows to those of the checked input, `errors`.
    pub fn of(mut input: PlayerInput, pointer: String, errors: &mut Vec<FieldError>) -> Self {
        let mut refuse = |place: &str, code: &'static str, detail: &'static str| {
            errors.push(FieldError::new([&pointer, place].concat(), code, detail));
        };
        let is_user = |text: &String| UserId::parse(text).is_some();
        if input.user_id.as_ref().is_some_and(|text| !is_user(text)) {
            refuse(
                "/user_id",
                "invalid_format",
                "Must be the id of an account.",
            );
            input.user_id = None;
        }
        for index in 0..input.builds.len() {
            let (before, rest) = input.builds.split_at_mut(index);
            let id = &mut rest[0].build_id;
            let mut refuse_build = |code, detail| {
                refuse(&format!("/builds/{index}/build_id"), code, detail);
            };
            if BuildId::parse(id).is_none() {
                // One that is missing is named already.
                if !id.is_empty() {
                    refuse_build("invalid_format", "Must be the id of a build.");
                }
                id.clear();
            } else if before.iter().any(|it| it.build_id == *id) {
                refuse_build("duplicate_item", "This is in the list already.");
            }
        }
        Self { input, pointer }
    }

    /// Adds what is wrong with the builds and the member it names; `had` are the builds of the entry so far.
    pub fn check(&self, unknown: &Unknown, had: &[Owned], errors: &mut Vec<FieldError>) {
        for (index, owned) in self.input.builds.iter().enumerate() {
            let id = &owned.build_id;
            if unknown.builds.contains(id) && !had.iter().any(|had| had.build_id == *id) {
                errors.push(FieldError::new(
                    format!("{}/builds/{index}/build_id", self.pointer),
                    "unknown_build",
                    "There is no such build, or neither you nor the team may see it: it must be public, unlisted, your own or shared with the team.",
                ));
            }
        }
        if self
            .input
            .user_id
            .as_ref()
            .is_some_and(|id| unknown.members.contains(id))
        {
            errors.push(FieldError::new(
                format!("{}/user_id", self.pointer),
                "unknown_member",
                "Nobody in the team has this id. Invite them first, or leave user_id out: then the player is only a name.",
            ));
        }
    }
}

impl body::Member for Owned {
    /// Always something: mistakes name a build by its place in the list.
    fn read(value: Value) -> Option<Self> {
        let mut members = body::Members::of(value);
        Some(Self {
            build_id: members.take("build_id"),
            preference: members.take("preference"),
        })
    }
}

impl body::Member for Time {
    fn read(value: Value) -> Option<Self> {
        let mut members = body::Members::of(value);
        Some(Self {
            day: members.take("day"),
            from: members.take("from"),
            to: members.take("to"),
        })
    }
}

/// What drafts name that is missing or that the caller may not see.
#[derive(Debug, Default)]
pub struct Unknown {
    pub members: BTreeSet<String>,
    pub builds: BTreeSet<String>,
}

/// Renders the answer to clients ([`super::schemas::PLAYER`]), which is stored.
pub fn render(
    id: &PlayerId,
    team: &TeamId,
    input: &PlayerInput,
    created_at: &str,
    updated_at: &str,
) -> Result<String, Problem> {
    #[derive(Serialize)]
    struct Document<'a> {
        id: &'a str,
        team_id: &'a str,
        user_id: Option<&'a str>,
        name: &'a str,
        builds: &'a [Owned],
        availability: &'a [Time],
        notes: &'a str,
        created_at: &'a str,
        updated_at: &'a str,
    }
    serde_json::to_string(&Document {
        id: id.as_str(),
        team_id: team.as_str(),
        user_id: input.user_id.as_deref(),
        name: &input.name,
        builds: &input.builds,
        availability: &input.availability,
        notes: &input.notes,
        created_at,
        updated_at,
    })
    .map_err(Problem::internal)
}

/// Proof that a user may write in a roster: all of it, or their own entry.
pub struct Editor(TeamPermit<EditOwnPlayer>);

/// Proof that someone may write an entry. Only [`Editor::grant`] makes one.
pub struct WriteGrant<'a> {
    permit: &'a TeamPermit<EditOwnPlayer>,
    rule: TeamRule,
}

impl Editor {
    pub fn of(membership: Membership) -> Result<Self, Problem> {
        TeamPermit::of(membership).map(Self)
    }

    /// Permits editors every entry, others their own: `was` and `is` are its member before and after.
    pub fn grant(&self, was: Option<&str>, is: Option<&str>) -> Result<WriteGrant<'_>, Problem> {
        let own = Some(self.0.user().as_str());
        let rule = if was == own && is == own {
            EditOwnPlayer::RULE
        } else {
            EditRoster::RULE
        };
        if rule.admits(self.0.role()) {
            let permit = &self.0;
            Ok(WriteGrant { permit, rule })
        } else {
            Err(Problem::new(&problems::INSUFFICIENT_TEAM_ROLE))
        }
    }

    pub const fn team(&self) -> &TeamId {
        self.0.team()
    }

    pub const fn user(&self) -> &UserId {
        self.0.user()
    }
}

impl WriteGrant<'_> {
    pub const fn team(&self) -> &TeamId {
        self.permit.team()
    }

    pub const fn user(&self) -> &UserId {
        self.permit.user()
    }

    /// The roles that may, as a JSON list.
    pub fn roles(&self) -> String {
        self.rule.roles()
    }
}

#[derive(Debug)]
pub struct StoredPlayer {
    pub id: PlayerId,
    /// The member that the player is.
    pub user: Option<String>,
    pub document: Text,
    /// When it was made, RFC 3339.
    pub created_at: String,
    pub version: i64,
}

impl StoredPlayer {
    pub fn etag(version: i64) -> String {
        format!("\"{version}\"")
    }

    /// The input that would make this player.
    pub fn input(&self) -> Result<PlayerInput, Problem> {
        serde_json::from_str(self.document.as_str()).map_err(Problem::internal)
    }
}
