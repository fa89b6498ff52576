//! The calls on builds, for the OpenAPI document and the checks.

use crate::http::body::Body;
use crate::http::operation::{Answer, Condition, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::{Field, Schema, Text};
use crate::http::{fields, operations, problems};

use super::schemas::{BUILD, GAME_BUILD, NewBuild, ROLE, TAG as BUILD_TAG};

const TAG: &str = "Builds";
const EXAMPLE: &str = include_str!("build.example.json");

const PATH: &[Field] = fields! { required id: Text::of(1, 100), "The build's id."; };
const ANSWER: Answer = Answer::ok("The build, with its strong ETag.", &BUILD, EXAMPLE);

const CHANGE_REFUSALS: &[&problems::ProblemKind] = problems![NOT_FOUND, NOT_OWNER, TOO_MANY_BUILDS];

operations! { TAG;
    CREATE = "create_build", "Create a build" {
        description: "Paste the chat code from the game, or send the template as JSON. An account can have 1,000 builds, and 2,000 can be shared with a team.",
        request: NewBuild::TAKEN,
        response: Answer::created("The build; Location names it.", &BUILD, EXAMPLE),
        problems: problems![TOO_MANY_BUILDS],
    }

    LIST = "list_builds", "Public builds and my own, newest first" {
        description: "Without a token: public ones. All filters given must hold. A page ends early when its builds are very large; next_cursor says whether more follow.",
        query: fields! {
            ..LIMIT;
            ..CURSOR;
            optional owner: Schema::Choice(&["me"]), "Only my own, public or not.";
            optional profession: Text::of(1, 20), "Id of GET /game/professions.";
            optional specialization: Schema::integer(1, 255),
                "Id of GET /game/specializations, in any slot.";
            optional role: ROLE, "Id of GET /game/roles.";
            optional tag: BUILD_TAG, "A tag; case does not matter.";
            optional team_id: Text::of(1, 100), "Only those of this team.";
            optional game_build: GAME_BUILD, "Made for this build number of the game.";
            optional q: Text::line(1, 100), "Text in the name or the notes; case does not matter.";
        },
        response: Answer::page(&BUILD, EXAMPLE),
    }

    GET = "get_build", "One build" {
        path: PATH,
        response: ANSWER,
        problems: problems![NOT_FOUND],
        condition: Condition::Read,
    }

    REPLACE = "replace_build", "Replace a build" {
        description: "Members left out get their usual values.",
        path: PATH,
        request: NewBuild::TAKEN,
        response: ANSWER,
        problems: CHANGE_REFUSALS,
        condition: Condition::Write,
    }

    PATCH = "patch_build", "Update a build" {
        description: "JSON Merge Patch (RFC 7396): null removes a member, lists are replaced whole. A template replaces the chat code.",
        path: PATH,
        request: RequestBody::patch(&NewBuild::SCHEMA, r#"{"visibility":"unlisted","notes":null}"#),
        response: ANSWER,
        problems: CHANGE_REFUSALS,
        condition: Condition::Write,
    }

    DELETE = "delete_build", "Delete a build" {
        path: PATH,
        problems: problems![NOT_FOUND, NOT_OWNER],
        condition: Condition::Write,
    }
}
