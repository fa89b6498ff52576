//! The response schema for placing players. `answer` fills its members.

use crate::builds::schemas::ROLE;
use crate::http::object;
use crate::http::schema::{Schema, Text};
use crate::squads::functions::operations::SPECIALIZATION_ID;

use super::schemas::{
    BUILD_NUMBER, FUNCTION_ID, KIND, MOVES, NAME, PLAYERS, PREFERENCE, SEED, SIZE, STARTS,
    SUBGROUP, UNITS, WEIGHT,
};

const LINE: Schema = Text::line(0, 1_000);
const POINTS: Schema = Schema::integer(-1_073_741_824, 1_073_741_824);
const PRICE: Schema = Schema::integer(-9_007_199_254_740_991, 9_007_199_254_740_991);

const SHORTFALL: Schema = object! { "Shortfall":
    required function: FUNCTION_ID, "What there is too little of.";
    required have: Schema::integer(0, 5_000_000), "Units that there are.";
    required target: UNITS, "Units that count.";
    required points: POINTS, "What the missing ones would add.";
};
const FROM_OTHERS: Schema = object! {
    required function: FUNCTION_ID, "A function of kind party.";
    required players: PLAYERS,
        "How many get the whole target from the others of their subgroup. Told, not counted: it is a threshold, which the bound has no prices for.";
};
const PLACED: Schema = object! {
    required player: NAME, "Who.";
    required build: BUILD_NUMBER, "As what: the place of the build.";
    required build_name: NAME, "The same for people.";
    required specialization: Schema::Nullable(&SPECIALIZATION_ID), "Its specialization.";
    required role: Schema::Nullable(&ROLE), "Its role.";
};
const GROUP: Schema = object! {
    required subgroup: SUBGROUP, "Counted from 1.";
    required score: POINTS, "Its points.";
    required players: Schema::list(&PLACED, 0, 10), "Who is in it.";
    required shortfalls: Schema::list(&SHORTFALL, 0, 16), "What it lacks, the most points first.";
    required from_others: Schema::list(&FROM_OTHERS, 0, 16), "What its players get from each other.";
};
const SQUAD: Schema = object! {
    required score: POINTS, "Points of what is done for the squad.";
    required shortfalls: Schema::list(&SHORTFALL, 0, 8), "What it lacks, the most points first.";
};
const BENCHED: Schema = object! {
    required player: NAME, "Who.";
    required reason: Schema::Choice(&["no_room", "squad_full", "constraint", "no_gain"]), "Why.";
    required text: LINE, "The same in words.";
};
const NEW_PLACE: Schema = Schema::Nullable(&object! {
    required subgroup: SUBGROUP, "Counted from 1.";
    required build: BUILD_NUMBER, "The place of the build.";
});
const CHANGE: Schema = object! {
    required player: NAME, "Who.";
    required to: NEW_PLACE, "Where to; null is the bench.";
    required with: Schema::Nullable(&object! {
        required player: NAME, "Who takes the old place.";
        required to: NEW_PLACE, "Where to; null is the bench.";
    }), "With whom, if with anyone.";
    required gain: POINTS, "Points; below 0 where every change costs some.";
};
const ASKED: Schema = object! {
    required player: Schema::Nullable(&NAME),
        "The candidate; null where candidates are specializations.";
    required specialization: Schema::Nullable(&SPECIALIZATION_ID), "What they would play.";
    required build_name: NAME, "The same for people.";
    required subgroup: SUBGROUP, "Where they would stand.";
    required instead_of: Schema::Nullable(&NAME),
        "Who would make room, where all places are taken.";
    required gain: POINTS, "Points that this would add.";
};
const PRICED_COUNT: Schema = object! {
    required counts: Schema::Choice(&["playing", "role", "specialization"]), "What is counted.";
    required id: Schema::Nullable(&Text::line(1, 40)), "Which role or specialization.";
    required min: PRICE, "At least so many.";
    required max: Schema::Nullable(&PRICE), "At most so many.";
    required min_price: PRICE, "For one of the least number.";
    required max_price: PRICE, "For one of the greatest number.";
};
const CERTIFICATE: Schema = object! { "AssignmentCertificate":
    required scale: PRICE, "Units of a price in a point.";
    required players: Schema::list(&PRICE, 1, 50), "A price for each player of the model, in their order.";
    required functions: Schema::list(&PRICE, 0, 24),
        "For each function of the model the price of one of its points: 0 for those of kind party.";
    required counts: Schema::list(&PRICED_COUNT, 0, 200), "Prices of what is bounded in number.";
    required subgroup: PRICE, "No subgroup is worth more under these prices.";
    required is_exact: Schema::Boolean,
        "Whether all subgroups were looked at, so that one is worth just that.";
    required relaxed: Schema::list(&Schema::Choice(&["subgroup_pins", "together", "must_play"]), 0, 3),
        "Constraints of the body that have no price: the bound holds with them too, but may be far from what can be reached.";
};
const MODEL_FUNCTION: Schema = object! {
    required id: FUNCTION_ID, "Its id.";
    required kind: KIND, "Where it is counted.";
    required weight: WEIGHT, "Points for each unit.";
    required target: Schema::integer(0, 100_000), "Units that count.";
};
const MODEL_BUILD: Schema = object! {
    required specialization: Schema::Nullable(&SPECIALIZATION_ID), "As asked.";
    required role: Schema::Nullable(&ROLE), "As asked.";
    required preference: PREFERENCE, "Points.";
    required units: Schema::list(&Schema::integer(0, 100_000), 0, 24), "For each function, in their order.";
};
const MODEL_PLAYER: Schema = object! {
    required name: NAME, "As asked.";
    required builds: Schema::list(&MODEL_BUILD, 1, 10), "In the order of the body.";
};
const MODEL_CONSTRAINT: Schema = Schema::raw(
    r#"{"type":"object","properties":{"kind":{"type":"string"}},"required":["kind"],"additionalProperties":true}"#,
);
const MODEL: Schema = object! { "AssignmentModel":
    required subgroups: SUBGROUP, "How many.";
    required subgroup_size: SIZE, "Room of each.";
    required functions: Schema::list(&MODEL_FUNCTION, 0, 24), "What counts.";
    required players: Schema::list(&MODEL_PLAYER, 1, 50), "Who is there.";
    required constraints: Schema::list(&MODEL_CONSTRAINT, 0, 5_000),
        "What must hold, each with its kind; players, subgroups and builds by number, from 0.";
};
const GAP: Schema = object! {
    required points: POINTS, "Bound less score.";
    required basis_points: Schema::integer(0, 10_000),
        "The same in hundredths of a percent of the bound, rounded up.";
};
const PARTS: Schema = object! {
    required subgroups: POINTS, "Of what is done for allies.";
    required squad: POINTS, "Of what is done for the squad.";
    required preferences: POINTS, "Of what players like to play.";
};
const RERUN: Schema = Schema::Nullable(&object! {
    required moved: Schema::list(&NAME, 0, 50),
        "Players of the present assignment who change their subgroup or their build.";
    required best_score: POINTS, "The best that was found with any number of changes.";
});

