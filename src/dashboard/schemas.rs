//! The schema of the dashboard. Every list is bounded.

use crate::auth::model::TIME;
use crate::http::schema::{Field, Schema, Text};
use crate::membership::model::TeamRole;

const ID: Schema = Text::formatted(31, 40, "typeid");
const TEAM: Schema = Schema::Nullable(&Text::formatted(31, 31, "typeid"));
const COUNT: Schema = Schema::Integer {
    min: 0,
    max: 1_000_000_000,
};
const MAYBE_COUNT: Schema = Schema::Nullable(&COUNT);

const COUNTS: Schema = Schema::Object(&[
    Field::required("builds", &COUNT, "Builds of mine."),
    Field::required("compositions", &COUNT, "Compositions that I have made."),
    Field::required("teams", &COUNT, "Teams that I am in."),
    Field::required("webhooks", &COUNT, "Webhooks of mine."),
]);

const fn few(items: &'static Schema) -> Schema {
    Schema::List {
        items,
        min: 0,
        max: 50,
    }
}

const STALE: Schema = Schema::Object(&[
    Field::required("id", &ID, "The build's id."),
    Field::required("name", &Text::line(1, 100), "Its name."),
    Field::required(
        "game_build",
        &MAYBE_COUNT,
        "The game's build number it was made for; null where nobody knows.",
    ),
]);
const STALE_LIST: Schema = few(&STALE);
const STALE_BUILDS: Schema = Schema::Object(&[
    Field::required("count", &COUNT, "How many there are, up to 1,000."),
    Field::required("data", &STALE_LIST, "The newest of them."),
]);

const WEBHOOK: Schema = Schema::Object(&[
    Field::required("id", &ID, "The webhook's id."),
    Field::required("url", &Text::of(1, 2_000), "Where it is."),
    Field::required("team_id", &TEAM, "The team that it is for."),
    Field::required("failures", &COUNT, "Failed attempts in a row."),
    Field::required(
        "disabled_reason",
        &Schema::Nullable(&Schema::Choice(&["gone", "failing", "left_team"])),
        "Null: it is still tried.",
    ),
]);
const WEBHOOKS: Schema = few(&WEBHOOK);

const INVITATION: Schema = Schema::Object(&[
    Field::required("id", &ID, "The invitation's id."),
    Field::required("team_id", &Text::formatted(31, 31, "typeid"), "Where to."),
    Field::required(
        "role",
        &Schema::Choice(TeamRole::WORDS),
        "What one becomes there.",
    ),
    Field::required("uses_left", &COUNT, "How often it can still be used."),
    Field::required("expires_at", &TIME, "When it ends."),
]);
const INVITATION_LIST: Schema = few(&INVITATION);
const INVITATIONS: Schema = Schema::Object(&[
    Field::required("count", &COUNT, "How many are open, up to 1,000."),
    Field::required("data", &INVITATION_LIST, "Those that end first."),
]);

const ATTENTION: Schema = Schema::Object(&[
    Field::required(
        "stale_builds",
        &STALE_BUILDS,
        "Builds of mine from before the game's last balance build, and those of which nobody knows: what analyses warn of as stale_build and unknown_game_build.",
    ),
    Field::required(
        "failing_webhooks",
        &WEBHOOKS,
        "Webhooks of mine that fail, or were disabled for it.",
    ),
    Field::required(
        "invitations",
        &INVITATIONS,
        "Open invitations to teams that I invite people to.",
    ),
]);

const HAPPENED: Schema = Schema::Object(&[
    Field::required(
        "type",
        &Schema::Choice(&[
            "build.created",
            "build.updated",
            "composition.created",
            "composition.updated",
            "team.member_added",
        ]),
        "What has happened.",
    ),
    Field::required("id", &ID, "To what: a build, a composition, a user."),
    Field::required("name", &Text::line(1, 100), "What that is called."),
    Field::required("team_id", &TEAM, "Where."),
    Field::required("by", &ID, "Who did it."),
    Field::required("at", &TIME, "When."),
]);
const ACTIVITY: Schema = few(&HAPPENED);

/// Answer of GET /users/me/dashboard.
pub const DASHBOARD: Schema = Schema::Named(
    "Dashboard",
    &Schema::Object(&[
        Field::required("counts", &COUNTS, "How much there is."),
        Field::required("attention", &ATTENTION, "What wants something done."),
        Field::required(
            "activity",
            &ACTIVITY,
            "What was last changed, by me and in my teams, latest first: 20 at most.",
        ),
    ]),
);
