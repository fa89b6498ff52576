//! The call on the table of functions, for the OpenAPI document.

use crate::game::operations::TABLE;
use crate::http::operation::{Answer, Content, Operation};
use crate::http::schema::{Field, Schema, Text};

use super::model::{FUNCTION_COUNT, FUNCTION_IDS};

const WORD: Schema = Text::of(1, 100);
/// The id of a function.
pub const FUNCTION_ID: Schema = Schema::Named("FunctionId", &Schema::Choice(&FUNCTION_IDS));
/// A score.
pub const SCORE: Schema = Schema::Integer { min: 0, max: 3 };
/// The id of a specialization.
pub const SPECIALIZATION_ID: Schema = Schema::Integer { min: 1, max: 255 };
/// How well a default is known.
pub const CONFIDENCE: Schema = Schema::Choice(&["A", "B", "C"]);
const COUNT: Schema = Schema::Integer { min: 0, max: 1_000 };

const fn score_fields(required: bool) -> [Field; FUNCTION_COUNT] {
    let mut fields =
        [const { Field::required("", &SCORE, "From 0 (none) to 3 (defining).") }; FUNCTION_COUNT];
    let mut index = 0;
    while index < FUNCTION_COUNT {
        fields[index].name = FUNCTION_IDS[index];
        fields[index].required = required;
        index += 1;
    }
    fields
}
/// A member for each function.
const SCORE_FIELDS: [Field; FUNCTION_COUNT] = score_fields(true);
/// A member for each function that is brought.
pub const SCORES_BROUGHT: [Field; FUNCTION_COUNT] = score_fields(false);

const FUNCTION: Schema = Schema::Named(
    "SquadFunction",
    &Schema::Object(&[
        Field::required("id", &FUNCTION_ID, "Stable, snake_case."),
        Field::required("name", &WORD, "For people."),
        Field::required(
            "kind",
            &Schema::Choice(&["party", "squad"]),
            "party: done for allies, five at most, the own subgroup first. squad: done for all.",
        ),
        Field::required(
            "target",
            &Schema::Nullable(&COUNT),
            "The sum of scores that is enough: in each subgroup (party), or in a squad planned for 30 players (squad, and in proportion for other sizes). Null where nobody is asked for it.",
        ),
        Field::required(
            "weight",
            &Schema::Integer { min: 0, max: 10 },
            "How much it matters; 0 without a target.",
        ),
        Field::required("about", &Text::of(1, 500), "What it is."),
    ]),
);
const SCORES: Schema = Schema::Named(
    "SpecializationScores",
    &Schema::Object(&[
        Field::required(
            "specialization",
            &SPECIALIZATION_ID,
            "Id of GET /game/specializations.",
        ),
        Field::required("name", &WORD, "Its name."),
        Field::required(
            "confidence",
            &CONFIDENCE,
            "A: seen in the game's data or in what guilds play. B: known from playing. C: a guess to be checked.",
        ),
        Field::required("scores", &Schema::Object(&SCORE_FIELDS), "By function."),
    ]),
);
const WHOLE: Schema = Schema::Named(
    "SquadFunctions",
    &Schema::Object(&[
        Field::required(
            "functions",
            &Schema::List {
                items: &FUNCTION,
                min: 0,
                max: 100,
            },
            "What a squad needs done.",
        ),
        Field::required(
            "specializations",
            &Schema::List {
                items: &SCORES,
                min: 0,
                max: 255,
            },
            "How good each elite specialization is at it, in World vs World. Core ones have no scores.",
        ),
    ]),
);

/// GET /game/functions
pub const FUNCTIONS: Operation = Operation {
    id: "list_functions",
    summary: "List squad functions and who brings them",
    description: "The defaults that analyses add up. Opinions, not rules: a team can set its own (PUT /teams/{id}/scores). Changes only with a new version of this service.",
    response: Answer {
        status: 200,
        about: "The tables.",
        content: Content::Json(
            &WHOLE,
            r#"{"functions":[{"id":"stability","name":"Stability","kind":"party","target":3,"weight":10,"about":"Keeps allies moving through crowd control."}],"specializations":[]}"#,
        ),
    },
    ..TABLE
};
