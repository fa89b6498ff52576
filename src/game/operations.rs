//! The calls on game data, for the OpenAPI document and the checks.

use crate::http::operation::{Answer, Condition, Content, Operation, PLAIN, RequestBody};
use crate::http::problems;
use crate::http::schema::{Field, Schema, Text};

use super::chat_code;

const TAG: &str = "Game";
const CODES: &str = "Chat codes";

/// A template as it is answered.
pub const TEMPLATE: Schema = Schema::Named(
    "Template",
    &Schema::raw(include_str!("template.schema.json")),
);
/// A template as it is taken; what was answered can be sent back as it is.
pub const TEMPLATE_INPUT: Schema = Schema::Named(
    "TemplateInput",
    &Schema::raw(include_str!("template_input.schema.json")),
);

const LANGUAGE: &[Field] = &[Field::optional(
    "lang",
    &Schema::Choice(&["en"]),
    "Language of the names. English is what we have.",
)];

const WORD: Schema = Text::of(1, 100);
const ID: Schema = Schema::Integer {
    min: 1,
    max: 65_535,
};
const IDS: Schema = Schema::List {
    items: &ID,
    min: 0,
    max: 100,
};

const PROFESSION: Schema = Schema::Named(
    "Profession",
    &Schema::Object(&[
        Field::required("id", &WORD, "The game API's id, also its English name."),
        Field::required(
            "code",
            &Schema::Integer { min: 1, max: 9 },
            "Its byte in chat codes.",
        ),
        Field::required(
            "core_specializations",
            &IDS,
            "Ids of GET /game/specializations.",
        ),
        Field::required(
            "elite_specializations",
            &IDS,
            "Ids, oldest expansion first.",
        ),
    ]),
);
const SPECIALIZATION: Schema = Schema::Named(
    "Specialization",
    &Schema::Object(&[
        Field::required("id", &ID, "The game API's id, also its byte in chat codes."),
        Field::required("name", &WORD, "English name."),
        Field::required("profession", &WORD, "The profession that can take it."),
        Field::required(
            "elite",
            &Schema::Boolean,
            "Elite ones stand in the third slot.",
        ),
        Field::required(
            "expansion",
            &Schema::Nullable(&WORD),
            "What brought an elite one.",
        ),
    ]),
);
const WEAPON: Schema = Schema::Named(
    "Weapon",
    &Schema::Object(&[
        Field::required("id", &ID, "Weapon type id in chat codes."),
        Field::required("name", &WORD, "The game API's name."),
    ]),
);
const ROLE: Schema = Schema::Named(
    "Role",
    &Schema::Object(&[
        Field::required("id", &WORD, "Stable, snake_case."),
        Field::required("name", &WORD, "For people."),
        Field::required("description", &Text::of(1, 500), "What it does."),
    ]),
);

const GUARDIAN: &str = r#"{"id":"Guardian","code":1,"core_specializations":[13,16,42,46,49],"elite_specializations":[27,62,65,81]}"#;

/// What all calls that give a table have in common.
pub const TABLE: Operation = Operation {
    tag: TAG,
    description: "Changes only with a new version of this service.",
    query: LANGUAGE,
    condition: Condition::Read,
    ..PLAIN
};

/// GET /game/professions
pub const PROFESSIONS: Operation = Operation {
    id: "list_professions",
    summary: "All nine professions",
    response: Answer {
        status: 200,
        about: "All of them, on one page.",
        content: Content::Page(&PROFESSION, GUARDIAN),
    },
    ..TABLE
};
/// GET /game/professions/{id}
pub const GET_PROFESSION: Operation = Operation {
    id: "get_profession",
    summary: "One profession",
    path: &[Field::required(
        "id",
        &WORD,
        "The profession's id, such as Guardian.",
    )],
    response: Answer {
        status: 200,
        about: "The profession.",
        content: Content::Json(&PROFESSION, GUARDIAN),
    },
    problems: &[&problems::NOT_FOUND],
    ..TABLE
};
/// GET /game/specializations
pub const SPECIALIZATIONS: Operation = Operation {
    id: "list_specializations",
    summary: "All specializations, core and elite",
    response: Answer {
        status: 200,
        about: "All of them, on one page.",
        content: Content::Page(
            &SPECIALIZATION,
            r#"{"id":62,"name":"Firebrand","profession":"Guardian","elite":true,"expansion":"Path of Fire"}"#,
        ),
    },
    ..TABLE
};
/// GET /game/weapons
pub const WEAPONS: Operation = Operation {
    id: "list_weapons",
    summary: "All weapon types",
    response: Answer {
        status: 200,
        about: "All of them, on one page.",
        content: Content::Page(&WEAPON, r#"{"id":89,"name":"Staff"}"#),
    },
    ..TABLE
};
/// GET /game/roles
pub const ROLES: Operation = Operation {
    id: "list_roles",
    summary: "The roles of a World vs World squad",
    response: Answer {
        status: 200,
        about: "All of them, on one page.",
        content: Content::Page(
            &ROLE,
            r#"{"id":"primary_support","name":"Primary support","description":"Keeps the subgroup standing with stability and protective boons."}"#,
        ),
    },
    ..TABLE
};

const CODE: Schema = Text::of(1, chat_code::MAX_TEXT_LEN);
/// A made-up Guardian, the same in both directions.
const EXAMPLE_CODE: &str =
    r#"{"code":"[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==]"}"#;
const EXAMPLE_TEMPLATE: &str = r#"{"template":{"profession":{"id":"Guardian"},"specializations":[{"id":42,"traits":[1,1,2]},{"id":46,"traits":[2,2,1]},{"id":62,"traits":[2,2,2]}],"skills":{"land":{"heal":314,"utilities":[0,0,0],"elite":0}}}}"#;

/// POST /chat-codes/decode
pub const DECODE: Operation = Operation {
    id: "decode_chat_code",
    tag: CODES,
    summary: "Decode a build template chat code",
    description: "Loses nothing: encoding the answer gives the same code, byte for byte. Ids that are not known are kept, with null for a name.",
    request: Some(RequestBody {
        schema: &Schema::Named(
            "ChatCode",
            &Schema::Object(&[Field::required(
                "code",
                &CODE,
                "The link from the game, [&...].",
            )]),
        ),
        example: EXAMPLE_CODE,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "What the code says.",
        content: Content::Json(
            &Schema::Named(
                "DecodedChatCode",
                &Schema::Object(&[Field::required("template", &TEMPLATE, "The template.")]),
            ),
            include_str!("decoded.example.json"),
        ),
    },
    ..PLAIN
};
/// POST /chat-codes/encode
pub const ENCODE: Operation = Operation {
    id: "encode_chat_code",
    tag: CODES,
    summary: "Encode a build template chat code",
    request: Some(RequestBody {
        schema: &Schema::Named(
            "TemplateToEncode",
            &Schema::Object(&[Field::required(
                "template",
                &TEMPLATE_INPUT,
                "The template.",
            )]),
        ),
        example: EXAMPLE_TEMPLATE,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "To paste into the game.",
        content: Content::Json(
            &Schema::Named(
                "EncodedChatCode",
                &Schema::Object(&[Field::required("code", &CODE, "The chat code.")]),
            ),
            EXAMPLE_CODE,
        ),
    },
    ..PLAIN
};
