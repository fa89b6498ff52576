//! The calls on shared pages, for the OpenAPI document.

use crate::http::operation::{Answer, Condition};
use crate::http::schema::{Field, Schema, Text};
use crate::http::{fields, operations, problems};

const TAG: &str = "Compositions";
const SLUG: Schema = Text::of(1, 100);
const VERSION: Schema = Text::of(1, 64);
const PATH: &[Field] = fields! { required slug: SLUG, "The last part of a share link."; };

operations! { TAG;
    PAGE = "get_shared_page", "A shared composition as a page for people" {
        description: "Works without an account and without scripts. Shows the chat codes of builds that are public, unlisted or shared with the composition's own team. It measures by the team's own scores and says which those are. The page is gone as soon as its link is withdrawn.",
        path: PATH,
        response: Answer::media("The page.", "text/html"),
        condition: Condition::Read,
    }

    CARD = "get_shared_card", "The preview image of a shared composition" {
        description: "1200 by 630 pixels, for chat programs. Has no player's name on it.",
        path: PATH,
        query: fields! {
            optional v: VERSION,
                "Any text: the page asks for the image of another version under another address, since others keep images.";
        },
        response: Answer::media("The image.", "image/png"),
        problems: problems![NOT_FOUND],
        condition: Condition::Read,
    }
}
