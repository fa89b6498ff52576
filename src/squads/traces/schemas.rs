//! The form of what compositions hold on their makers.
//! Promises ids and times only: what a team plans is the team's.
//! Leaves compositions themselves to `compositions`.

use crate::auth::model::TIME;
use crate::http::schema::{Field, Schema, Text};
use crate::squads::compositions::store::Change;

const CHANGES: Schema = Schema::List {
    items: &Schema::Object(&[
        Field::required(
            "version",
            &Schema::Integer {
                min: 1,
                max: 1_000_000_000,
            },
            "The version that came of it.",
        ),
        Field::required("change", &Schema::Choice(Change::WORDS), "What was done."),
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

/// What someone has done to a composition.
pub const TRACE: Schema = Schema::Named(
    "CompositionTrace",
    &Schema::Object(&[
        Field::required("composition_id", &Text::of(1, 100), "Which."),
        Field::required(
            "team_id",
            &Schema::Nullable(&Text::of(1, 100)),
            "Whose plan it is, if a team's.",
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
