//! The schemas of invitations. Only the response that creates one has a member for its code.

use crate::auth::model::TIME;
use crate::http::schema::{Field, Schema, Text};
use crate::http::{body, object};
use crate::membership::model::TeamRole;
use crate::teams::schemas::{
    DESCRIPTION_FIELD, ID as TEAM_ID, MADE_BY_FIELD, NAME_FIELD, TAG_FIELD, USER_ID,
};

use super::code;

/// The id of an invitation.
pub const ID: Schema = Text::formatted(37, 37, "typeid");
/// A code as it is sent: what has another form is no code, which is said in another way.
const SENT_CODE: Schema = Text::of(1, 1_000);
/// What stands in place of a code in the path of a page: a page says that it is none.
pub const ANY_CODE: Schema = Text::of(1, 100);
/// A code in a path.
pub const CODE: Schema = Text::of(code::LENGTH, code::LENGTH);

const ROLE: Schema = Schema::Choice(&["officer", "member"]);
const USES: Schema = Schema::integer(0, 100);
const MAX_USES: Schema = Schema::integer(1, 100);

const ID_FIELD: Field = Field::required("id", &ID, "TypeID with the prefix invitation.");
const ROLE_FIELD: Field = Field::required("role", &ROLE, "What whoever comes in by it is then.");
const USES_FIELD: Field = Field::required("uses", &USES, "How many have come in by it.");
const MAX_USES_FIELD: Field = Field::required("max_uses", &MAX_USES, "How many it lets in.");
const STATE_FIELD: Field = Field::required(
    "state",
    &Schema::Choice(&["open", "used_up", "expired", "suspended"]),
    "Whether it still lets someone in; suspended: whoever made it may not invite at present, since their account is disabled or their API key has ended.",
);
const BY_FIELD: Field = Field::required("created_by", &USER_ID, "Who made it.");
const CREATED_FIELD: Field = Field::required("created_at", &TIME, "When it was made.");
const EXPIRES_FIELD: Field = Field::required("expires_at", &TIME, "When it ends.");

body! {
    /// Body of POST /teams/{id}/invitations.
    pub struct InvitationInput = "InvitationInput", r#"{"role":"member","max_uses":10,"expires_in_seconds":86400}"# {
        optional role: Option<TeamRole> = ROLE,
            "What whoever comes in by it is then; member unless given. Officers invite members only.";
        optional max_uses: Option<i64> = MAX_USES, "How many it lets in; 1 unless given.";
        optional expires_in_seconds: Option<i64> = Schema::integer(300, 2_592_000),
            "How long it is good; 604800 (a week) unless given.";
    }
}

/// An invitation as leaders and officers see it.
pub const INVITATION: Schema = object! { "Invitation":
    ..ID_FIELD;
    ..ROLE_FIELD;
    ..USES_FIELD;
    ..MAX_USES_FIELD;
    ..STATE_FIELD;
    ..BY_FIELD;
    ..MADE_BY_FIELD;
    ..CREATED_FIELD;
    ..EXPIRES_FIELD;
};

/// An invitation as an export has it.
pub const OWN_INVITATION: Schema = object! {
    ..ID_FIELD;
    required team_id: TEAM_ID, "TypeID with the prefix team.";
    ..ROLE_FIELD;
    ..USES_FIELD;
    ..MAX_USES_FIELD;
    ..CREATED_FIELD;
    ..EXPIRES_FIELD;
};

/// An invitation as it is shown once.
pub const SHOWN_INVITATION: Schema = object! { "InvitationCreated":
    ..ID_FIELD;
    ..ROLE_FIELD;
    ..USES_FIELD;
    ..MAX_USES_FIELD;
    ..STATE_FIELD;
    ..BY_FIELD;
    ..CREATED_FIELD;
    ..EXPIRES_FIELD;
    required code: CODE, "What lets in. It is not shown again: only its SHA-256 is kept.";
    required url: Text::formatted(1, 1_000, "uri"),
        "The page of the invitation, to be passed on: whoever opens it sees what it is for and how to come in.";
};

const PREVIEW_TEAM: Schema = object! {
    ..NAME_FIELD;
    ..TAG_FIELD;
    ..DESCRIPTION_FIELD;
};

/// An invitation as whoever has its code sees it.
pub const PREVIEW: Schema = object! { "InvitationPreview":
    required team: PREVIEW_TEAM, "Where it leads.";
    ..ROLE_FIELD;
    ..EXPIRES_FIELD;
    required uses_left: MAX_USES, "How many it still lets in.";
};

body! {
    /// Body of POST /invitations/accept.
    pub struct Acceptance = "InvitationAcceptance", r#"{"code":"wvwi_0000000000000000EXAMPL"}"# {
        required code: String = SENT_CODE, "The invitation's code, or its link.";
    }
}
