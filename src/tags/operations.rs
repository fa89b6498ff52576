//! The call on tags, for the OpenAPI document.

use crate::builds::schemas::TAG;
use crate::http::operation::Answer;
use crate::http::schema::Schema;
use crate::http::{object, operations};

const COUNT: Schema = Schema::integer(0, 1_000_000_000);
const USED: Schema = object! { "Tag":
    required tag: TAG, "In lower case.";
    required builds: COUNT, "Public builds that have it.";
    required compositions: COUNT, "Public compositions that have it.";
};

operations! { "Builds";
    LIST = "list_tags", "List the 100 most used public tags" {
        description: "Counted at most every five minutes.",
        response: Answer::page_of(
            "All of them, on one page, most used first.",
            &USED,
            r#"{"tag":"zerg","builds":120,"compositions":14}"#,
        ),
    }
}
