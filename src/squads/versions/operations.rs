//! The calls on versions, for the OpenAPI document and the checks.

use crate::auth::model::TIME;
use crate::http::operation::{Answer, Condition, Content, Operation, PLAIN};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::{Field, Schema, Text};
use crate::squads::compositions::operations::{ANSWER, EXAMPLE, ID, REFUSALS, TAG};
use crate::squads::compositions::schemas::{COMPOSITION, MEMBER_NAMES};
use crate::squads::compositions::store::VersionCause;

const CHANGED: Schema = Schema::Nullable(&MEMBER_NAMES);
const VERSION: Schema = Schema::Named(
    "CompositionVersion",
    &Schema::Object(&[
        Field::required(
            "version",
            &Schema::Integer {
                min: 1,
                max: 4_000_000_000,
            },
            "Its number; its ETag was this number.",
        ),
        Field::required(
            "changed_by",
            &Text::formatted(31, 31, "typeid"),
            "Who made it.",
        ),
        Field::required("changed_at", &TIME, "When."),
        Field::required(
            "change",
            &Schema::Choice(VersionCause::WORDS),
            "How it came about.",
        ),
        Field::required(
            "name",
            &Text::line(1, 100),
            "What the composition was called.",
        ),
        Field::required(
            "player_count",
            &Schema::Integer { min: 0, max: 50 },
            "Places that were not open.",
        ),
        Field::required(
            "changed",
            &CHANGED,
            "What differs from the version before; null where that is not kept. GET /compositions/{id}/compare/{id} with base_version and other_version says how.",
        ),
    ]),
);
const NUMBER: Field = Field::required("version", &Text::of(1, 10), "The version's number.");

/// GET /compositions/{id}/versions
pub const LIST: Operation = Operation {
    id: "list_composition_versions",
    tag: TAG,
    summary: "List the versions of a composition, latest first",
    description: "For those who may change it. The last 100 versions are kept.",
    path: &[ID],
    query: &[LIMIT, CURSOR],
    response: Answer {
        status: 200,
        about: "A page.",
        content: Content::Page(
            &VERSION,
            r#"{"version":2,"changed_by":"user_01kanp2xc0e8br5v0xmvhv7j2d","changed_at":"2026-11-22T18:00:00.000Z","change":"changed","name":"Thursday zerg","player_count":30,"changed":["notes","subgroups"]}"#,
        ),
    },
    problems: REFUSALS,
    ..PLAIN
};
/// GET /compositions/{id}/versions/{version}
pub const GET: Operation = Operation {
    id: "get_composition_version",
    tag: TAG,
    summary: "Get a version of a composition",
    path: &[ID, NUMBER],
    response: Answer {
        status: 200,
        about: "The composition as it was.",
        content: Content::Json(&COMPOSITION, EXAMPLE),
    },
    problems: REFUSALS,
    ..PLAIN
};
/// POST /compositions/{id}/versions/{version}/restore
pub const RESTORE: Operation = Operation {
    id: "restore_composition_version",
    tag: TAG,
    summary: "Restore a version of a composition",
    description: "As a new version: nothing is lost. Who may see it stays as it is. Needs If-Match.",
    path: &[ID, NUMBER],
    response: ANSWER,
    problems: REFUSALS,
    condition: Condition::SharedWrite,
    ..PLAIN
};
