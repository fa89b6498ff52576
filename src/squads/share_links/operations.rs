//! The calls on share links, for the OpenAPI document and the checks.

use crate::auth::model::TIME;
use crate::http::operation::{Answer, Replay};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::{Field, Schema, Text};
use crate::http::{fields, object, operations, problems};
use crate::squads::compositions::operations::{ID, REFUSALS, TAG};

/// Its id.
pub const ID_FIELD: Field = Field::required(
    "id",
    &Text::formatted(31, 31, "typeid"),
    "TypeID with the prefix link.",
);
/// What the page is found by.
pub const SLUG_FIELD: Field =
    Field::required("slug", &Text::of(22, 22), "128 random bits in base62.");
/// Where the page is.
pub const URL_FIELD: Field = Field::required("url", &Text::formatted(1, 300, "uri"), "The page.");
/// Who made it.
pub const CREATED_BY_FIELD: Field = Field::required(
    "created_by",
    &Text::formatted(31, 31, "typeid"),
    "Who made it.",
);
/// When it was made.
pub const CREATED_AT_FIELD: Field = Field::required("created_at", &TIME, "When.");
const LINK: Schema = object! { "ShareLink":
    ..ID_FIELD;
    ..SLUG_FIELD;
    ..URL_FIELD;
    ..CREATED_BY_FIELD;
    ..CREATED_AT_FIELD;
};
const EXAMPLE: &str = r#"{"id":"link_01kanp2xc0e8br5v0xmvhv7j2d","slug":"4fJ0Zq8sT1bXw9LkYcR2aQ","url":"https://builds.guild.gg/c/4fJ0Zq8sT1bXw9LkYcR2aQ","created_by":"user_01kanp2xc0e8br5v0xmvhv7j2d","created_at":"2026-11-22T18:00:00.000Z"}"#;

operations! { TAG;
    CREATE = "create_share_link", "Create a share link" {
        description: "Whoever has the link sees the composition as a page, without an account, until the link is withdrawn or whoever made it might make it no more: a link to a team's composition ends when its maker leaves the team, is removed or is no officer any more, every link with the API key that it was made with, and none shows anything while its maker's account is disabled. The page has names of players (those of the roster too), notes, and of each build that is public, unlisted or shared with the composition's team its name, specialization and chat code.",
        path: &[ID],
        response: Answer::created("The link.", &LINK, EXAMPLE),
        problems: problems![NOT_FOUND, NOT_OWNER, INSUFFICIENT_TEAM_ROLE, TOO_MANY_SHARE_LINKS],
        replay: Replay::Secret,
    }

    LIST = "list_share_links", "List share links, latest first" {
        path: &[ID],
        query: &[LIMIT, CURSOR],
        response: Answer::page(&LINK, EXAMPLE),
        problems: REFUSALS,
    }

    DELETE = "delete_share_link", "Revoke a share link" {
        description: "The page is gone at once.",
        path: fields! {
            ..ID;
            required link_id: Text::of(1, 100), "The link's id.";
        },
        problems: REFUSALS,
    }
}
