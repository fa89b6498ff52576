//! What a member of a team may do there: one table, and a type that proves it.

use std::marker::PhantomData;

use http::problem::Problem;
use http::problems;
use kit::ids::{TeamId, UserId};

use super::model::{Membership, TeamRole};

/// One row of the table: whom it admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamRule {
    /// The name of the permission, as the docs have it.
    pub name: &'static str,
    /// Whether leaders may.
    pub leader: bool,
    /// Whether officers may.
    pub officer: bool,
    /// Whether members may.
    pub member: bool,
}

impl TeamRule {
    /// Whether someone in this role may.
    pub const fn admits(&self, role: TeamRole) -> bool {
        match role {
            TeamRole::Leader => self.leader,
            TeamRole::Officer => self.officer,
            TeamRole::Member => self.member,
        }
    }

    /// The words of the roles that may, as a JSON list: for statements that ask the table again.
    pub fn roles(&self) -> String {
        let all = [TeamRole::Member, TeamRole::Officer, TeamRole::Leader];
        let words = all.into_iter().filter(|role| self.admits(*role));
        words
            .map(TeamRole::as_str)
            .collect::<serde_json::Value>()
            .to_string()
    }
}

/// A permission in a team as a type.
pub trait TeamPermission {
    /// Its row.
    const RULE: TeamRule;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident $leader:literal $officer:literal $member:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl TeamPermission for $name {
                const RULE: TeamRule = TeamRule {
                    name: stringify!($name),
                    leader: $leader,
                    officer: $officer,
                    member: $member,
                };
            }
        )*

        /// The whole table.
        pub const ALL: &[TeamRule] = &[$($name::RULE,)*];
    };
}

permissions! {
    //                   leader officer member
    /// See the team, its members, its roster, and what is shared with it.
    ViewTeam             true  true  true;
    /// Change name, tag and description.
    EditTeam             true  true  false;
    /// Delete the team and all that is its.
    DeleteTeam           true  false false;
    /// Give members whose role is below one's own another one; make someone else leader.
    ChangeRoles          true  false false;
    /// Remove members whose role is below one's own.
    RemoveMembers        true  true  false;
    /// Keep someone out, whatever code they have; see and lift bans.
    BanMembers           true  false false;
    /// Leave the team, unless one is its last leader.
    LeaveTeam            true  true  true;
    /// Make, see and withdraw invitations to a role below one's own.
    Invite               true  true  false;
    /// Add, change, import and remove players of the roster.
    EditRoster           true  true  false;
    /// Change one's own entry in the roster.
    EditOwnPlayer        true  true  true;
    /// Store builds that the team sees.
    ShareBuilds          true  true  true;
    /// Make, change and delete the team's compositions, and the links that show them.
    EditCompositions     true  true  false;
    /// Edit the scores that the team's analyses use.
    EditScores           true  true  false;
    /// Make webhooks that are told what happens in the team.
    ManageWebhooks       true  true  false;
    /// See all webhooks and share links of the team, whoever made them, and end each.
    OverseeSharing       true  false false;
}

/// Proof that a member has the permission `P` in a team.
pub struct TeamPermit<P> {
    membership: Membership,
    permission: PhantomData<P>,
}

impl<P: TeamPermission> TeamPermit<P> {
    /// Asks the table.
    pub fn of(membership: Membership) -> Result<Self, Problem> {
        if P::RULE.admits(membership.role) {
            Ok(Self {
                membership,
                permission: PhantomData,
            })
        } else {
            Err(Problem::new(&problems::INSUFFICIENT_TEAM_ROLE))
        }
    }

    /// Who has it, as it was read.
    pub const fn membership(&self) -> &Membership {
        &self.membership
    }

    /// The team.
    pub const fn team(&self) -> &TeamId {
        &self.membership.team
    }

    /// The member.
    pub const fn user(&self) -> &UserId {
        &self.membership.user
    }

    /// The member's role.
    pub const fn role(&self) -> TeamRole {
        self.membership.role
    }
}
