//! The schemas of analyses: what `model` serializes.

use crate::http::schema::{Field, Schema, Text};
use crate::squads::compositions::schemas::{MAX_PLAYERS, MAX_SUBGROUPS};
use crate::squads::functions::operations::{
    CONFIDENCE, FUNCTION_ID, SCORE, SCORES_BROUGHT, SPECIALIZATION_ID,
};

/// Words of a stable code.
const CODE: Schema = Text::of(1, 40);
const WORDS: Schema = Text::of(1, 1_000);
const NAME: Schema = Text::of(0, 100);
/// A number that is small.
pub const COUNT: Schema = Schema::Integer { min: 0, max: 1_000 };
const MAYBE_COUNT: Schema = Schema::Nullable(&COUNT);
const PERCENT: Schema = Schema::Nullable(&Schema::Integer { min: 0, max: 100 });
/// A name that may not be given.
pub const MAYBE_NAME: Schema = Schema::Nullable(&NAME);
/// A specialization, if there is one.
pub const MAYBE_SPECIALIZATION: Schema = Schema::Nullable(&SPECIALIZATION_ID);
/// What a player is there for; players without a role are counted as `none`.
pub const ROLE: Schema = Text::of(1, 40);
/// A role that may not be given.
pub const MAYBE_ROLE: Schema = Schema::Nullable(&ROLE);
const MAYBE_FUNCTION: Schema = Schema::Nullable(&FUNCTION_ID);
const POINTER: Schema = Text::of(1, 100);
const FUNCTIONS_MAX: usize = 100;
/// Coverage has a row for each function.
pub const ROWS_MAX: usize = FUNCTIONS_MAX;

const FROM_OTHERS: Schema = Schema::Object(&[
    Field::required(
        "least",
        &COUNT,
        "What the one gets who gets least: whoever brings most.",
    ),
    Field::required(
        "players",
        &COUNT,
        "How many get the target from the others, or anything where there is no target. Five at most, those who bring it first: it reaches five, so above five players nothing more is reached.",
    ),
]);
const SPREAD: Schema = Schema::Object(&[
    Field::required(
        "covered",
        &COUNT,
        "How many subgroups have their target, or anything where there is none.",
    ),
    Field::required(
        "worst",
        &MAYBE_COUNT,
        "The first of the subgroups that have least, counted from 1; null without subgroups.",
    ),
]);
/// The numbers of one function.
pub const COVERAGE: Schema = Schema::Named(
    "Coverage",
    &Schema::Object(&[
        Field::required("function", &FUNCTION_ID, "Id of GET /game/functions."),
        Field::required("sum", &COUNT, "The scores of all, added up."),
        Field::required(
            "target",
            &MAYBE_COUNT,
            "The sum that is enough; null where nobody is asked for it, as no subgroup is for what is done for the squad. In the squad it is for planned_players: for what is done for allies, the target of a subgroup for each five of them.",
        ),
        Field::required(
            "covered",
            &PERCENT,
            "Percent of the target, rounded down, 100 at most. In the squad, what a subgroup has beyond its target does not count for others.",
        ),
        Field::optional(
            "from_others",
            &FROM_OTHERS,
            "In subgroups, for what is done for allies: what players get from the others of the subgroup, which is for each of them the sum without what they bring themselves.",
        ),
        Field::optional(
            "subgroups",
            &SPREAD,
            "In the squad, for what is done for allies: how it is spread.",
        ),
    ]),
);
const COVERAGES: Schema = Schema::List {
    items: &COVERAGE,
    min: 0,
    max: FUNCTIONS_MAX,
};
const SUBGROUP: Schema = Schema::Named(
    "SubgroupCoverage",
    &Schema::Object(&[
        Field::required("subgroup", &COUNT, "Counted from 1, as the game does."),
        Field::required("name", &NAME, "Its name; may be empty."),
        Field::required("player_count", &COUNT, "Places that are not open."),
        Field::required(
            "coverage",
            &COVERAGES,
            "A row for each function: of what is done for the squad, what this subgroup brings.",
        ),
    ]),
);
const ROLE_COUNT: Schema = Schema::Object(&[
    Field::required("role", &ROLE, "Id of GET /game/roles, or none."),
    Field::required("have", &COUNT, "Players."),
    Field::required("open", &COUNT, "Open places that are kept for it."),
    Field::required("target", &MAYBE_COUNT, "What the preset asks for."),
    Field::required(
        "missing",
        &COUNT,
        "How many it asks for beyond those that are there.",
    ),
]);
const ROLES: Schema = Schema::Named(
    "RoleCounts",
    &Schema::Object(&[
        Field::required("preset", &MAYBE_NAME, "What it is measured by."),
        Field::required(
            "counts",
            &Schema::List {
                items: &ROLE_COUNT,
                min: 0,
                max: 100,
            },
            "A row for each role that someone has or that the preset asks for.",
        ),
    ]),
);
const SUGGESTION: Schema = Schema::Object(&[
    Field::required(
        "specialization",
        &SPECIALIZATION_ID,
        "Id of GET /game/specializations.",
    ),
    Field::required("name", &NAME, "Its name."),
    Field::required("score", &SCORE, "How good it is at it."),
]);
const SHORTFALL: Schema = Schema::Named(
    "CoverageShortfall",
    &Schema::Object(&[
        Field::required(
            "code",
            &CODE,
            "none_in_subgroup, low_in_subgroup, none_in_squad, low_in_squad or role_short.",
        ),
        Field::required(
            "function",
            &MAYBE_FUNCTION,
            "What there is too little of; null for role_short.",
        ),
        Field::required(
            "role",
            &MAYBE_ROLE,
            "Whom there are too few of; only for role_short.",
        ),
        Field::required(
            "subgroup",
            &MAYBE_COUNT,
            "Where, counted from 1; null for the squad.",
        ),
        Field::required(
            "importance",
            &Schema::Integer { min: 1, max: 100 },
            "100: the squad falls without it.",
        ),
        Field::required("have", &COUNT, "How much there is."),
        Field::required("target", &COUNT, "How much is enough."),
        Field::required("text", &WORDS, "The same in words."),
    ]),
);
const SUGGESTIONS: Schema = Schema::Named(
    "Suggestions",
    &Schema::Object(&[
        Field::required("function", &FUNCTION_ID, "Id of GET /game/functions."),
        Field::required(
            "specializations",
            &Schema::List {
                items: &SUGGESTION,
                min: 0,
                max: 3,
            },
            "Who would bring it, the best first.",
        ),
    ]),
);
const PLAYER: Schema = Schema::Named(
    "PlayerAdds",
    &Schema::Object(&[
        Field::required("pointer", &POINTER, "JSON Pointer into the composition."),
        Field::required("subgroup", &COUNT, "Counted from 1."),
        Field::required(
            "player",
            &MAYBE_NAME,
            "Their name, if it is given; else, for members of the team, as the roster has it.",
        ),
        Field::required(
            "player_id",
            &MAYBE_NAME,
            "Their id in the team's roster, if it is given.",
        ),
        Field::required("specialization", &MAYBE_SPECIALIZATION, "What they play."),
        Field::required("name", &MAYBE_NAME, "Its name."),
        Field::required("role", &MAYBE_ROLE, "What they are there for."),
        Field::required(
            "adds",
            &Schema::Object(&SCORES_BROUGHT),
            "What they bring, from 1 to 3; functions that they do not bring are left out.",
        ),
        Field::required(
            "only_source_of",
            &Schema::List {
                items: &FUNCTION_ID,
                min: 0,
                max: FUNCTIONS_MAX,
            },
            "What nobody else brings: in the subgroup for what is done for allies, else in the squad.",
        ),
    ]),
);
const WARNING: Schema = Schema::Named(
    "CompositionWarning",
    &Schema::Object(&[
        Field::required(
            "code",
            &CODE,
            "subgroup_over_five, no_stability, open_slots, duplicate_player, missing_build, stale_build, unknown_game_build or weapon_gating.",
        ),
        Field::required(
            "pointers",
            &Schema::List {
                items: &POINTER,
                min: 1,
                max: MAX_PLAYERS,
            },
            "JSON Pointers into the composition.",
        ),
        Field::required("text", &WORDS, "What it is, and what to do about it."),
    ]),
);
const EDIT: Schema = Schema::Object(&[
    Field::required("function", &FUNCTION_ID, "Id of GET /game/functions."),
    Field::required("default", &SCORE, "What it was."),
    Field::required("score", &SCORE, "What the team has made of it."),
]);
const SCORES_USED: Schema = Schema::Named(
    "ScoresUsed",
    &Schema::Object(&[
        Field::required(
            "specialization",
            &SPECIALIZATION_ID,
            "Id of GET /game/specializations.",
        ),
        Field::required("name", &NAME, "Its name."),
        Field::required(
            "confidence",
            &Schema::Nullable(&CONFIDENCE),
            "How well the defaults are known; null where there are none, and what is not edited counts as 0.",
        ),
        Field::required(
            "edited",
            &Schema::List {
                items: &EDIT,
                min: 0,
                max: FUNCTIONS_MAX,
            },
            "What the team sees otherwise.",
        ),
    ]),
);

