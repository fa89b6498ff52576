//! The schemas of members: requests and responses. Of an account, only the name is shown.

use crate::auth::model::TIME;
use crate::http::schema::{Field, Schema, Text};
use crate::teams::schemas::{ID as TEAM_ID, ROLE, USER_ID};

const USER_FIELD: Field = Field::required("user_id", &USER_ID, "TypeID with the prefix user.");

/// What PATCH `/teams/{id}/members/{user_id}` leads to.
pub const MEMBER_INPUT: Schema = Schema::Object(&[Field::required(
    "role",
    &ROLE,
    "What they are to be. Leaders may step down unless they are the last one.",
)]);

/// A member as others of the team see them.
pub const MEMBER: Schema = Schema::Named(
    "TeamMember",
    &Schema::Object(&[
        USER_FIELD,
        Field::required("display_name", &Text::line(1, 50), "What they are called."),
        Field::required("role", &ROLE, "What they are in the team."),
        Field::required("joined_at", &TIME, "When they joined."),
    ]),
);

/// Body of POST /teams/{id}/hand-over.
pub const HAND_OVER: Schema = Schema::Named(
    "TeamHandOver",
    &Schema::Object(&[Field::required(
        "user_id",
        &USER_ID,
        "The member who is to be leader.",
    )]),
);

/// The event data of a member who joins or leaves.
pub const TOLD_MEMBER: Schema = Schema::Object(&[
    Field::required("team_id", &TEAM_ID, "TypeID with the prefix team."),
    USER_FIELD,
    Field::required("role", &ROLE, "What they are, or were, in the team."),
]);

const fn count(name: &'static str, about: &'static str) -> Field {
    Field::required(
        name,
        &Schema::Integer {
            min: 0,
            max: 100_000,
        },
        about,
    )
}

/// What was removed with a member.
pub const REMOVAL: Schema = Schema::Named(
    "TeamMemberRemoval",
    &Schema::Object(&[
        count("webhooks", "Webhooks of the team that were disabled."),
        count(
            "share_links",
            "Links to the team's compositions that are gone.",
        ),
        count("invitations", "Invitations into the team that are gone."),
        count("builds", "Builds that are shared with the team no more."),
        count("players", "Entries of the roster that are only a name now."),
        Field::required(
            "banned",
            &Schema::Boolean,
            "Whether no invitation lets them in.",
        ),
    ]),
);
