//! Compositions as values: what is stored, and who may see or change it. A document holds all that a
//! reader needs, so a read needs no join. `input` validates requests; `store` has the SQL.

use serde_json::Value;

use crate::auth::permissions::{Permit, WriteCompositions};
use crate::builds::model::Visibility;
use crate::http::body::Body as _;
use crate::http::{Problem, problems};
use crate::ids::{CompositionId, TeamId, UserId};
use crate::membership::model::{Membership, TeamRole};
use crate::membership::permissions::{EditCompositions, TeamPermit};
use crate::platform::Text;

pub use super::schemas::{Composition, Slot, Subgroup};
use super::schemas::{NewComposition, NewSlot};

/// What a squad is for.
pub const MODES: [&str; 7] = [
    "zerg",
    "boon_ball",
    "blob",
    "gvg",
    "havoc",
    "roaming",
    "other",
];

/// What people change of a composition.
pub const MEMBERS: [&str; 8] = [
    "name",
    "mode",
    "preset",
    "visibility",
    "is_template",
    "notes",
    "tags",
    "subgroups",
];

impl Slot {
    /// Whether nobody is there yet, and nothing is said of what they play.
    pub const fn is_open(&self) -> bool {
        self.player.is_none()
            && self.player_id.is_none()
            && self.build_id.is_none()
            && self.specialization.is_none()
    }
}

impl Composition {
    pub fn parse(document: &str) -> Result<Self, Problem> {
        serde_json::from_str(document).map_err(Problem::internal)
    }

    pub fn render(&self) -> Result<String, Problem> {
        serde_json::to_string(self).map_err(Problem::internal)
    }

    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.subgroups.iter().flat_map(|subgroup| &subgroup.slots)
    }

    /// The input that would make this composition: what a merge patch (RFC 7396) applies to.
    pub fn as_input(&self) -> Result<Value, Problem> {
        let mut value = serde_json::to_value(self).map_err(Problem::internal)?;
        NewComposition::SCHEMA.retain(&mut value);
        let subgroups = value["subgroups"].as_array_mut().into_iter().flatten();
        let slots = subgroups.filter_map(|subgroup| subgroup["slots"].as_array_mut());
        for slot in slots.flatten() {
            let has_build = slot["build_id"].is_string();
            NewSlot::SCHEMA.retain(slot);
            if let Some(members) = slot.as_object_mut().filter(|_| has_build) {
                members.remove("specialization");
            }
        }
        Ok(value)
    }
}

/// A composition as read for one user.
#[derive(Debug)]
pub struct StoredComposition {
    pub id: CompositionId,
    pub owner: UserId,
    pub team: Option<TeamId>,
    pub visibility: Visibility,
    pub version: i64,
    /// The caller's role in its team.
    pub role: Option<TeamRole>,
    /// Whether who made it is still in its team, if it has one.
    pub is_owner_there: bool,
    pub document: Text,
}

/// Proof that a caller may change a composition. Only [`StoredComposition::grant_to`] makes one.
pub struct WriteGrant<'a>(&'a StoredComposition);

impl WriteGrant<'_> {
    pub const fn composition(&self) -> &StoredComposition {
        self.0
    }
}

impl StoredComposition {
    /// Whether `user`, for whom it was read, may see it. One with a team is the team's, not its maker's.
    pub fn is_visible_to(&self, user: Option<&UserId>) -> bool {
        matches!(self.visibility, Visibility::Public | Visibility::Unlisted)
            || match &self.team {
                Some(_) => self.role.is_some(),
                None => user == Some(&self.owner),
            }
    }

    /// Whose own webhooks are told of what `user` does: its owner's, unless they have left its team.
    pub const fn told<'a>(&'a self, user: &'a UserId) -> &'a UserId {
        if self.is_owner_there {
            &self.owner
        } else {
            user
        }
    }

    /// Lets its owner or its team's planners change it. 404 for those who may not see it.
    pub fn grant_to(
        &self,
        permit: &Permit<'_, WriteCompositions>,
    ) -> Result<WriteGrant<'_>, Problem> {
        let user = permit.user_id();
        if !self.is_visible_to(Some(user)) {
            return Err(Problem::new(&problems::NOT_FOUND));
        }
        match (&self.team, self.role) {
            (None, _) if *user == self.owner => Ok(WriteGrant(self)),
            (Some(team), Some(role)) => {
                let membership = Membership {
                    team: team.clone(),
                    user: user.clone(),
                    role,
                };
                TeamPermit::<EditCompositions>::of(membership).map(|_| WriteGrant(self))
            }
            _ => Err(Problem::new(&problems::NOT_OWNER)),
        }
    }

    /// The strong `ETag` of the response.
    pub fn etag(version: i64) -> String {
        format!("\"{version}\"")
    }
}
