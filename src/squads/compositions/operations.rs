//! The calls on compositions, for the OpenAPI document and the checks.

use crate::http::body::Body;
use crate::http::operation::{Answer, Condition, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::{Field, Schema, Text};
use crate::http::{fields, operations, problems};

use super::model::MODES;
use super::schemas::{COMPOSITION, NewComposition, NewCopy};

/// The group.
pub const TAG: &str = "Compositions";
/// A composition.
pub const EXAMPLE: &str = include_str!("composition.example.json");

/// The id in the path.
pub const ID: Field = Field::required("id", &Text::of(1, 100), "The composition's id.");
const PATH: &[Field] = &[ID];
/// A composition with its tag.
pub const ANSWER: Answer = Answer::ok(
    "The composition, with its strong ETag.",
    &COMPOSITION,
    EXAMPLE,
);
/// A composition that is new.
pub const MADE: Answer =
    Answer::created("The composition; Location names it.", &COMPOSITION, EXAMPLE);

/// The problems for callers who may not change a composition.
pub const REFUSALS: &[&problems::ProblemKind] =
    problems![NOT_FOUND, NOT_OWNER, INSUFFICIENT_TEAM_ROLE];

operations! { TAG;
    CREATE = "create_composition", "Create a composition" {
        description: "With a preset and without subgroups it is laid out as open places with the preset's roles. In a team, officers and leaders plan. An account can have 200 compositions that are no team's, a team 500.",
        request: NewComposition::TAKEN,
        response: MADE,
        problems: problems![INSUFFICIENT_TEAM_ROLE, TOO_MANY_COMPOSITIONS],
    }

    LIST = "list_compositions", "Public compositions, my own and those of my teams, newest first" {
        description: "Without a token: public ones. All filters given must hold. A page ends early when its compositions are very large; next_cursor says whether more follow.",
        query: fields! {
            ..LIMIT;
            ..CURSOR;
            optional owner: Schema::Choice(&["me"]), "Only those that I have made.";
            optional team_id: Text::of(1, 100), "Only those of this team.";
            optional mode: Schema::Choice(&MODES), "Only those for this.";
            optional tag: Text::line(1, 32), "A tag; case does not matter.";
            optional is_template: Schema::Choice(&["true", "false"]),
                "Only those that are made to be copied, or only the others.";
            optional q: Text::line(1, 100), "Text in the name or the notes; case does not matter.";
        },
        response: Answer::page(&COMPOSITION, EXAMPLE),
    }

    GET = "get_composition", "One composition" {
        path: PATH,
        response: ANSWER,
        problems: problems![NOT_FOUND],
        condition: Condition::Read,
    }

    REPLACE = "replace_composition", "Replace a composition" {
        description: "Members left out get their usual values; the team stays. Needs If-Match, so that two who plan never overwrite each other.",
        path: PATH,
        request: NewComposition::TAKEN,
        response: ANSWER,
        problems: REFUSALS,
        condition: Condition::SharedWrite,
    }

    PATCH = "patch_composition", "Update a composition" {
        description: "JSON Merge Patch (RFC 7396): null removes a member, lists are replaced whole. Needs If-Match.",
        path: PATH,
        request: RequestBody::patch(&NewComposition::SCHEMA, r#"{"name":"Friday zerg","notes":null}"#),
        response: ANSWER,
        problems: REFUSALS,
        condition: Condition::SharedWrite,
    }

    COPY = "copy_composition", "Copy a composition that I may see" {
        description: "A template becomes a plan: its copy is no template, and has no players unless keep_players is true. Builds that I may not see become their specializations; players of a roster that the copy does not share keep their names only where the place has one.",
        path: PATH,
        request: NewCopy::TAKEN,
        response: MADE,
        problems: problems![NOT_FOUND, INSUFFICIENT_TEAM_ROLE, TOO_MANY_COMPOSITIONS],
    }

    DELETE = "delete_composition", "Delete a composition" {
        description: "With its versions and its links.",
        path: PATH,
        problems: REFUSALS,
        condition: Condition::Write,
    }
}
