//! The calls on the removal of a second factor: documentation and schemas.

use crate::accounts::email::operations::SentLink;
use crate::auth::model::TIME;
use crate::http::body::Body;
use crate::http::operation::Answer;
use crate::http::schema::Schema;
use crate::http::{object, operations, problems};

const TAG: &str = "Identity";
const REMOVAL: Schema = object! { "FactorRemoval":
    required removal_at: TIME, "When the second factor goes, or went.";
};

operations! { TAG;
    BEGIN = "begin_two_factor_removal", "Request the removal of a second factor that is not mine" {
        description: "By the link in the notice that came when the factor was added, for 30 days. It goes 72 hours later, unless someone who logs in with it stops that; a mail announces it. All logins end then. Without a password that the stranger does not know, they could stop it: choose a new one first. The link goes on working for that factor.",
        request: SentLink::TAKEN,
        response: Answer::ok(
            "The factor goes then.",
            &REMOVAL,
            r#"{"removal_at":"2026-11-25T18:00:00.000Z"}"#,
        ),
        problems: problems![INVALID_LINK],
    }

    STOP = "stop_two_factor_removal", "Cancel the removal of my second factor" {
        description: "Stops the removal that someone who reads the mail of the account has asked for. Takes a login that was opened with the second factor.",
        problems: problems![NO_FACTOR_REMOVAL],
    }
}
