//! The call that ends everything, as it is documented and checked.

use crate::http::operation::Answer;
use crate::http::operations;

use super::model::ENDED;

operations! { "Identity";
    END = "end_everything", "End my sessions, API keys, webhooks and links" {
        description: "At once: all my logins, the one that asks too; all my API keys; all my webhooks (disabled, so that what they were set to can be looked at; nothing is sent until one is enabled again); all links and open invitations that I have made. Then log in again and change the password, if someone else may know it. The password, the second factor, memberships, builds and compositions stay as they are.",
        response: Answer::ok(
            "How much was ended.",
            &ENDED,
            r#"{"sessions":3,"api_keys":1,"webhooks":2,"share_links":4,"invitations":1}"#,
        ),
    }
}
