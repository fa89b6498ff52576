//! Invitations as values: their input, and whom they admit. Reasons for a refusal have a fixed order.

use kit::time::rfc3339;
use serde_json::{Value, json};

use crate::http::{Problem, problems};
use crate::ids::{InvitationId, UserId};
use crate::membership::model::{Membership, TeamRole};
use crate::teams::model::{MAX_MEMBERS, MAX_TEAMS};

use super::schemas::InvitationInput;

/// Open invitations of a team.
pub const MAX_OPEN: i64 = 50;
/// Seconds for which an invitation is good unless asked otherwise: a week.
const LIFE_SECONDS: i64 = 604_800;

/// A new invitation.
#[derive(Debug)]
pub struct NewInvitation {
    pub id: InvitationId,
    pub role: TeamRole,
    pub max_uses: i64,
    pub created_at: i64,
    pub expires_at: i64,
}

impl NewInvitation {
    pub fn of(input: &InvitationInput, id: InvitationId, now: i64) -> Self {
        let seconds = input.expires_in_seconds.unwrap_or(LIFE_SECONDS);
        Self {
            id,
            role: input.role.unwrap_or(TeamRole::Member),
            max_uses: input.max_uses.unwrap_or(1),
            created_at: now,
            expires_at: now + seconds * 1_000,
        }
    }

    /// Refuses roles that are not below the inviter's own.
    pub fn check_rank(&self, inviter: TeamRole) -> Result<(), Problem> {
        if self.role < inviter {
            return Ok(());
        }
        let detail = "Your role lets you invite only to roles below it: ask a leader.";
        Err(Problem::new(&problems::INSUFFICIENT_TEAM_ROLE).with_detail(detail))
    }

    /// The answer to its creator, without the code. `store` renders the same for lists.
    pub fn document(&self, created_by: &UserId) -> Value {
        json!({
            "id": self.id.as_str(),
            "role": self.role.as_str(),
            "uses": 0,
            "max_uses": self.max_uses,
            "state": "open",
            "created_by": created_by.as_str(),
            "created_at": rfc3339(self.created_at),
            "expires_at": rfc3339(self.expires_at),
        })
    }
}

/// An invitation as the holder of its code sees it.
#[derive(Debug)]
pub struct Invitation {
    pub id: String,
    /// The team's document as the guest will see it, with an outdated number of members.
    pub team: Value,
    pub role: TeamRole,
    pub inviter: String,
    pub uses_left: i64,
    pub expires_at: i64,
    pub member_count: i64,
}

impl Invitation {
    pub fn check_open(&self, now: i64) -> Result<(), Problem> {
        if self.uses_left < 1 {
            Err(Problem::new(&problems::INVITATION_USED_UP))
        } else if self.expires_at <= now {
            Err(Problem::new(&problems::INVITATION_EXPIRED))
        } else {
            Ok(())
        }
    }

    /// What it shows before it is accepted.
    pub fn preview(&self) -> Value {
        json!({
            "team": {
                "name": self.team["name"],
                "tag": self.team["tag"],
                "description": self.team["description"],
            },
            "role": self.role.as_str(),
            "expires_at": rfc3339(self.expires_at),
            "uses_left": self.uses_left,
        })
    }
}

/// The user who accepts.
#[derive(Debug)]
pub struct Guest {
    /// The membership they would get.
    pub membership: Membership,
    pub is_member: bool,
    /// Whether they were removed or lost the role after it was made, or are banned; the answer tells not which.
    pub is_refused: bool,
    pub team_count: i64,
}

impl Guest {
    /// Refuses when `invitation` does not admit them.
    pub fn check(&self, invitation: &Invitation, now: i64) -> Result<(), Problem> {
        let refuse = |kind| Err(Problem::new(kind));
        if self.is_member {
            return refuse(&problems::ALREADY_A_MEMBER);
        }
        if self.is_refused {
            return refuse(&problems::INVITATION_REFUSED);
        }
        invitation.check_open(now)?;
        if self.team_count >= MAX_TEAMS {
            refuse(&problems::TOO_MANY_TEAMS)
        } else if invitation.member_count >= MAX_MEMBERS {
            refuse(&problems::TEAM_FULL)
        } else {
            Ok(())
        }
    }
}
