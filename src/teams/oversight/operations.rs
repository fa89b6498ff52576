//! The calls on what leaders oversee, for the OpenAPI document and the checks.

use crate::http::operation::Answer;
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::problems::ProblemKind;
use crate::http::schema::{Field, Text};
use crate::http::{fields, operations, problems};
use crate::teams::operations::{PATH as TEAM_PATH, TAG};
use crate::teams::schemas::{ID, USER_ID};

use super::schemas::{BAN, TEAM_LINK, TEAM_WEBHOOK};

const EXAMPLE_BAN: &str = r#"{"user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d","display_name":"Spy","banned_at":"2026-11-22T18:00:00.000Z"}"#;
const EXAMPLE_WEBHOOK: &str = r#"{"id":"webhook_01kanp2xc0e8br5v0xmvhv7j2d","origin":"https://bot.guild.gg","description":"Our channel","event_types":["*"],"enabled":true,"disabled_reason":null,"made_by":{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","name":"Commander"},"created_at":"2026-11-22T18:00:00.000Z"}"#;
const EXAMPLE_LINK: &str = r#"{"id":"link_01kanp2xc0e8br5v0xmvhv7j2d","slug":"4fJ0Zq8sT1bXw9LkYcR2aQ","url":"https://builds.guild.gg/c/4fJ0Zq8sT1bXw9LkYcR2aQ","created_by":"user_01kanp2xc0e8br5v0xmvhv7j2d","created_at":"2026-11-22T18:00:00.000Z","made_by":{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","name":"Commander"},"composition_id":"composition_01kanp2xc0e8br5v0xmvhv7j2d","composition_name":"Thursday zerg","state":"shown"}"#;

const TEAM: Field = Field::required("id", &ID, "TypeID with the prefix team.");
const REFUSALS: &[&ProblemKind] = problems![INSUFFICIENT_TEAM_ROLE, NOT_FOUND];

operations! { TAG;
    BANS = "list_team_bans", "List the bans of a team" {
        description: "For leaders, by the ids of those who are kept out. DELETE /teams/{id}/members/{user_id}?ban=true adds one.",
        path: TEAM_PATH,
        query: &[LIMIT, CURSOR],
        response: Answer::page(&BAN, EXAMPLE_BAN),
        problems: REFUSALS,
    }

    LIFT_BAN = "lift_team_ban", "Lift a ban" {
        description: "For leaders. An invitation that is made from now on lets them in again; those from before their removal do not.",
        path: fields! {
            ..TEAM;
            required user_id: USER_ID, "TypeID with the prefix user.";
        },
        problems: REFUSALS,
    }

    WEBHOOKS = "list_team_webhooks", "List all webhooks of a team" {
        description: "For leaders, whoever made them, latest first. Of each URL only the origin: the rest may be a secret of its maker's.",
        path: TEAM_PATH,
        query: &[LIMIT, CURSOR],
        response: Answer::page(&TEAM_WEBHOOK, EXAMPLE_WEBHOOK),
        problems: REFUSALS,
    }

    END_WEBHOOK = "end_team_webhook", "Disable a webhook of a team, whoever created it" {
        description: "For leaders. It is deleted with its log, and told nothing more.",
        path: fields! {
            ..TEAM;
            required webhook_id: Text::of(1, 100), "The webhook's id.";
        },
        problems: REFUSALS,
    }

    LINKS = "list_team_share_links", "List all share links of a team" {
        description: "For leaders, whoever made them, latest first.",
        path: TEAM_PATH,
        query: &[LIMIT, CURSOR],
        response: Answer::page(&TEAM_LINK, EXAMPLE_LINK),
        problems: REFUSALS,
    }

    END_LINK = "end_team_share_link", "Revoke a share link of a team, whoever created it" {
        description: "For leaders. The page is gone at once.",
        path: fields! {
            ..TEAM;
            required link_id: Text::of(1, 100), "The link's id.";
        },
        problems: REFUSALS,
    }
}
