//! The schemas of compositions: requests and responses. The bounds keep documents small enough for a
//! row of D1. `input` checks what spans members.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::auth::model::TIME;
use crate::builds::model::Visibility;
use crate::builds::schemas::{ROLE, TAGS};
use crate::http::body::Body;
use crate::http::schema::{Schema, Text};
use crate::http::{answer, body};
use crate::squads::presets;

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

body! {
    /// A place in a subgroup.
    pub struct NewSlot = "SlotInput" {
        optional player: Option<String> = PLAYER, "What the player is called.";
        optional player_id: Option<String> = PLAYER_ID, "A player of the team's roster.";
        optional build_id: Option<String> = BUILD_ID,
            "What is played: a build that you may see.";
        optional specialization: Option<i64> = SPECIALIZATION,
            "What is played where no build is named: id of GET /game/specializations.";
        optional role: Option<String> = MAYBE_ROLE, "Id of GET /game/roles.";
        optional note: String = NOTE, "One line.";
    }
}
const SLOTS_INPUT: Schema = Schema::list(&NewSlot::SCHEMA, 0, MAX_PLAYERS);
body! {
    /// A subgroup.
    pub struct NewSubgroup = "SubgroupInput" {
        optional name: String = SUBGROUP_NAME, "What it is called.";
        required slots: Vec<Value> = SLOTS_INPUT, "Its places; one that is empty is open.";
    }
}
const SUBGROUPS_INPUT: Schema = Schema::list(&NewSubgroup::SCHEMA, 0, MAX_SUBGROUPS);

body! {
    /// Body of POST and PUT, and what PATCH must lead to.
    pub struct NewComposition = "CompositionInput", r#"{"name":"Thursday zerg","mode":"zerg","preset":"zerg_30","tags":["zerg"],"subgroups":[{"name":"Melee","slots":[{"player":"Anna","specialization":62,"role":"primary_support"},{"role":"strip"}]}]}"# {
        required name: String = NAME, "One line.";
        required mode: String = MODE, "What it is for.";
        optional preset: Option<String> = PRESET,
            "What its roles are measured by; without subgroups it is laid out so.";
        optional team_id: Option<String> = TEAM_ID,
            "The team that plans with it. It cannot be changed: copy the composition instead.";
        optional visibility: Option<Visibility> = VISIBILITY,
            "private unless given; with a team: team.";
        optional is_template: bool = Schema::Boolean, "Whether it is made to be copied.";
        optional notes: String = NOTES, "Free text.";
        optional tags: Vec<String> = TAGS, "Free words.";
        optional subgroups: Option<Value> = SUBGROUPS_INPUT,
            "50 places in all, at most.";
    }
}

body! {
    /// Body of POST /compositions/{id}/copy.
    pub struct NewCopy = "CompositionCopy", r#"{"name":"Friday zerg","keep_players":false}"# {
        optional name: Option<String> = NAME, "As the original unless given.";
        optional team_id: Option<String> = TEAM_ID, "The team that plans with the copy.";
        optional visibility: Option<Visibility> = VISIBILITY,
            "private unless given; with a team: team.";
        optional is_template: bool = Schema::Boolean,
            "Whether the copy is made to be copied, too; false unless given.";
        optional keep_players: Option<bool> = Schema::Boolean,
            "Whether players keep their places; unless given, they do where the original is no template.";
    }
}

answer! {
    /// A place in a subgroup.
    #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Slot = "Slot" {
        player: Option<String> = PLAYER, "What the player is called.";
        player_id: Option<String> = PLAYER_ID, "The player of the team's roster.";
        build_id: Option<String> = BUILD_ID, "The build.";
        specialization: Option<u8> = SPECIALIZATION, "What is played.";
        profession: Option<String> = Schema::Nullable(&Text::of(1, 20)), "Of the specialization.";
        role: Option<String> = MAYBE_ROLE, "What it is played as.";
        note: String = NOTE, "One line.";
    }
}
const SLOTS: Schema = Schema::list(&Slot::SCHEMA, 0, MAX_PLAYERS);
answer! {
    /// A subgroup.
    #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Subgroup = "Subgroup" {
        name: String = SUBGROUP_NAME, "What it is called.";
        slots: Vec<Slot> = SLOTS, "Its places.";
    }
}
const SUBGROUPS: Schema = Schema::list(&Subgroup::SCHEMA, 0, MAX_SUBGROUPS);

/// Names of members that people change.
pub const MEMBER_NAMES: Schema = Schema::list(&Schema::Choice(&MEMBERS), 0, MEMBERS.len());

answer! {
    /// A composition as it is stored and answered: what is not said of it elsewhere.
    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub struct Composition = "Composition" {
        id: String = ID, "TypeID with the prefix composition.";
        owner_id: String = USER_ID, "Who made it.";
        team_id: Option<String> = TEAM_ID, "The team that plans with it.";
        name: String = NAME, "One line.";
        mode: String = MODE, "What it is for.";
        preset: Option<String> = PRESET, "What its roles are measured by.";
        visibility: Visibility = VISIBILITY, "Who may see it.";
        is_template: bool = Schema::Boolean, "Whether it is made to be copied.";
        notes: String = NOTES, "Free text.";
        tags: Vec<String> = TAGS, "Free words.";
        player_count: usize = Schema::integer(0, 50), "Places that are not open.";
        subgroups: Vec<Subgroup> = SUBGROUPS, "In the order of the squad.";
        updated_by: String = USER_ID, "Who changed it last.";
        created_at: String = TIME, "RFC 3339, UTC.";
        updated_at: String = TIME, "RFC 3339, UTC.";
    }
}
/// A composition as it is answered.
pub const COMPOSITION: Schema = Composition::SCHEMA;
