//! The schemas of builds: requests and responses. Their bounds limit the pages that D1 assembles.

use crate::auth::model::TIME;
use crate::game::chat_code;
use crate::game::model::ROLES;
use crate::game::operations::{TEMPLATE, TEMPLATE_INPUT};
use crate::http::schema::{Field, Schema, Text};

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
const GEAR: Schema = Schema::Named(
    "Gear",
    &Schema::Object(&[
        Field::optional("stats", &ITEM, "Stat combination, such as Minstrel's."),
        Field::optional("rune", &ITEM, "Rune."),
        Field::optional("relic", &ITEM, "Relic."),
        Field::optional(
            "sigils",
            &Schema::List {
                items: &Text::remark(1, 100),
                min: 0,
                max: 8,
            },
            "Sigils, weapon by weapon.",
        ),
        Field::optional("infusions", &ITEM, "Infusions."),
        Field::optional("food", &ITEM, "Food."),
        Field::optional("utility", &ITEM, "Utility consumable."),
    ]),
);
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
const ROLE_LIST: Schema = Schema::List {
    items: &ROLE,
    min: 0,
    max: ROLES_MAX,
};
/// Tags of a build.
pub const TAGS_MAX: usize = 20;
/// The tags of a build or a composition.
pub const TAGS: Schema = Schema::List {
    items: &TAG,
    min: 0,
    max: TAGS_MAX,
};
const VISIBILITY: Schema = Schema::Choice(Visibility::WORDS);
const NOTES: Schema = Text::remarks(0, 2_000);
const TEAM_ID: Schema = Schema::Nullable(&Text::formatted(31, 31, "typeid"));
/// The game's build number.
pub const GAME_BUILD: Schema = Schema::Integer {
    min: 1,
    max: 10_000_000,
};
const MAYBE_GAME_BUILD: Schema = Schema::Nullable(&GAME_BUILD);
const MAYBE_GEAR: Schema = Schema::Nullable(&GEAR);

/// Body of POST and PUT, and what PATCH must lead to.
pub const BUILD_INPUT: Schema = Schema::Named(
    "BuildInput",
    &Schema::Object(&[
        Field::required("name", &NAME, "One line."),
        Field::optional(
            "chat_code",
            &CHAT_CODE,
            "The link from the game's build panel. This or template must be there; if both are, they must say the same.",
        ),
        Field::optional("template", &TEMPLATE_INPUT, "The build template as JSON."),
        Field::optional(
            "visibility",
            &VISIBILITY,
            "private unless given. team: the members of the team see it; and so does, with its name, specialization and chat code, whoever has a share link of one of the team's compositions that it is in.",
        ),
        Field::optional(
            "team_id",
            &TEAM_ID,
            "The team that sees it; needed for visibility team.",
        ),
        Field::optional(
            "roles",
            &ROLE_LIST,
            "What it is played as: ids of GET /game/roles.",
        ),
        Field::optional("tags", &TAGS, "Free words; kept in lower case."),
        Field::optional("notes", &NOTES, "Free text."),
        Field::optional("gear", &MAYBE_GEAR, "What is worn."),
        Field::optional(
            "game_build",
            &MAYBE_GAME_BUILD,
            "The game's build number it was made for. Unless given, it stays with the chat code; for a new or another chat code it is that of the game's last change of balance, if this service knows it: what is pasted now is no older.",
        ),
    ]),
);

/// A build as it is answered.
pub const BUILD: Schema = Schema::Named(
    "Build",
    &Schema::Object(&[
        Field::required(
            "id",
            &Text::formatted(32, 32, "typeid"),
            "TypeID with the prefix build.",
        ),
        Field::required(
            "owner_id",
            &Text::formatted(31, 31, "typeid"),
            "Who made it.",
        ),
        Field::required("name", &NAME, "One line."),
        Field::required(
            "profession",
            &Text::of(1, 20),
            "Id of GET /game/professions.",
        ),
        Field::required("chat_code", &CHAT_CODE, "To paste into the game."),
        Field::required("template", &TEMPLATE, "What the chat code says."),
        Field::required("visibility", &VISIBILITY, "Who may see it."),
        Field::required("team_id", &TEAM_ID, "The team that sees it."),
        Field::required("roles", &ROLE_LIST, "What it is played as."),
        Field::required("tags", &TAGS, "Free words."),
        Field::required("notes", &NOTES, "Free text."),
        Field::required("gear", &MAYBE_GEAR, "What is worn."),
        Field::required(
            "game_build",
            &MAYBE_GAME_BUILD,
            "The game's build number it was made for, at least; null where nobody knows.",
        ),
        Field::required("created_at", &TIME, "RFC 3339, UTC."),
        Field::required("updated_at", &TIME, "RFC 3339, UTC."),
    ]),
);
