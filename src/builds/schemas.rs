//! The schemas of builds: requests and responses. Their bounds limit the pages that D1 assembles.

use serde::Serialize;
use serde_json::Value;

use crate::auth::model::TIME;
use crate::game::chat_code;
use crate::game::model::ROLES;
use crate::game::operations::{PASTE, TEMPLATE, TEMPLATE_INPUT};
use crate::game::template::TemplateView;
use crate::http::body::Body;
use crate::http::schema::{Schema, Text};
use crate::http::{answer, body};

use super::model::Visibility;

const ROLE_IDS: [&str; ROLES.len()] = {
    let mut ids = [""; ROLES.len()];
    let mut index = 0;
    while index < ids.len() {
        ids[index] = ROLES[index].id;
        index += 1;
    }
    ids
};

const ITEM: Schema = Schema::Nullable(&Text::remark(1, 100));
const NAME: Schema = Text::name(1, 100);
const CHAT_CODE: Schema = Text::of(1, chat_code::MAX_TEXT_LEN);
/// The role ids of `GET /game/roles`.
pub const ROLE: Schema = Schema::Choice(&ROLE_IDS);
/// A tag.
pub const TAG: Schema = Text::name(1, TAG_MAX);
/// Code points of a tag.
pub const TAG_MAX: usize = 32;
/// Roles of a build.
pub const ROLES_MAX: usize = 12;
const ROLE_LIST: Schema = Schema::list(&ROLE, 0, ROLES_MAX);
/// Tags of a build.
pub const TAGS_MAX: usize = 20;
/// The tags of a build or a composition.
pub const TAGS: Schema = Schema::list(&TAG, 0, TAGS_MAX);
const VISIBILITY: Schema = Schema::Choice(Visibility::WORDS);
const NOTES: Schema = Text::remarks(0, 2_000);
const TEAM_ID: Schema = Schema::Nullable(&Text::formatted(31, 31, "typeid"));
/// The game's build number.
pub const GAME_BUILD: Schema = Schema::integer(1, 10_000_000);
const MAYBE_GAME_BUILD: Schema = Schema::Nullable(&GAME_BUILD);
const MAYBE_GEAR: Schema = Schema::Nullable(&Gear::SCHEMA);

body! {
    /// The equipment, in the game's own words. All of it is free text: the game adds items often.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub struct Gear = "Gear" {
        optional stats: Option<String> = ITEM, "Stat combination, such as Minstrel's.";
        optional rune: Option<String> = ITEM, "Rune.";
        optional relic: Option<String> = ITEM, "Relic.";
        optional sigils: Vec<String> = Schema::list(&Text::remark(1, 100), 0, 8),
            "Sigils, weapon by weapon.";
        optional infusions: Option<String> = ITEM, "Infusions.";
        optional food: Option<String> = ITEM, "Food.";
        optional utility: Option<String> = ITEM, "Utility consumable.";
    }
}

body! {
    /// Body of POST and PUT, and what PATCH must lead to.
    #[derive(Debug, Clone)]
    pub struct NewBuild = "BuildInput", r#"{"name":"Support Firebrand","chat_code":"[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]","visibility":"public","roles":["primary_support"],"tags":["zerg"],"notes":"Stand on the tag.","gear":{"stats":"Minstrel's"}}"# {
        required name: String = NAME, "One line.";
        optional chat_code: Option<String> = PASTE,
            "The link from the game's build panel, also with words, escapes or quotes around it. This or template must be there; if both are, they must say the same.";
        optional template: Option<Value> = TEMPLATE_INPUT, "The build template as JSON.";
        optional visibility: Visibility = VISIBILITY,
            "private unless given. team: the members of the team see it; and so does, with its name, specialization and chat code, whoever has a share link of one of the team's compositions that it is in.";
        optional team_id: Option<String> = TEAM_ID,
            "The team that sees it; needed for visibility team.";
        optional roles: Vec<String> = ROLE_LIST, "What it is played as: ids of GET /game/roles.";
        optional tags: Vec<String> = TAGS, "Free words; kept in lower case.";
        optional notes: String = NOTES, "Free text.";
        optional gear: Option<Gear> = MAYBE_GEAR, "What is worn.";
        optional game_build: Option<i64> = MAYBE_GAME_BUILD,
            "The game's build number it was made for. Unless given, it stays with the chat code; for a new or another chat code it is that of the game's last change of balance, if this service knows it: what is pasted now is no older.";
    }
}

answer! {
    /// A build as it is stored and answered.
    #[derive(Serialize)]
    pub struct Build<'a> = "Build" {
        id: &'a str = Text::formatted(32, 32, "typeid"), "TypeID with the prefix build.";
        owner_id: &'a str = Text::formatted(31, 31, "typeid"), "Who made it.";
        name: &'a str = NAME, "One line.";
        profession: &'static str = Text::of(1, 20), "Id of GET /game/professions.";
        chat_code: String = CHAT_CODE, "To paste into the game.";
        template: TemplateView<'a> = TEMPLATE, "What the chat code says.";
        visibility: Visibility = VISIBILITY, "Who may see it.";
        team_id: Option<&'a str> = TEAM_ID, "The team that sees it.";
        roles: &'a [String] = ROLE_LIST, "What it is played as.";
        tags: &'a [String] = TAGS, "Free words.";
        notes: &'a str = NOTES, "Free text.";
        gear: Option<&'a Gear> = MAYBE_GEAR, "What is worn.";
        game_build: Option<i64> = MAYBE_GAME_BUILD,
            "The game's build number it was made for, at least; null where nobody knows.";
        created_at: &'a str = TIME, "RFC 3339, UTC.";
        updated_at: &'a str = TIME, "RFC 3339, UTC.";
    }
}
/// A build as it is answered.
pub const BUILD: Schema = Build::SCHEMA;
