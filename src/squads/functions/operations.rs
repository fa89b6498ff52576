//! The call on the table of functions, for the OpenAPI document.

use crate::game::operations::{TABLE, TAG};
use crate::http::operation::Answer;
use crate::http::schema::{Field, Schema, Text};
use crate::http::{object, operations};

use super::model::{FUNCTION_COUNT, FUNCTION_IDS};

const WORD: Schema = Text::of(1, 100);
/// The id of a function.
pub const FUNCTION_ID: Schema = Schema::Named("FunctionId", &Schema::Choice(&FUNCTION_IDS));
/// A score.
pub const SCORE: Schema = Schema::integer(0, 3);
/// The id of a specialization.
pub const SPECIALIZATION_ID: Schema = Schema::integer(1, 255);
/// How well a default is known.
pub const CONFIDENCE: Schema = Schema::Choice(&["A", "B", "C"]);
const COUNT: Schema = Schema::integer(0, 1_000);

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

const FUNCTION: Schema = object! { "SquadFunction":
    required id: FUNCTION_ID, "Stable, snake_case.";
    required name: WORD, "For people.";
    required kind: Schema::Choice(&["party", "squad"]),
        "party: done for allies, five at most, the own subgroup first. squad: done for all.";
    required target: Schema::Nullable(&COUNT),
        "The sum of scores that is enough: in each subgroup (party), or in a squad planned for 30 players (squad, and in proportion for other sizes). Null where nobody is asked for it.";
    required weight: Schema::integer(0, 10), "How much it matters; 0 without a target.";
    required about: Text::of(1, 500), "What it is.";
};
const SCORES: Schema = object! { "SpecializationScores":
    required specialization: SPECIALIZATION_ID, "Id of GET /game/specializations.";
    required name: WORD, "Its name.";
    required confidence: CONFIDENCE,
        "A: seen in the game's data or in what guilds play. B: known from playing. C: a guess to be checked.";
    required scores: Schema::Object(&SCORE_FIELDS), "By function.";
};
const WHOLE: Schema = object! { "SquadFunctions":
    required functions: Schema::list(&FUNCTION, 0, 100), "What a squad needs done.";
    required specializations: Schema::list(&SCORES, 0, 255),
        "How good each elite specialization is at it, in World vs World. Core ones have no scores.";
};

operations! { TAG;
    FUNCTIONS = "list_functions", "List squad functions and who brings them" ..TABLE {
        description: "The defaults that analyses add up. Opinions, not rules: a team can set its own (PUT /teams/{id}/scores). Changes only with a new version of this service.",
        response: Answer::ok(
            "The tables.",
            &WHOLE,
            r#"{"functions":[{"id":"stability","name":"Stability","kind":"party","target":3,"weight":10,"about":"Keeps allies moving through crowd control."}],"specializations":[]}"#,
        ),
    }
}
