//! The calls that prove an address, as they are documented and checked.

use crate::accounts::links::{ABOUT_TOKEN, TOKEN};
use crate::http::body::Body;
use crate::http::operation::{Answer, Operation, PLAIN};
use crate::http::schema::Schema;
use crate::http::{body, object, operations, problems};

const TAG: &str = "Identity";
body! {
    /// Body of the calls that use a link up.
    pub struct SentLink = "Link", r#"{"token":"wvwl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"# {
        required token: String = TOKEN, ABOUT_TOKEN;
    }
}
const ACCEPTANCE: Schema = object! { "Accepted":
    required status: Schema::Choice(&["accepted"]), "Always the same.";
};
/// Answer of the calls whose work is done afterwards.
pub const ACCEPTED: Answer = Answer::accepted(
    "Whatever there is to do is done after the answer.",
    &ACCEPTANCE,
    r#"{"status":"accepted"}"#,
);
const WITH_LINK: Operation = Operation {
    tag: TAG,
    request: SentLink::TAKEN,
    problems: problems![INVALID_LINK],
    ..PLAIN
};

operations! { TAG;
    SEND_AGAIN = "send_verification", "Send the link that proves my address again" {
        description: "To the address that the account waits for (pending_email), else to its own, as long as that is not proved. The link works once, for 24 hours; those sent before go on working. An address gets a few mails an hour.",
        response: ACCEPTED,
        problems: problems![NOT_FOUND],
    }

    VERIFY = "verify_email", "Prove an address by the link in a mail" ..WITH_LINK {
        description: "No login is needed: whoever has the link reads what is sent there. An account that has the address without having proved it loses it; one that has proved it keeps it, and the link does not work. An account that moves to the address has it from now on, and its old address is sent a link that undoes it.",
        response: Answer::done("The address is proved."),
    }

    UNDO = "undo_email_change", "Restore my previous address" ..WITH_LINK {
        description: "By the link that the old address was sent, for 7 days. Ends all logins, revokes all API keys and makes the password worthless: a link to choose a new one is sent to the address that is back. The second factor stays.",
        response: Answer::done("The address is back."),
    }
}
