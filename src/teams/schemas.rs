//! The schemas of teams: requests and responses. Their bounds limit the pages that D1 assembles.

use crate::auth::model::TIME;
use crate::http::schema::{Field, Schema, Text};
use crate::http::{body, object};
use crate::membership::model::TeamRole;

use super::model::MAX_MEMBERS;

/// The id of a team.
pub const ID: Schema = Text::formatted(31, 31, "typeid");
/// The id of a user.
pub const USER_ID: Schema = Text::formatted(31, 31, "typeid");
/// A role in a team.
pub const ROLE: Schema = Schema::Choice(TeamRole::WORDS);

const NAME: Schema = Text::party(1, 100);
const TAG: Schema = Text::party(0, 8);
const DESCRIPTION: Schema = Text::remarks(0, 2_000);

/// Its name.
pub const NAME_FIELD: Field = Field::required("name", &NAME, "What it is called.");
/// Its tag.
pub const TAG_FIELD: Field =
    Field::required("tag", &TAG, "The guild's tag in the game; may be empty.");
/// What it is about.
pub const DESCRIPTION_FIELD: Field = Field::required(
    "description",
    &DESCRIPTION,
    "What it is about; may be empty.",
);
const ID_FIELD: Field = Field::required("id", &ID, "TypeID with the prefix team.");
const COUNT_FIELD: Field = Field::required(
    "member_count",
    &Schema::integer(1, MAX_MEMBERS),
    "How many are in it.",
);
const CREATED_FIELD: Field = Field::required("created_at", &TIME, "When it was made.");
const UPDATED_FIELD: Field = Field::required(
    "updated_at",
    &TIME,
    "When its name, tag or description was last changed.",
);

body! {
    /// Body of POST /teams, and what PATCH /teams/{id} leads to.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct TeamInput = "TeamInput", r#"{"name":"Red Guard","tag":"RED","description":"Thursdays and Sundays, 19:00 UTC."}"# {
        required name: String = NAME, "What it is called, one line.";
        optional tag: String = TAG, "The guild's tag in the game, such as RED.";
        optional description: String = DESCRIPTION, "What it is about.";
    }
}

/// A team as a member sees it.
pub const TEAM: Schema = object! { "Team":
    ..ID_FIELD;
    ..NAME_FIELD;
    ..TAG_FIELD;
    ..DESCRIPTION_FIELD;
    required role: ROLE, "What I am in it.";
    ..COUNT_FIELD;
    ..CREATED_FIELD;
    ..UPDATED_FIELD;
};

/// A team in webhook events.
pub const TOLD_TEAM: Schema = object! {
    ..ID_FIELD;
    ..NAME_FIELD;
    ..TAG_FIELD;
    ..DESCRIPTION_FIELD;
    ..COUNT_FIELD;
    ..CREATED_FIELD;
    ..UPDATED_FIELD;
};

/// The creator of something that belongs to a team.
pub const MADE_BY_FIELD: Field = Field::required(
    "made_by",
    &object! {
        required id: USER_ID, "TypeID with the prefix user.";
        required name: Schema::Nullable(&Text::line(1, 50)),
            "What they are called; null: they have left the team.";
    },
    "Who made it.",
);

/// A membership in an export of personal data.
pub const MEMBERSHIP: Schema = object! { "ExportedMembership":
    required team_id: ID, "TypeID with the prefix team.";
    required team_name: NAME, "What the team is called.";
    required role: ROLE, "What the account is in it.";
    required display_name: Text::line(1, 50), "The name that its members see.";
    required joined_at: TIME, "When the account joined.";
};
