//! The calls on versions, for the OpenAPI document and the checks.

use crate::auth::model::TIME;
use crate::http::operation::{Answer, Condition};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::{Field, Schema, Text};
use crate::http::{object, operations};
use crate::squads::compositions::operations::{ANSWER, EXAMPLE, ID, REFUSALS, TAG};
use crate::squads::compositions::schemas::{COMPOSITION, MEMBER_NAMES};
use crate::squads::compositions::store::VersionCause;

const CHANGED: Schema = Schema::Nullable(&MEMBER_NAMES);
const VERSION: Schema = object! { "CompositionVersion":
    required version: Schema::integer(1, 4_000_000_000), "Its number; its ETag was this number.";
    required changed_by: Text::formatted(31, 31, "typeid"), "Who made it.";
    required changed_at: TIME, "When.";
    required change: Schema::Choice(VersionCause::WORDS), "How it came about.";
    required name: Text::line(1, 100), "What the composition was called.";
    required player_count: Schema::integer(0, 50), "Places that were not open.";
    required changed: CHANGED,
        "What differs from the version before; null where that is not kept. GET /compositions/{id}/compare/{id} with base_version and other_version says how.";
};
const NUMBER: Field = Field::required("version", &Text::of(1, 10), "The version's number.");

operations! { TAG;
    LIST = "list_composition_versions", "List the versions of a composition, latest first" {
        description: "For those who may change it. The last 100 versions are kept.",
        path: &[ID],
        query: &[LIMIT, CURSOR],
        response: Answer::page(
            &VERSION,
            r#"{"version":2,"changed_by":"user_01kanp2xc0e8br5v0xmvhv7j2d","changed_at":"2026-11-22T18:00:00.000Z","change":"changed","name":"Thursday zerg","player_count":30,"changed":["notes","subgroups"]}"#,
        ),
        problems: REFUSALS,
    }

    GET = "get_composition_version", "Get a version of a composition" {
        path: &[ID, NUMBER],
        response: Answer::ok("The composition as it was.", &COMPOSITION, EXAMPLE),
        problems: REFUSALS,
    }

    RESTORE = "restore_composition_version", "Restore a version of a composition" {
        description: "As a new version: nothing is lost. Who may see it stays as it is. Needs If-Match.",
        path: &[ID, NUMBER],
        response: ANSWER,
        problems: REFUSALS,
        condition: Condition::SharedWrite,
    }
}