/// The answer.
pub const ANSWER: Schema = object! { "Assignment":
    required score: POINTS, "Points of the assignment.";
    required parts: PARTS, "What they are made of.";
    required bound: POINTS, "No assignment has more points: the certificate proves it.";
    required gap: GAP, "How far the two are apart.";
    required is_optimal: Schema::Boolean, "Whether the bound proves that no assignment is better.";
    required seed: SEED, "As asked.";
    required moves: MOVES, "Moves that were tried.";
    required starts: STARTS, "As asked.";
    required cut_short: Schema::Boolean,
        "Whether fewer moves were tried than asked for: the service has a limit.";
    required subgroups: Schema::list(&GROUP, 1, 15), "The assignment.";
    required squad: SQUAD, "What is done for the squad.";
    required bench: Schema::list(&BENCHED, 0, 50), "Who does not play, and why.";
    required changes: Schema::list(&CHANGE, 0, 50),
        "For each player the best single change that breaks nothing; players without any are left out.";
    required ask_next: Schema::list(&ASKED, 0, 5),
        "Who would add most by coming as one more player, the best first.";
    required rerun: RERUN, "What became of the present assignment, where one was given.";
    required certificate: CERTIFICATE, "What proves the bound.";
    required model: MODEL,
        "What was asked, as it was understood: all that is needed to check the rest.";
};
