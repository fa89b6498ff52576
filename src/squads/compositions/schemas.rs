//! The schemas of compositions: requests and responses. The bounds keep documents small enough for a
//! row of D1. `input` checks what spans members.

use crate::auth::model::TIME;
use crate::builds::schemas::{ROLE, TAGS};
use crate::http::schema::{Field, Schema, Text};
use crate::squads::presets;

use crate::builds::model::Visibility;

use super::model::{MEMBERS, MODES};

/// Players of a squad.
pub const MAX_PLAYERS: usize = 50;
/// Subgroups of a squad.
pub const MAX_SUBGROUPS: usize = 15;

/// What one is called.
pub const NAME: Schema = Text::name(1, 100);
const NOTES: Schema = Text::remarks(0, 2_000);
const MODE: Schema = Schema::Choice(&MODES);
const PRESET: Schema = Schema::Nullable(&Schema::Choice(presets::IDS));
const VISIBILITY: Schema = Schema::Choice(Visibility::WORDS);
const USER_ID: Schema = Text::formatted(31, 31, "typeid");
const TEAM_ID: Schema = Schema::Nullable(&USER_ID);
/// The id of one.
pub const ID: Schema = Text::formatted(38, 38, "typeid");

const PLAYER: Schema = Schema::Nullable(&Text::name(1, 100));
const PLAYER_ID: Schema = Schema::Nullable(&Text::formatted(33, 33, "typeid"));
const BUILD_ID: Schema = Schema::Nullable(&Text::formatted(32, 32, "typeid"));
const SPECIALIZATION: Schema = Schema::Nullable(&Schema::Integer { min: 1, max: 255 });
const MAYBE_ROLE: Schema = Schema::Nullable(&ROLE);
const NOTE: Schema = Text::remark(0, 200);
const SUBGROUP_NAME: Schema = Text::name(0, 50);

const SLOT_INPUT: Schema = Schema::Named(
    "SlotInput",
    &Schema::Object(&[
        Field::optional("player", &PLAYER, "What the player is called."),
        Field::optional("player_id", &PLAYER_ID, "A player of the team's roster."),
        Field::optional(
            "build_id",
            &BUILD_ID,
            "What is played: a build that you may see.",
        ),
        Field::optional(
            "specialization",
            &SPECIALIZATION,
            "What is played where no build is named: id of GET /game/specializations.",
        ),
        Field::optional("role", &MAYBE_ROLE, "Id of GET /game/roles."),
        Field::optional("note", &NOTE, "One line."),
    ]),
);
const SLOTS_INPUT: Schema = Schema::List {
    items: &SLOT_INPUT,
    min: 0,
    max: MAX_PLAYERS,
};
const SUBGROUP_INPUT: Schema = Schema::Named(
    "SubgroupInput",
    &Schema::Object(&[
        Field::optional("name", &SUBGROUP_NAME, "What it is called."),
        Field::required(
            "slots",
            &SLOTS_INPUT,
            "Its places; one that is empty is open.",
        ),
    ]),
);
const SUBGROUPS_INPUT: Schema = Schema::List {
    items: &SUBGROUP_INPUT,
    min: 0,
    max: MAX_SUBGROUPS,
};

/// Body of POST and PUT, and what PATCH must lead to.
pub const INPUT: Schema = Schema::Named(
    "CompositionInput",
    &Schema::Object(&[
        Field::required("name", &NAME, "One line."),
        Field::required("mode", &MODE, "What it is for."),
        Field::optional(
            "preset",
            &PRESET,
            "What its roles are measured by; without subgroups it is laid out so.",
        ),
        Field::optional(
            "team_id",
            &TEAM_ID,
            "The team that plans with it. It cannot be changed: copy the composition instead.",
        ),
        Field::optional(
            "visibility",
            &VISIBILITY,
            "private unless given; with a team: team.",
        ),
        Field::optional(
            "is_template",
            &Schema::Boolean,
            "Whether it is made to be copied.",
        ),
        Field::optional("notes", &NOTES, "Free text."),
        Field::optional("tags", &TAGS, "Free words."),
        Field::optional("subgroups", &SUBGROUPS_INPUT, "50 places in all, at most."),
    ]),
);

/// Body of POST /compositions/{id}/copy.
pub const COPY_INPUT: Schema = Schema::Named(
    "CompositionCopy",
    &Schema::Object(&[
        Field::optional("name", &NAME, "As the original unless given."),
        Field::optional("team_id", &TEAM_ID, "The team that plans with the copy."),
        Field::optional(
            "visibility",
            &VISIBILITY,
            "private unless given; with a team: team.",
        ),
        Field::optional(
            "is_template",
            &Schema::Boolean,
            "Whether the copy is made to be copied, too; false unless given.",
        ),
        Field::optional(
            "keep_players",
            &Schema::Boolean,
            "Whether players keep their places; unless given, they do where the original is no template.",
        ),
    ]),
);

const SLOT: Schema = Schema::Named(
    "Slot",
    &Schema::Object(&[
        Field::required("player", &PLAYER, "What the player is called."),
        Field::required("player_id", &PLAYER_ID, "The player of the team's roster."),
        Field::required("build_id", &BUILD_ID, "The build."),
        Field::required("specialization", &SPECIALIZATION, "What is played."),
        Field::required(
            "profession",
            &Schema::Nullable(&Text::of(1, 20)),
            "Of the specialization.",
        ),
        Field::required("role", &MAYBE_ROLE, "What it is played as."),
        Field::required("note", &NOTE, "One line."),
    ]),
);
const SLOTS: Schema = Schema::List {
    items: &SLOT,
    min: 0,
    max: MAX_PLAYERS,
};
const SUBGROUP: Schema = Schema::Named(
    "Subgroup",
    &Schema::Object(&[
        Field::required("name", &SUBGROUP_NAME, "What it is called."),
        Field::required("slots", &SLOTS, "Its places."),
    ]),
);
const SUBGROUPS: Schema = Schema::List {
    items: &SUBGROUP,
    min: 0,
    max: MAX_SUBGROUPS,
};

/// Names of members that people change.
pub const MEMBER_NAMES: Schema = Schema::List {
    items: &Schema::Choice(&MEMBERS),
    min: 0,
    max: MEMBERS.len(),
};

/// A composition as it is answered.
pub const COMPOSITION: Schema = Schema::Named(
    "Composition",
    &Schema::Object(&[
        Field::required("id", &ID, "TypeID with the prefix composition."),
        Field::required("owner_id", &USER_ID, "Who made it."),
        Field::required("team_id", &TEAM_ID, "The team that plans with it."),
        Field::required("name", &NAME, "One line."),
        Field::required("mode", &MODE, "What it is for."),
        Field::required("preset", &PRESET, "What its roles are measured by."),
        Field::required("visibility", &VISIBILITY, "Who may see it."),
        Field::required(
            "is_template",
            &Schema::Boolean,
            "Whether it is made to be copied.",
        ),
        Field::required("notes", &NOTES, "Free text."),
        Field::required("tags", &TAGS, "Free words."),
        Field::required(
            "player_count",
            &Schema::Integer { min: 0, max: 50 },
            "Places that are not open.",
        ),
        Field::required("subgroups", &SUBGROUPS, "In the order of the squad."),
        Field::required("updated_by", &USER_ID, "Who changed it last."),
        Field::required("created_at", &TIME, "RFC 3339, UTC."),
        Field::required("updated_at", &TIME, "RFC 3339, UTC."),
    ]),
);
