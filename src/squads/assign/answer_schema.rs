//! The response schema for placing players. `answer` fills its members.

use crate::builds::schemas::ROLE;
use crate::http::schema::{Field, Schema, Text};
use crate::squads::functions::operations::SPECIALIZATION_ID;

use super::schemas::{
    BUILD_NUMBER, FUNCTION_ID, KIND, MOVES, NAME, PLAYERS, PREFERENCE, SEED, SIZE, STARTS,
    SUBGROUP, UNITS, WEIGHT, list,
};

const LINE: Schema = Text::line(0, 1_000);
const POINTS: Schema = Schema::Integer {
    min: -1_073_741_824,
    max: 1_073_741_824,
};
const PRICE: Schema = Schema::Integer {
    min: -9_007_199_254_740_991,
    max: 9_007_199_254_740_991,
};

const SHORTFALL: Schema = Schema::Named(
    "Shortfall",
    &Schema::Object(&[
        Field::required("function", &FUNCTION_ID, "What there is too little of."),
        Field::required(
            "have",
            &Schema::Integer {
                min: 0,
                max: 5_000_000,
            },
            "Units that there are.",
        ),
        Field::required("target", &UNITS, "Units that count."),
        Field::required("points", &POINTS, "What the missing ones would add."),
    ]),
);
const FROM_OTHERS: Schema = Schema::Object(&[
    Field::required("function", &FUNCTION_ID, "A function of kind party."),
    Field::required(
        "players",
        &PLAYERS,
        "How many get the whole target from the others of their subgroup. Told, not counted: it is a threshold, which the bound has no prices for.",
    ),
]);
const PLACED: Schema = Schema::Object(&[
    Field::required("player", &NAME, "Who."),
    Field::required("build", &BUILD_NUMBER, "As what: the place of the build."),
    Field::required("build_name", &NAME, "The same for people."),
    Field::required(
        "specialization",
        &Schema::Nullable(&SPECIALIZATION_ID),
        "Its specialization.",
    ),
    Field::required("role", &Schema::Nullable(&ROLE), "Its role."),
]);
const GROUP: Schema = Schema::Object(&[
    Field::required("subgroup", &SUBGROUP, "Counted from 1."),
    Field::required("score", &POINTS, "Its points."),
    Field::required("players", &list(&PLACED, 0, 10), "Who is in it."),
    Field::required(
        "shortfalls",
        &list(&SHORTFALL, 0, 16),
        "What it lacks, the most points first.",
    ),
    Field::required(
        "from_others",
        &list(&FROM_OTHERS, 0, 16),
        "What its players get from each other.",
    ),
]);
const SQUAD: Schema = Schema::Object(&[
    Field::required("score", &POINTS, "Points of what is done for the squad."),
    Field::required(
        "shortfalls",
        &list(&SHORTFALL, 0, 8),
        "What it lacks, the most points first.",
    ),
]);
const BENCHED: Schema = Schema::Object(&[
    Field::required("player", &NAME, "Who."),
    Field::required(
        "reason",
        &Schema::Choice(&["no_room", "squad_full", "constraint", "no_gain"]),
        "Why.",
    ),
    Field::required("text", &LINE, "The same in words."),
]);
const NEW_PLACE: Schema = Schema::Nullable(&Schema::Object(&[
    Field::required("subgroup", &SUBGROUP, "Counted from 1."),
    Field::required("build", &BUILD_NUMBER, "The place of the build."),
]));
const CHANGE: Schema = Schema::Object(&[
    Field::required("player", &NAME, "Who."),
    Field::required("to", &NEW_PLACE, "Where to; null is the bench."),
    Field::required(
        "with",
        &Schema::Nullable(&Schema::Object(&[
            Field::required("player", &NAME, "Who takes the old place."),
            Field::required("to", &NEW_PLACE, "Where to; null is the bench."),
        ])),
        "With whom, if with anyone.",
    ),
    Field::required(
        "gain",
        &POINTS,
        "Points; below 0 where every change costs some.",
    ),
]);
const ASKED: Schema = Schema::Object(&[
    Field::required(
        "player",
        &Schema::Nullable(&NAME),
        "The candidate; null where candidates are specializations.",
    ),
    Field::required(
        "specialization",
        &Schema::Nullable(&SPECIALIZATION_ID),
        "What they would play.",
    ),
    Field::required("build_name", &NAME, "The same for people."),
    Field::required("subgroup", &SUBGROUP, "Where they would stand."),
    Field::required(
        "instead_of",
        &Schema::Nullable(&NAME),
        "Who would make room, where all places are taken.",
    ),
    Field::required("gain", &POINTS, "Points that this would add."),
]);
const PRICED_COUNT: Schema = Schema::Object(&[
    Field::required(
        "counts",
        &Schema::Choice(&["playing", "role", "specialization"]),
        "What is counted.",
    ),
    Field::required(
        "id",
        &Schema::Nullable(&Text::line(1, 40)),
        "Which role or specialization.",
    ),
    Field::required("min", &PRICE, "At least so many."),
    Field::required("max", &Schema::Nullable(&PRICE), "At most so many."),
    Field::required("min_price", &PRICE, "For one of the least number."),
    Field::required("max_price", &PRICE, "For one of the greatest number."),
]);
const CERTIFICATE: Schema = Schema::Named(
    "AssignmentCertificate",
    &Schema::Object(&[
        Field::required("scale", &PRICE, "Units of a price in a point."),
        Field::required(
            "players",
            &list(&PRICE, 1, 50),
            "A price for each player of the model, in their order.",
        ),
        Field::required(
            "functions",
            &list(&PRICE, 0, 24),
            "For each function of the model the price of one of its points: 0 for those of kind party.",
        ),
        Field::required(
            "counts",
            &list(&PRICED_COUNT, 0, 200),
            "Prices of what is bounded in number.",
        ),
        Field::required(
            "subgroup",
            &PRICE,
            "No subgroup is worth more under these prices.",
        ),
        Field::required(
            "is_exact",
            &Schema::Boolean,
            "Whether all subgroups were looked at, so that one is worth just that.",
        ),
        Field::required(
            "relaxed",
            &list(
                &Schema::Choice(&["subgroup_pins", "together", "must_play"]),
                0,
                3,
            ),
            "Constraints of the body that have no price: the bound holds with them too, but may be far from what can be reached.",
        ),
    ]),
);
const MODEL_FUNCTION: Schema = Schema::Object(&[
    Field::required("id", &FUNCTION_ID, "Its id."),
    Field::required("kind", &KIND, "Where it is counted."),
    Field::required("weight", &WEIGHT, "Points for each unit."),
    Field::required(
        "target",
        &Schema::Integer {
            min: 0,
            max: 100_000,
        },
        "Units that count.",
    ),
]);
const MODEL_BUILD: Schema = Schema::Object(&[
    Field::required(
        "specialization",
        &Schema::Nullable(&SPECIALIZATION_ID),
        "As asked.",
    ),
    Field::required("role", &Schema::Nullable(&ROLE), "As asked."),
    Field::required("preference", &PREFERENCE, "Points."),
    Field::required(
        "units",
        &list(
            &Schema::Integer {
                min: 0,
                max: 100_000,
            },
            0,
            24,
        ),
        "For each function, in their order.",
    ),
]);
const MODEL_PLAYER: Schema = Schema::Object(&[
    Field::required("name", &NAME, "As asked."),
    Field::required(
        "builds",
        &list(&MODEL_BUILD, 1, 10),
        "In the order of the body.",
    ),
]);
const MODEL_CONSTRAINT: Schema = Schema::raw(
    r#"{"type":"object","properties":{"kind":{"type":"string"}},"required":["kind"],"additionalProperties":true}"#,
);
const MODEL: Schema = Schema::Named(
    "AssignmentModel",
    &Schema::Object(&[
        Field::required("subgroups", &SUBGROUP, "How many."),
        Field::required("subgroup_size", &SIZE, "Room of each."),
        Field::required("functions", &list(&MODEL_FUNCTION, 0, 24), "What counts."),
        Field::required("players", &list(&MODEL_PLAYER, 1, 50), "Who is there."),
        Field::required(
            "constraints",
            &list(&MODEL_CONSTRAINT, 0, 5_000),
            "What must hold, each with its kind; players, subgroups and builds by number, from 0.",
        ),
    ]),
);
const GAP: Schema = Schema::Object(&[
    Field::required("points", &POINTS, "Bound less score."),
    Field::required(
        "basis_points",
        &Schema::Integer {
            min: 0,
            max: 10_000,
        },
        "The same in hundredths of a percent of the bound, rounded up.",
    ),
]);
const PARTS: Schema = Schema::Object(&[
    Field::required("subgroups", &POINTS, "Of what is done for allies."),
    Field::required("squad", &POINTS, "Of what is done for the squad."),
    Field::required("preferences", &POINTS, "Of what players like to play."),
]);
const RERUN: Schema = Schema::Nullable(&Schema::Object(&[
    Field::required(
        "moved",
        &list(&NAME, 0, 50),
        "Players of the present assignment who change their subgroup or their build.",
    ),
    Field::required(
        "best_score",
        &POINTS,
        "The best that was found with any number of changes.",
    ),
]));

