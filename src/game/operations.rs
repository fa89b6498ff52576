//! The calls on game data, for the OpenAPI document and the checks.

use crate::http::body::Body;
use crate::http::operation::{Answer, Condition, Operation, PLAIN, RequestBody};
use crate::http::schema::{Field, Schema, Text};
use crate::http::{body, fields, object, operations, problems};

use super::chat_code;

/// The group of all calls on game data.
pub const TAG: &str = "Game";
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

const LANGUAGE: &[Field] = fields! {
    optional lang: Schema::Choice(&["en"]), "Language of the names. English is what we have.";
};

const WORD: Schema = Text::of(1, 100);
const ID: Schema = Schema::integer(1, 65_535);
const IDS: Schema = Schema::list(&ID, 0, 100);

const PROFESSION: Schema = object! { "Profession":
    required id: WORD, "The game API's id, also its English name.";
    required code: Schema::integer(1, 9), "Its byte in chat codes.";
    required core_specializations: IDS, "Ids of GET /game/specializations.";
    required elite_specializations: IDS, "Ids, oldest expansion first.";
};
const SPECIALIZATION: Schema = object! { "Specialization":
    required id: ID, "The game API's id, also its byte in chat codes.";
    required name: WORD, "English name.";
    required profession: WORD, "The profession that can take it.";
    required elite: Schema::Boolean, "Elite ones stand in the third slot.";
    required expansion: Schema::Nullable(&WORD), "What brought an elite one.";
};
const WEAPON: Schema = object! { "Weapon":
    required id: ID, "Weapon type id in chat codes.";
    required name: WORD, "The game API's name.";
};
const ROLE: Schema = object! { "Role":
    required id: WORD, "Stable, snake_case.";
    required name: WORD, "For people.";
    required description: Text::of(1, 500), "What it does.";
};

const GUARDIAN: &str = r#"{"id":"Guardian","code":1,"core_specializations":[13,16,42,46,49],"elite_specializations":[27,62,65,81]}"#;

/// What all calls that give a table have in common.
pub const TABLE: Operation = Operation {
    tag: TAG,
    description: "Changes only with a new version of this service.",
    query: LANGUAGE,
    condition: Condition::Read,
    ..PLAIN
};

const CODE: Schema = Text::of(1, chat_code::MAX_TEXT_LEN);
/// A text in which a chat code is looked for.
pub const PASTE: Schema = Text::of(1, chat_code::paste::MAX_PASTE_LEN);
const NOTE: Schema = object! { "TemplateNote":
    required pointer: WORD, "The part of the answer (RFC 6901).";
    required code: WORD, "The code that POST /builds refuses it with.";
    required detail: Text::of(1, 300), "What is wrong.";
};
const EXAMPLE_TEMPLATE: &str = r#"{"template":{"profession":{"id":"Guardian"},"specializations":[{"id":42,"traits":[1,1,2]},{"id":46,"traits":[2,2,1]},{"id":62,"traits":[2,2,2]}],"skills":{"land":{"heal":314,"utilities":[0,0,0],"elite":0}}}}"#;

body! {
    /// Body of POST /chat-codes/decode.
    pub struct ChatCode = "ChatCode", r#"{"code":"[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==]"}"# {
        required code: String = PASTE,
            "The link from the game, [&...], also with words, escapes or quotes around it. Two different ones are refused.";
    }
}
const DECODED: Schema = object! { "DecodedChatCode":
    required template: TEMPLATE, "The template.";
    required notes: Schema::list(&NOTE, 0, 9), "What POST /builds would refuse.";
};
const TO_ENCODE: Schema = object! { "TemplateToEncode":
    required template: TEMPLATE_INPUT, "The template.";
};
const ENCODED: Schema = object! { "EncodedChatCode": required code: CODE, "The chat code."; };

operations! { TAG;
    PROFESSIONS = "list_professions", "All nine professions" ..TABLE {
        response: Answer::page_of("All of them, on one page.", &PROFESSION, GUARDIAN),
    }

    GET_PROFESSION = "get_profession", "One profession" ..TABLE {
        path: fields! { required id: WORD, "The profession's id, such as Guardian."; },
        response: Answer::ok("The profession.", &PROFESSION, GUARDIAN),
        problems: problems![NOT_FOUND],
    }

    SPECIALIZATIONS = "list_specializations", "All specializations, core and elite" ..TABLE {
        response: Answer::page_of(
            "All of them, on one page.",
            &SPECIALIZATION,
            r#"{"id":62,"name":"Firebrand","profession":"Guardian","elite":true,"expansion":"Path of Fire"}"#,
        ),
    }

    WEAPONS = "list_weapons", "All weapon types" ..TABLE {
        response: Answer::page_of(
            "All of them, on one page.",
            &WEAPON,
            r#"{"id":89,"name":"Staff"}"#,
        ),
    }

    ROLES = "list_roles", "The roles of a World vs World squad" ..TABLE {
        response: Answer::page_of(
            "All of them, on one page.",
            &ROLE,
            r#"{"id":"primary_support","name":"Primary support","description":"Keeps the subgroup standing with stability and protective boons."}"#,
        ),
    }
}

operations! { CODES;
    DECODE = "decode_chat_code", "Decode a build template chat code" {
        description: "Loses nothing: encoding the answer gives the same code, byte for byte. Ids that are not known are kept, with null for a name.",
        request: ChatCode::TAKEN,
        response: Answer::ok("What the code says.", &DECODED, include_str!("decoded.example.json")),
    }

    ENCODE = "encode_chat_code", "Encode a build template chat code" {
        request: RequestBody::json(&TO_ENCODE, EXAMPLE_TEMPLATE),
        response: Answer::ok("To paste into the game.", &ENCODED, ChatCode::EXAMPLE),
    }
}
