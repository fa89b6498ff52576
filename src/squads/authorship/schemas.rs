//! The schema of an account's authorship in an export: ids and times only, since the content of a
//! team's composition is the team's.

use crate::auth::model::TIME;
use crate::http::schema::{Field, Schema, Text};
use crate::squads::compositions::store::VersionCause;

const CHANGES: Schema = Schema::List {
    items: &Schema::Object(&[
        Field::required(
            "version",
            &Schema::Integer {
                min: 1,
                max: 1_000_000_000,
            },
            "The version it made.",
        ),
        Field::required(
            "change",
            &Schema::Choice(VersionCause::WORDS),
            "What was done.",
        ),
        Field::required("changed_at", &TIME, "When."),
    ]),
    min: 0,
    max: usize::MAX,
};
const LINKS: Schema = Schema::List {
    items: &Schema::Object(&[
        Field::required(
            "id",
            &Text::formatted(31, 31, "typeid"),
            "TypeID with the prefix link.",
        ),
        Field::required("created_at", &TIME, "When."),
    ]),
    min: 0,
    max: usize::MAX,
};

/// What an account has done to one composition.
pub const AUTHORSHIP: Schema = Schema::Named(
    "CompositionAuthorship",
    &Schema::Object(&[
        Field::required("composition_id", &Text::of(1, 100), "Which."),
        Field::required(
            "team_id",
            &Schema::Nullable(&Text::of(1, 100)),
            "The team it belongs to, if any.",
        ),
        Field::required("is_maker", &Schema::Boolean, "Whether I made it."),
        Field::required(
            "changes",
            &CHANGES,
            "The versions of it that I made and that are still kept.",
        ),
        Field::required("share_links", &LINKS, "The links to it that I made."),
    ]),
);
