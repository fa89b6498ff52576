//! The schemas of builds: requests and responses. Their bounds limit the pages that D1 assembles.

use crate::auth::model::TIME;
use crate::game::chat_code;
use crate::game::model::ROLES;
use crate::game::operations::{TEMPLATE, TEMPLATE_INPUT};
use crate::http::object;
use crate::http::schema::{Schema, Text};

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
const GEAR: Schema = object! { "Gear":
    optional stats: ITEM, "Stat combination, such as Minstrel's.";
    optional rune: ITEM, "Rune.";
    optional relic: ITEM, "Relic.";
    optional sigils: Schema::list(&Text::remark(1, 100), 0, 8), "Sigils, weapon by weapon.";
    optional infusions: ITEM, "Infusions.";
    optional food: ITEM, "Food.";
    optional utility: ITEM, "Utility consumable.";
};
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
const MAYBE_GEAR: Schema = Schema::Nullable(&GEAR);

/// Body of POST and PUT, and what PATCH must lead to.
pub const BUILD_INPUT: Schema = object! { "BuildInput":
    required name: NAME, "One line.";
    optional chat_code: CHAT_CODE,
        "The link from the game's build panel. This or template must be there; if both are, they must say the same.";
    optional template: TEMPLATE_INPUT, "The build template as JSON.";
    optional visibility: VISIBILITY,
        "private unless given. team: the members of the team see it; and so does, with its name, specialization and chat code, whoever has a share link of one of the team's compositions that it is in.";
    optional team_id: TEAM_ID, "The team that sees it; needed for visibility team.";
    optional roles: ROLE_LIST, "What it is played as: ids of GET /game/roles.";
    optional tags: TAGS, "Free words; kept in lower case.";
    optional notes: NOTES, "Free text.";
    optional gear: MAYBE_GEAR, "What is worn.";
    optional game_build: MAYBE_GAME_BUILD,
        "The game's build number it was made for. Unless given, it stays with the chat code; for a new or another chat code it is that of the game's last change of balance, if this service knows it: what is pasted now is no older.";
};

/// A build as it is answered.
pub const BUILD: Schema = object! { "Build":
    required id: Text::formatted(32, 32, "typeid"), "TypeID with the prefix build.";
    required owner_id: Text::formatted(31, 31, "typeid"), "Who made it.";
    required name: NAME, "One line.";
    required profession: Text::of(1, 20), "Id of GET /game/professions.";
    required chat_code: CHAT_CODE, "To paste into the game.";
    required template: TEMPLATE, "What the chat code says.";
    required visibility: VISIBILITY, "Who may see it.";
    required team_id: TEAM_ID, "The team that sees it.";
    required roles: ROLE_LIST, "What it is played as.";
    required tags: TAGS, "Free words.";
    required notes: NOTES, "Free text.";
    required gear: MAYBE_GEAR, "What is worn.";
    required game_build: MAYBE_GAME_BUILD,
        "The game's build number it was made for, at least; null where nobody knows.";
    required created_at: TIME, "RFC 3339, UTC.";
    required updated_at: TIME, "RFC 3339, UTC.";
};
