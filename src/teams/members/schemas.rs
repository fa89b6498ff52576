//! The schemas of members: requests and responses. Of an account, only the name is shown.

use crate::auth::model::TIME;
use crate::http::schema::{Field, Schema, Text};
use crate::http::{body, object};
use crate::teams::schemas::{ID as TEAM_ID, ROLE, USER_ID};

const USER_FIELD: Field = Field::required("user_id", &USER_ID, "TypeID with the prefix user.");

/// What PATCH `/teams/{id}/members/{user_id}` leads to.
pub const MEMBER_INPUT: Schema = object! {
    required role: ROLE, "What they are to be. Leaders may step down unless they are the last one.";
};

/// A member as others of the team see them.
pub const MEMBER: Schema = object! { "TeamMember":
    ..USER_FIELD;
    required display_name: Text::line(1, 50), "What they are called.";
    required role: ROLE, "What they are in the team.";
    required joined_at: TIME, "When they joined.";
};

body! {
    /// Body of POST /teams/{id}/hand-over.
    pub struct HandOver = "TeamHandOver", r#"{"user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d"}"# {
        required user_id: String = USER_ID, "The member who is to be leader.";
    }
}

/// The event data of a member who joins or leaves.
pub const TOLD_MEMBER: Schema = object! {
    required team_id: TEAM_ID, "TypeID with the prefix team.";
    ..USER_FIELD;
    required role: ROLE, "What they are, or were, in the team.";
};

const COUNT: Schema = Schema::integer(0, 100_000);

/// What was removed with a member.
pub const REMOVAL: Schema = object! { "TeamMemberRemoval":
    required webhooks: COUNT, "Webhooks of the team that were disabled.";
    required share_links: COUNT, "Links to the team's compositions that are gone.";
    required invitations: COUNT, "Invitations into the team that are gone.";
    required builds: COUNT, "Builds that are shared with the team no more.";
    required players: COUNT, "Entries of the roster that are only a name now.";
    required banned: Schema::Boolean, "Whether no invitation lets them in.";
};