/// An analysis.
pub const ANALYSIS: Schema = Schema::Named(
    "Analysis",
    &Schema::Object(&[
        Field::required("composition_id", &NAME, "The composition."),
        Field::required("player_count", &COUNT, "Places that are not open."),
        Field::required(
            "planned_players",
            &COUNT,
            "How many the targets of the squad are for, however many are there: those of the preset, else 50 for a blob, 15 for gvg, 10 for havoc, 5 for roaming, and 30.",
        ),
        Field::required(
            "subgroups",
            &Schema::List {
                items: &SUBGROUP,
                min: 0,
                max: MAX_SUBGROUPS,
            },
            "In their order.",
        ),
        Field::required("squad", &COVERAGES, "A row for each function."),
        Field::required("roles", &ROLES, "Who is there for what."),
        Field::required(
            "shortfalls",
            &Schema::List {
                items: &SHORTFALL,
                min: 0,
                max: 1_000,
            },
            "What is missing, the most important first.",
        ),
        Field::required(
            "suggestions",
            &Schema::List {
                items: &SUGGESTIONS,
                min: 0,
                max: FUNCTIONS_MAX,
            },
            "Who would bring what is missing, once for each function.",
        ),
        Field::required(
            "players",
            &Schema::List {
                items: &PLAYER,
                min: 0,
                max: MAX_PLAYERS,
            },
            "In the order of the places; open ones are left out.",
        ),
        Field::required(
            "warnings",
            &Schema::List {
                items: &WARNING,
                min: 0,
                max: 1_000,
            },
            "What looks wrong.",
        ),
        Field::required(
            "scores",
            &Schema::List {
                items: &SCORES_USED,
                min: 0,
                max: MAX_PLAYERS,
            },
            "Where the scores of the specializations in it come from.",
        ),
    ]),
);
