//! Schemas of reauthentication. The code of a second factor is a member of its own.

use serde_json::Value;

use crate::accounts::account::model::ANY_PASSWORD;
use crate::accounts::sessions::model::SECONDS;
use crate::accounts::two_factor::model::CODE;
use crate::http::object;
use crate::http::schema::{Field, Schema, Text};

/// The member for the code of a second factor.
pub const CODE_FIELD: Field = Field::optional(
    "code",
    &CODE,
    "Where there is a second factor: six digits of the authenticator app, or a recovery code.",
);

/// Body of POST /auth/reauthenticate.
pub const REAUTHENTICATION: Schema = object! { "Reauthentication":
    required password: ANY_PASSWORD, "The account's password.";
    ..CODE_FIELD;
};

/// Answer of POST /auth/reauthenticate.
pub const ACCESS_TOKEN: Schema = object! { "AccessToken":
    required access_token: Text::of(1, 4096), "JWT (RFC 9068), EdDSA.";
    required token_type: Schema::Choice(&["Bearer"]), "RFC 6750.";
    required expires_in: SECONDS, "Seconds until access_token ends.";
};

pub fn read_code(body: &Value) -> Option<&str> {
    body["code"].as_str()
}
