//! The calls on the roster, for the OpenAPI document and the checks.

use crate::http::body::Body;
use crate::http::operation::{Alternative, Answer, Condition, Content, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::{Field, Schema, Text};
use crate::http::{fields, operations, problems};

use super::schemas::{IMPORTED, PLAYER, PlayerInput, ROSTER};

const TAG: &str = "Roster";
const EXAMPLE: &str = r#"{"id":"player_01kanp2xc0e8br5v0xmvhv7j2d","team_id":"team_01kanp2xc0e8br5v0xmvhv7j2d","user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d","name":"Anna","builds":[{"build_id":"build_01kanp2xc0e8br5v0xmvhv7j2d","preference":5}],"availability":[{"day":"thursday","from":"19:00","to":"22:30"}],"notes":"Brings food.","created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}"#;
const EXAMPLE_ROSTER: &str = r#"{"players":[{"user_id":null,"name":"Anna","builds":[{"build_id":"build_01kanp2xc0e8br5v0xmvhv7j2d","preference":5}],"availability":[{"day":"thursday","from":"19:00","to":"22:30"}],"notes":"Brings food."},{"user_id":null,"name":"Bert","builds":[],"availability":[],"notes":""}]}"#;
const EXAMPLE_CSV: &str = "name,user_id,builds,availability,notes\r\nAnna,,build_01kanp2xc0e8br5v0xmvhv7j2d:5,thursday 19:00-22:30;friday 20:00-01:00,Brings food.\r\nBert,,,,\"Says \"\"maybe\"\", means no\"\r\n";
const CSV: Alternative = Alternative {
    media_type: "text/csv",
    example: EXAMPLE_CSV,
};

const TEAM: &[Field] = fields! { required id: Text::of(1, 100), "The team's id."; };
const PATH: &[Field] = fields! {
    required id: Text::of(1, 100), "The team's id.";
    required player_id: Text::of(1, 100), "The player's id.";
};
const ANSWER: Answer = Answer::ok("The player, with its strong ETag.", &PLAYER, EXAMPLE);

const WRITE_PROBLEMS: &[&problems::ProblemKind] = problems![
    NOT_FOUND,
    INSUFFICIENT_TEAM_ROLE,
    MEMBER_HAS_PLAYER,
    ROSTER_TOO_LARGE
];

operations! { TAG;
    LIST = "list_players", "The roster, in the order in which players were added" {
        description: "For members of the team. All filters given must hold. A page ends early when its players are very large; next_cursor says whether more follow.",
        path: TEAM,
        query: fields! {
            ..LIMIT;
            ..CURSOR;
            optional q: Text::line(1, 100), "Text in the name; case does not matter.";
            optional user_id: Text::of(1, 100), "The entry of this member.";
        },
        response: Answer::page(&PLAYER, EXAMPLE),
        problems: problems![NOT_FOUND],
    }

    CREATE = "create_player", "Add a player to the roster" {
        description: "A player may be a member of the team (user_id) or only a name. Leaders and officers add everyone, members themselves. A team has at most 10,000 players.",
        path: TEAM,
        request: PlayerInput::TAKEN,
        response: Answer::created("The player; Location names it.", &PLAYER, EXAMPLE),
        problems: problems![
            NOT_FOUND, INSUFFICIENT_TEAM_ROLE, MEMBER_HAS_PLAYER, ROSTER_TOO_LARGE, ROSTER_CHANGED,
        ],
    }

    GET = "get_player", "One player" {
        path: PATH,
        response: ANSWER,
        problems: problems![NOT_FOUND],
        condition: Condition::Read,
    }

    REPLACE = "replace_player", "Replace a player" {
        description: "Members left out get their usual values. Builds that the entry has already may stay, whoever may see them now. Leaders and officers change everyone, members their own entry.",
        path: PATH,
        request: PlayerInput::TAKEN,
        response: ANSWER,
        problems: WRITE_PROBLEMS,
        condition: Condition::Write,
    }

    PATCH = "patch_player", "Update a player" {
        description: "JSON Merge Patch (RFC 7396): null removes a member, lists are replaced whole. Leaders and officers change everyone, members their own entry.",
        path: PATH,
        request: RequestBody::patch(
            &PlayerInput::SCHEMA,
            r#"{"availability":[{"day":"friday","from":"20:00","to":"01:00"}],"notes":null}"#,
        ),
        response: ANSWER,
        problems: WRITE_PROBLEMS,
        condition: Condition::Write,
    }

    DELETE = "delete_player", "Remove a player from the roster" {
        description: "Leaders and officers remove everyone, members their own entry. Who leaves the team stays in the roster as only a name.",
        path: PATH,
        problems: problems![NOT_FOUND, INSUFFICIENT_TEAM_ROLE],
        condition: Condition::Write,
    }

    EXPORT = "export_players", "Export the roster as a file" {
        description: "As JSON or as CSV (RFC 4180, UTF-8, with a header row), in the form that POST .../import takes: in one piece up to 1 MiB. A roster may hold eight times as much; a larger file is split for the import, each part with the header row or as a list of its own, and sent part by part with mode=add. In CSV, builds are written as build_id:preference and times as monday 19:00-23:00, several with ; between them. A name or a note that a spreadsheet might take for a formula (it begins with = + - @, a tab or a line end) gets an apostrophe before it, which the import takes off again.",
        path: TEAM,
        query: fields! {
            optional format: Schema::Choice(&["json", "csv"]), "json unless given.";
            optional bom: Schema::Choice(&["true", "false"]),
                "true: CSV begins with a byte order mark, by which spreadsheets know that it is UTF-8. JSON never does.";
        },
        response: Answer {
        status: 200,
        about: "The roster; browsers save it as a file.",
        content: Content::JsonOr(&ROSTER, EXAMPLE_ROSTER, CSV),
    },
        problems: problems![NOT_FOUND],
    }

    IMPORT = "import_players", "Import the roster from a file" {
        description: "JSON or CSV (RFC 4180, UTF-8 with or without a byte order mark), at most 10,000 players and, as any body, 1 MiB (else 413 body_too_large). All of it is imported, or nothing. What is larger goes in parts with mode=add, into a roster that has none of these names yet; mode=replace takes the whole roster in one file, so one over 1 MiB is changed player by player. CSV has a header row with the columns name, user_id, builds, availability, notes in any order and case; a column that is missing means the usual value. Mistakes in CSV are named by the line of the file, such as /lines/7001/availability. For leaders and officers.",
        path: TEAM,
        query: fields! {
            optional mode: Schema::Choice(&["add", "replace"]),
                "add (unless given): all players must be new by their names. replace: the file is the whole roster; players keep their ids by their names, and those who are not in it are removed.";
            optional dry_run: Schema::Choice(&["true", "false"]),
                "true: says what would happen, and changes nothing.";
        },
        request: RequestBody::json(&ROSTER, EXAMPLE_ROSTER),
        alternative: Some(CSV),
        response: Answer::ok(
            "What has changed, or would.",
            &IMPORTED,
            r#"{"added":2,"updated":1,"removed":0}"#,
        ),
        problems: problems![
            INVALID_CSV, NOT_FOUND, INSUFFICIENT_TEAM_ROLE, MEMBER_HAS_PLAYER, ROSTER_TOO_LARGE,
            ROSTER_CHANGED,
        ],
    }
}
