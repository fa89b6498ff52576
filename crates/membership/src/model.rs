//! Who is what in a team. Roles are ordered by what they may do.

use serde_json::Value;

use http::body::Member;
use kit::ids::{TeamId, UserId};

kit::words! {
    /// What a member is in a team. A greater one may do all that a lesser one may.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub enum TeamRole {
        /// Sees, and keeps their own entry in the roster.
        Member = "member",
        /// Plans.
        Officer = "officer",
        /// Decides who is what.
        Leader = "leader",
    }
}

impl Member for TeamRole {
    fn read(value: Value) -> Option<Self> {
        Self::parse(value.as_str()?)
    }
}

impl TeamRole {
    /// The words of the roles below this one: whom it may remove, and invite others as.
    pub const fn below(self) -> &'static [&'static str] {
        match self {
            Self::Member => &[],
            Self::Officer => &["member"],
            Self::Leader => &["member", "officer"],
        }
    }
}

/// That someone is in a team. Made by `store` from a row, and by nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The team.
    pub team: TeamId,
    /// Who is in it.
    pub user: UserId,
    /// What they are in it.
    pub role: TeamRole,
}
