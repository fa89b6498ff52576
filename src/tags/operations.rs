//! The call on tags, for the OpenAPI document.

use crate::builds::schemas::TAG;
use crate::http::operation::{Answer, Content, Operation, PLAIN};
use crate::http::schema::{Field, Schema};

const COUNT: Schema = Schema::Integer {
    min: 0,
    max: 1_000_000_000,
};
const USED: Schema = Schema::Named(
    "Tag",
    &Schema::Object(&[
        Field::required("tag", &TAG, "In lower case."),
        Field::required("builds", &COUNT, "Public builds that have it."),
        Field::required("compositions", &COUNT, "Public compositions that have it."),
    ]),
);

/// GET /tags
pub const LIST: Operation = Operation {
    id: "list_tags",
    tag: "Builds",
    summary: "List the 100 most used public tags",
    description: "Counted at most every five minutes.",
    response: Answer {
        status: 200,
        about: "All of them, on one page, most used first.",
        content: Content::Page(&USED, r#"{"tag":"zerg","builds":120,"compositions":14}"#),
    },
    ..PLAIN
};
