//! Schemas of reauthentication. The code of a second factor is a member of its own.

use crate::accounts::account::model::ANY_PASSWORD;
use crate::accounts::sessions::model::SECONDS;
use crate::accounts::two_factor::model::CODE;
use crate::http::schema::{Schema, Text};
use crate::http::{body, object};

/// Of the member for the code of a second factor, where there may be none.
pub const ABOUT_OPTIONAL_CODE: &str =
    "Where there is a second factor: six digits of the authenticator app, or a recovery code.";

body! {
    /// Body of POST /auth/reauthenticate.
    pub struct Reauthentication = "Reauthentication", r#"{"password":"four words in a row"}"# {
        required password: String = ANY_PASSWORD, "The account's password.";
        optional code: Option<String> = CODE, ABOUT_OPTIONAL_CODE;
    }
}

/// Answer of POST /auth/reauthenticate.
pub const ACCESS_TOKEN: Schema = object! { "AccessToken":
    required access_token: Text::of(1, 4096), "JWT (RFC 9068), EdDSA.";
    required token_type: Schema::Choice(&["Bearer"]), "RFC 6750.";
    required expires_in: SECONDS, "Seconds until access_token ends.";
};
