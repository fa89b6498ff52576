//! The schemas of players: requests and responses. Their bounds limit the pages that D1 assembles.

use serde::{Deserialize, Serialize};

use crate::auth::model::TIME;
use crate::http::body::Body;
use crate::http::schema::{Schema, Text};
use crate::http::{body, object};

use super::model::{Owned, Time};

/// Players a team may have.
pub const MAX_PLAYERS: usize = 10_000;
/// Characters of all players of a team: a file of them must fit into the memory of an isolate.
pub const MAX_CHARACTERS: usize = 8_000_000;
/// Builds a player may have.
const MAX_BUILDS: usize = 20;
/// Times a player may name: three a day.
const MAX_TIMES: usize = 21;
/// The days, as they are written.
pub const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

const NAME: Schema = Text::name(1, 100);
const NOTES: Schema = Text::remarks(0, 2_000);
/// The id of an account, or null.
const USER_ID: Schema = Schema::Nullable(&Text::formatted(31, 31, "typeid"));
const CLOCK: Schema = Schema::Text(Text {
    min: 5,
    max: 5,
    format: "",
    pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$",
    matches: is_clock,
});

/// Whether `text` is a time of day such as `19:30`.
fn is_clock(text: &str) -> bool {
    let digit = |byte: u8, most: u8| (b'0'..=most).contains(&byte);
    match *text.as_bytes() {
        [h, hh, b':', m, mm] => {
            let hour = digit(h, b'1') && digit(hh, b'9') || h == b'2' && digit(hh, b'3');
            hour && digit(m, b'5') && digit(mm, b'9')
        }
        _ => false,
    }
}

const OWNED: Schema = object! {
    required build_id: Text::formatted(32, 32, "typeid"),
        "A build that is public, unlisted, your own or shared with the team.";
    required preference: Schema::integer(0, 5), "How much they like to play it; 5: loves it.";
};
const BUILDS: Schema = Schema::list(&OWNED, 0, MAX_BUILDS);
const TIME_SPAN: Schema = object! {
    required day: Schema::Choice(&DAYS), "The day it begins on, UTC.";
    required from: CLOCK, "When it begins, UTC.";
    required to: CLOCK,
        "When it ends, UTC. Earlier than from: on the next day; the same: a whole day.";
};
const TIMES: Schema = Schema::list(&TIME_SPAN, 0, MAX_TIMES);

const ABOUT_NAME: &str = "What they are called; one line.";
const ABOUT_USER: &str = "The member of the team that this is; null: only a name.";
const ABOUT_BUILDS: &str = "What they can play; no build twice.";
const ABOUT_TIMES: &str = "When they can usually play.";
const ABOUT_NOTES: &str = "Free text.";

body! {
    /// Body of POST and PUT, what PATCH must lead to, and an entry of a file.
    #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct PlayerInput = "PlayerInput", r#"{"name":"Anna","user_id":"user_01kanp2xc0e8br5v0xmvhv7j2d","builds":[{"build_id":"build_01kanp2xc0e8br5v0xmvhv7j2d","preference":5}],"availability":[{"day":"thursday","from":"19:00","to":"22:30"}],"notes":"Brings food."}"# {
        required name: String = NAME, ABOUT_NAME;
        optional user_id: Option<String> = USER_ID, ABOUT_USER;
        optional builds: Vec<Owned> = BUILDS, ABOUT_BUILDS;
        optional availability: Vec<Time> = TIMES, ABOUT_TIMES;
        optional notes: String = NOTES, ABOUT_NOTES;
    }
}

/// A player as it is answered.
pub const PLAYER: Schema = object! { "Player":
    required id: Text::formatted(33, 33, "typeid"), "TypeID with the prefix player.";
    required team_id: Text::formatted(31, 31, "typeid"), "Whose.";
    required user_id: USER_ID, ABOUT_USER;
    required name: NAME, ABOUT_NAME;
    required builds: BUILDS, ABOUT_BUILDS;
    required availability: TIMES, ABOUT_TIMES;
    required notes: NOTES, ABOUT_NOTES;
    required created_at: TIME, "RFC 3339, UTC.";
    required updated_at: TIME, "RFC 3339, UTC.";
};

/// A whole roster: what an export gives and an import takes.
pub const ROSTER: Schema = object! { "Roster":
    required players: Schema::list(&PlayerInput::SCHEMA, 0, MAX_PLAYERS), "In their order.";
};

/// A number of players.
const COUNT: Schema = Schema::integer(0, 10_000);
/// The result of an import.
pub const IMPORTED: Schema = object! { "RosterImport":
    required added: COUNT, "Players that are new.";
    required updated: COUNT,
        "Players that were there and have changed; the same again counts as nothing.";
    required removed: COUNT, "Players that were not in the file.";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day() {
        for text in ["00:00", "09:59", "19:30", "23:59"] {
            assert!(is_clock(text), "{text}");
        }
        for text in [
            "", "24:00", "9:00", "19:60", "19.30", "1930", "19:300", "-1:00", "2a:00",
        ] {
            assert!(!is_clock(text), "{text}");
        }
    }
}
