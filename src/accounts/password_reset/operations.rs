//! The calls for password reset: documentation and schemas.

use crate::accounts::account::model::{ANY_PASSWORD, EMAIL};
use crate::accounts::email::operations::ACCEPTED;
use crate::accounts::links::{ABOUT_TOKEN, TOKEN};
use crate::http::body::Body;
use crate::http::operation::Answer;
use crate::http::schema::Schema;
use crate::http::{body, operations, problems};

const TAG: &str = "Identity";
body! {
    /// Body of POST /auth/password-reset.
    pub struct ResetRequest = "PasswordResetRequest", r#"{"email":"commander@guild.gg"}"# {
        required email: String = EMAIL, "The account's address; case does not matter.";
    }
}
body! {
    /// A new password, and the link that authorizes it.
    pub struct PasswordReset = "PasswordReset", r#"{"token":"wvwl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","new_password":"four other words here"}"# {
        required token: String = TOKEN, ABOUT_TOKEN;
        required new_password: String = ANY_PASSWORD, "By the same rules as at registration.";
        optional revoke_api_keys: bool = Schema::Boolean,
            "Whether API keys end too; they stay unless this is true.";
    }
}

operations! { TAG;
    REQUEST = "request_password_reset", "Send a link to reset the password" {
        description: "The answer is the same for every address, and takes the same time: whether it has an account is looked up afterwards. A link goes to an address that an account has proved (see verify_email), and works once, for an hour. Limited by network, by address and by account.",
        request: ResetRequest::TAKEN,
        response: ACCEPTED,
    }

    CONFIRM = "confirm_password_reset", "Choose a new password by the link in a mail" {
        description: "Ends all logins and other links of the kind. API keys stay unless revoke_api_keys is true. A second factor that is on stays on: the next login asks for it, or for a recovery code. A password that is refused leaves the link as it is.",
        request: PasswordReset::TAKEN,
        response: Answer::done("The password is the new one. Log in next."),
        problems: problems![INVALID_LINK],
    }
}
