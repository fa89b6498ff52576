//! The schema of the dashboard. Every list is bounded.

use crate::auth::model::TIME;
use crate::http::object;
use crate::http::schema::{Schema, Text};
use crate::membership::model::TeamRole;

const ID: Schema = Text::formatted(31, 40, "typeid");
const TEAM: Schema = Schema::Nullable(&Text::formatted(31, 31, "typeid"));
const COUNT: Schema = Schema::integer(0, 1_000_000_000);
const MAYBE_COUNT: Schema = Schema::Nullable(&COUNT);

const COUNTS: Schema = object! {
    required builds: COUNT, "Builds of mine.";
    required compositions: COUNT, "Compositions that I have made.";
    required teams: COUNT, "Teams that I am in.";
    required webhooks: COUNT, "Webhooks of mine.";
};

const fn few(items: &'static Schema) -> Schema {
    Schema::list(items, 0, 50)
}

const STALE: Schema = object! {
    required id: ID, "The build's id.";
    required name: Text::line(1, 100), "Its name.";
    required game_build: MAYBE_COUNT,
        "The game's build number it was made for; null where nobody knows.";
};
const STALE_LIST: Schema = few(&STALE);
const STALE_BUILDS: Schema = object! {
    required count: COUNT, "How many there are, up to 1,000.";
    required data: STALE_LIST, "The newest of them.";
};

const WEBHOOK: Schema = object! {
    required id: ID, "The webhook's id.";
    required url: Text::of(1, 2_000), "Where it is.";
    required team_id: TEAM, "The team that it is for.";
    required failures: COUNT, "Failed attempts in a row.";
    required disabled_reason: Schema::Nullable(&Schema::Choice(&["gone", "failing", "left_team"])),
        "Null: it is still tried.";
};
const WEBHOOKS: Schema = few(&WEBHOOK);

const INVITATION: Schema = object! {
    required id: ID, "The invitation's id.";
    required team_id: Text::formatted(31, 31, "typeid"), "Where to.";
    required role: Schema::Choice(TeamRole::WORDS), "What one becomes there.";
    required uses_left: COUNT, "How often it can still be used.";
    required expires_at: TIME, "When it ends.";
};
const INVITATION_LIST: Schema = few(&INVITATION);
const INVITATIONS: Schema = object! {
    required count: COUNT, "How many are open, up to 1,000.";
    required data: INVITATION_LIST, "Those that end first.";
};

const ATTENTION: Schema = object! {
    required stale_builds: STALE_BUILDS,
        "Builds of mine from before the game's last balance build, and those of which nobody knows: what analyses warn of as stale_build and unknown_game_build.";
    required failing_webhooks: WEBHOOKS, "Webhooks of mine that fail, or were disabled for it.";
    required invitations: INVITATIONS, "Open invitations to teams that I invite people to.";
};

const HAPPENED: Schema = object! {
    required type: Schema::Choice(&["build.created", "build.updated", "composition.created", "composition.updated", "team.member_added"]),
        "What has happened.";
    required id: ID, "To what: a build, a composition, a user.";
    required name: Text::line(1, 100), "What that is called.";
    required team_id: TEAM, "Where.";
    required by: ID, "Who did it.";
    required at: TIME, "When.";
};
const ACTIVITY: Schema = few(&HAPPENED);

/// Answer of GET /users/me/dashboard.
pub const DASHBOARD: Schema = object! { "Dashboard":
    required counts: COUNTS, "How much there is.";
    required attention: ATTENTION, "What wants something done.";
    required activity: ACTIVITY,
        "What was last changed, by me and in my teams, latest first: 20 at most.";
};
