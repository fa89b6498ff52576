//! Members as values: nobody acts on a member whose role is not below their own, except on themselves.

use kit::time::rfc3339;
use serde_json::{Value, json};

use crate::http::{Problem, problems};
use crate::membership::model::{Membership, TeamRole};
use crate::membership::permissions::{LeaveTeam, RemoveMembers, TeamPermit};

/// A member as others of the team see them.
#[derive(Debug)]
pub struct Member {
    pub membership: Membership,
    pub display_name: String,
    pub joined_at: i64,
}

impl Member {
    /// The answer to a client. `store` renders the same for lists.
    pub fn document(&self) -> Value {
        json!({
            "user_id": self.membership.user.as_str(),
            "display_name": self.display_name,
            "role": self.membership.role.as_str(),
            "joined_at": rfc3339(self.joined_at),
        })
    }
}

/// Who acts on whom.
#[derive(Debug)]
pub struct RankCheck {
    pub caller: Membership,
    /// `None`: there is no such member.
    pub target: Option<Member>,
    pub leaders: i64,
}

impl RankCheck {
    pub fn target(&self) -> Result<&Member, Problem> {
        let target = self.target.as_ref();
        target.ok_or_else(Problem::not_found)
    }

    /// Refuses unless the target is the caller, or a member whose role is below theirs.
    pub fn check_rank(&self, target: &Membership) -> Result<(), Problem> {
        let is_below = target.role < self.caller.role;
        if is_below || target.user == self.caller.user {
            return Ok(());
        }
        Err(Problem::new(&problems::INSUFFICIENT_TEAM_ROLE).with_detail(
            "Their role is not below yours. A leader steps down or leaves by themselves.",
        ))
    }

    pub fn check_leader_is_left(&self, target: &Membership) -> Result<(), Problem> {
        if target.role == TeamRole::Leader && self.leaders <= 1 {
            return Err(Problem::new(&problems::LAST_LEADER));
        }
        Ok(())
    }
}

/// Proof that a member may be removed. Only [`RankCheck::grant_removal`] makes one.
pub struct RemovalGrant<'a> {
    caller: &'a Membership,
    target: &'a Membership,
}

impl RemovalGrant<'_> {
    pub const fn caller(&self) -> &Membership {
        self.caller
    }

    pub fn is_by_others(&self) -> bool {
        self.caller.user != self.target.user
    }

    /// The member who is removed; may be the caller.
    pub const fn target(&self) -> &Membership {
        self.target
    }
}

impl RankCheck {
    /// Permits the caller to leave, or to remove the target.
    pub fn grant_removal(&self) -> Result<RemovalGrant<'_>, Problem> {
        let (caller, target) = (&self.caller, self.target.as_ref());
        match target {
            Some(target) if target.membership.user == caller.user => {
                TeamPermit::<LeaveTeam>::of(caller.clone())?;
            }
            _ => {
                TeamPermit::<RemoveMembers>::of(caller.clone())?;
            }
        }
        let target = &self.target()?.membership;
        self.check_rank(target)?;
        self.check_leader_is_left(target)?;
        Ok(RemovalGrant { caller, target })
    }
}
