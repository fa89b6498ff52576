//! The call on presets, for the OpenAPI document.

use crate::builds::schemas::ROLE;
use crate::game::operations::{TABLE, TAG};
use crate::http::operation::Answer;
use crate::http::schema::{Schema, Text};
use crate::http::{object, operations};

use super::IDS;

/// Players of a squad, or of one role in it.
const COUNT: Schema = Schema::integer(0, 50);
const TARGET: Schema = object! {
    required role: ROLE, "Id of GET /game/roles.";
    required count: COUNT, "How many players of it.";
};
const PRESET: Schema = object! { "Preset":
    required id: Schema::Choice(IDS), "Stable, snake_case.";
    required name: Text::of(1, 100), "For people.";
    required players: COUNT, "How many players it has.";
    required targets: Schema::list(&TARGET, 1, 12), "By role: they add up to players.";
};

operations! { TAG;
    PRESETS = "list_presets", "List squad presets" ..TABLE {
        response: Answer::page_of(
            "All of them, on one page.",
            &PRESET,
            r#"{"id":"gvg_15","name":"GvG, 15","players":15,"targets":[{"role":"primary_support","count":3},{"role":"secondary_support","count":3},{"role":"melee_dps","count":6},{"role":"ranged_dps","count":2},{"role":"strip","count":1},{"role":"roamer","count":0}]}"#,
        ),
    }
}
