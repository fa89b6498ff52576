//! The schema of an account's authorship in an export: ids and times only, since the content of a
//! team's composition is the team's.

use crate::auth::model::TIME;
use crate::http::object;
use crate::http::schema::{Schema, Text};
use crate::squads::compositions::store::VersionCause;

const CHANGE: Schema = object! {
    required version: Schema::integer(1, 1_000_000_000), "The version it made.";
    required change: Schema::Choice(VersionCause::WORDS), "What was done.";
    required changed_at: TIME, "When.";
};
const CHANGES: Schema = Schema::list(&CHANGE, 0, usize::MAX);
const LINK: Schema = object! {
    required id: Text::formatted(31, 31, "typeid"), "TypeID with the prefix link.";
    required created_at: TIME, "When.";
};
const LINKS: Schema = Schema::list(&LINK, 0, usize::MAX);

/// What an account has done to one composition.
pub const AUTHORSHIP: Schema = object! { "CompositionAuthorship":
    required composition_id: Text::of(1, 100), "Which.";
    required team_id: Schema::Nullable(&Text::of(1, 100)), "The team it belongs to, if any.";
    required is_maker: Schema::Boolean, "Whether I made it.";
    required changes: CHANGES, "The versions of it that I made and that are still kept.";
    required share_links: LINKS, "The links to it that I made.";
};
