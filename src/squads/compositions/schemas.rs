//! The schemas of compositions: requests and responses. The bounds keep documents small enough for a
//! row of D1. `input` checks what spans members.

use crate::auth::model::TIME;
use crate::builds::schemas::{ROLE, TAGS};
use crate::http::object;
use crate::http::schema::{Schema, Text};
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
const SPECIALIZATION: Schema = Schema::Nullable(&Schema::integer(1, 255));
const MAYBE_ROLE: Schema = Schema::Nullable(&ROLE);
const NOTE: Schema = Text::remark(0, 200);
const SUBGROUP_NAME: Schema = Text::name(0, 50);

const SLOT_INPUT: Schema = object! { "SlotInput":
    optional player: PLAYER, "What the player is called.";
    optional player_id: PLAYER_ID, "A player of the team's roster.";
    optional build_id: BUILD_ID, "What is played: a build that you may see.";
    optional specialization: SPECIALIZATION,
        "What is played where no build is named: id of GET /game/specializations.";
    optional role: MAYBE_ROLE, "Id of GET /game/roles.";
    optional note: NOTE, "One line.";
};
const SLOTS_INPUT: Schema = Schema::list(&SLOT_INPUT, 0, MAX_PLAYERS);
const SUBGROUP_INPUT: Schema = object! { "SubgroupInput":
    optional name: SUBGROUP_NAME, "What it is called.";
    required slots: SLOTS_INPUT, "Its places; one that is empty is open.";
};
const SUBGROUPS_INPUT: Schema = Schema::list(&SUBGROUP_INPUT, 0, MAX_SUBGROUPS);

/// Body of POST and PUT, and what PATCH must lead to.
pub const INPUT: Schema = object! { "CompositionInput":
    required name: NAME, "One line.";
    required mode: MODE, "What it is for.";
    optional preset: PRESET, "What its roles are measured by; without subgroups it is laid out so.";
    optional team_id: TEAM_ID,
        "The team that plans with it. It cannot be changed: copy the composition instead.";
    optional visibility: VISIBILITY, "private unless given; with a team: team.";
    optional is_template: Schema::Boolean, "Whether it is made to be copied.";
    optional notes: NOTES, "Free text.";
    optional tags: TAGS, "Free words.";
    optional subgroups: SUBGROUPS_INPUT, "50 places in all, at most.";
};

/// Body of POST /compositions/{id}/copy.
pub const COPY_INPUT: Schema = object! { "CompositionCopy":
    optional name: NAME, "As the original unless given.";
    optional team_id: TEAM_ID, "The team that plans with the copy.";
    optional visibility: VISIBILITY, "private unless given; with a team: team.";
    optional is_template: Schema::Boolean,
        "Whether the copy is made to be copied, too; false unless given.";
    optional keep_players: Schema::Boolean,
        "Whether players keep their places; unless given, they do where the original is no template.";
};

const SLOT: Schema = object! { "Slot":
    required player: PLAYER, "What the player is called.";
    required player_id: PLAYER_ID, "The player of the team's roster.";
    required build_id: BUILD_ID, "The build.";
    required specialization: SPECIALIZATION, "What is played.";
    required profession: Schema::Nullable(&Text::of(1, 20)), "Of the specialization.";
    required role: MAYBE_ROLE, "What it is played as.";
    required note: NOTE, "One line.";
};
const SLOTS: Schema = Schema::list(&SLOT, 0, MAX_PLAYERS);
const SUBGROUP: Schema = object! { "Subgroup":
    required name: SUBGROUP_NAME, "What it is called.";
    required slots: SLOTS, "Its places.";
};
const SUBGROUPS: Schema = Schema::list(&SUBGROUP, 0, MAX_SUBGROUPS);

/// Names of members that people change.
pub const MEMBER_NAMES: Schema = Schema::list(&Schema::Choice(&MEMBERS), 0, MEMBERS.len());

/// A composition as it is answered.
pub const COMPOSITION: Schema = object! { "Composition":
    required id: ID, "TypeID with the prefix composition.";
    required owner_id: USER_ID, "Who made it.";
    required team_id: TEAM_ID, "The team that plans with it.";
    required name: NAME, "One line.";
    required mode: MODE, "What it is for.";
    required preset: PRESET, "What its roles are measured by.";
    required visibility: VISIBILITY, "Who may see it.";
    required is_template: Schema::Boolean, "Whether it is made to be copied.";
    required notes: NOTES, "Free text.";
    required tags: TAGS, "Free words.";
    required player_count: Schema::integer(0, 50), "Places that are not open.";
    required subgroups: SUBGROUPS, "In the order of the squad.";
    required updated_by: USER_ID, "Who changed it last.";
    required created_at: TIME, "RFC 3339, UTC.";
    required updated_at: TIME, "RFC 3339, UTC.";
};
