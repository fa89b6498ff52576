//! Who is what in a team.
//! Promises that roles are ordered by what they may do.
//! Leaves the table of permissions to `permissions` and SQL to `store`.

use crate::ids::{TeamId, UserId};

/// What a member is in a team. A greater one may do all that a lesser one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Sees, and keeps their own entry in the roster.
    Member,
    /// Plans.
    Officer,
    /// Decides who is what.
    Leader,
}

impl Role {
    /// The words, in the order of the roles.
    pub const NAMES: [&'static str; 3] = ["member", "officer", "leader"];

    /// The word in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Member, Self::Officer, Self::Leader];
        all.into_iter().find(|known| known.as_str() == text)
    }

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
    pub role: Role,
}