/// The answer.
pub const ANSWER: Schema = Schema::Named(
    "Assignment",
    &Schema::Object(&[
        Field::required("score", &POINTS, "Points of the assignment."),
        Field::required("parts", &PARTS, "What they are made of."),
        Field::required(
            "bound",
            &POINTS,
            "No assignment has more points: the certificate proves it.",
        ),
        Field::required("gap", &GAP, "How far the two are apart."),
        Field::required(
            "is_optimal",
            &Schema::Boolean,
            "Whether the bound proves that no assignment is better.",
        ),
        Field::required("seed", &SEED, "As asked."),
        Field::required("moves", &MOVES, "Moves that were tried."),
        Field::required("starts", &STARTS, "As asked."),
        Field::required(
            "cut_short",
            &Schema::Boolean,
            "Whether fewer moves were tried than asked for: the service has a limit.",
        ),
        Field::required("subgroups", &list(&GROUP, 1, 15), "The assignment."),
        Field::required("squad", &SQUAD, "What is done for the squad."),
        Field::required(
            "bench",
            &list(&BENCHED, 0, 50),
            "Who does not play, and why.",
        ),
        Field::required(
            "changes",
            &list(&CHANGE, 0, 50),
            "For each player the best single change that breaks nothing; players without any are left out.",
        ),
        Field::required(
            "ask_next",
            &list(&ASKED, 0, 5),
            "Who would add most by coming as one more player, the best first.",
        ),
        Field::required(
            "rerun",
            &RERUN,
            "What became of the present assignment, where one was given.",
        ),
        Field::required("certificate", &CERTIFICATE, "What proves the bound."),
        Field::required(
            "model",
            &MODEL,
            "What was asked, as it was understood: all that is needed to check the rest.",
        ),
    ]),
);
