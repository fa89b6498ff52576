//! The schemas of what leaders oversee: what `model` and `store` assemble.

use crate::auth::model::TIME;
use crate::http::object;
use crate::http::schema::{Field, Schema, Text};
use crate::squads::compositions::schemas::{ID as COMPOSITION_ID, NAME};
use crate::squads::share_links::operations::{
    CREATED_AT_FIELD, CREATED_BY_FIELD, ID_FIELD as LINK_ID_FIELD, SLUG_FIELD, URL_FIELD,
};
use crate::teams::schemas::{ID, MADE_BY_FIELD, USER_ID};
use crate::webhooks::endpoints::schemas::{
    CREATED_FIELD as WEBHOOK_CREATED_FIELD, DESCRIPTION_FIELD, ENABLED_FIELD, EVENT_TYPES_FIELD,
    ID_FIELD as WEBHOOK_ID_FIELD, REASON_FIELD,
};

/// A banned user.
pub const BAN: Schema = object! { "TeamBan":
    required user_id: USER_ID, "TypeID with the prefix user.";
    ..NAME_FIELD;
    ..SINCE_FIELD;
};
const NAME_FIELD: Field = Field::required(
    "display_name",
    &Schema::Nullable(&Text::line(1, 50)),
    "What they were called then; null: they had left the team before.",
);
const SINCE_FIELD: Field = Field::required("banned_at", &TIME, "Since when.");

/// A ban in the export of the banned user.
pub const OWN_BAN: Schema = object! {
    required team_id: ID, "TypeID with the prefix team.";
    ..NAME_FIELD;
    ..SINCE_FIELD;
};

/// A webhook as leaders of its team see it.
pub const TEAM_WEBHOOK: Schema = object! { "TeamWebhook":
    ..WEBHOOK_ID_FIELD;
    required origin: Text::of(1, 2_000),
        "Where it is called, without the path: that may be a secret of its maker's.";
    ..DESCRIPTION_FIELD;
    ..EVENT_TYPES_FIELD;
    ..ENABLED_FIELD;
    ..REASON_FIELD;
    ..MADE_BY_FIELD;
    ..WEBHOOK_CREATED_FIELD;
};

/// A link to one of a team's compositions as its leaders see it.
pub const TEAM_LINK: Schema = object! { "TeamShareLink":
    ..LINK_ID_FIELD;
    ..SLUG_FIELD;
    ..URL_FIELD;
    ..CREATED_BY_FIELD;
    ..CREATED_AT_FIELD;
    ..MADE_BY_FIELD;
    required composition_id: COMPOSITION_ID, "TypeID with the prefix composition.";
    required composition_name: NAME, "What the composition is called.";
    required state: Schema::Choice(&["shown", "suspended"]),
        "suspended: it shows nothing at present, since its maker's account is disabled or their API key has ended.";
};
