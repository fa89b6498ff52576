//! An account as administrators see it, and what they may change of it.

use serde_json::{Value, json};

use crate::accounts::account::model::{
    DISPLAY_NAME, Details, EMAIL, EMAIL_VERIFIED_FIELD, PENDING_EMAIL_FIELD,
};
use crate::auth::audit::Action;
use crate::auth::model::{AccountRole, TIME};
use crate::http::object;
use crate::http::schema::{Schema, Text};
use crate::http::{FieldError, Problem};

const ROLE: Schema = Schema::Choice(AccountRole::WORDS);

/// An account as administrators see it.
pub const ACCOUNT: Schema = object! { "Account":
    required id: Text::formatted(31, 31, "typeid"), "TypeID with the prefix user.";
    required email: EMAIL, "As its owner wrote it.";
    ..EMAIL_VERIFIED_FIELD;
    ..PENDING_EMAIL_FIELD;
    required display_name: DISPLAY_NAME, "What others see.";
    required role: ROLE, "What the account is on this instance.";
    required created_at: TIME, "RFC 3339, UTC.";
    required updated_at: TIME, "RFC 3339, UTC.";
    required disabled: Schema::Boolean, "Whether it may not log in.";
    required password_disabled: Schema::Boolean,
        "Whether too many wrong guesses have disabled its password.";
    required two_factor: Schema::Boolean, "Whether it has a second factor.";
    required sessions: Schema::integer(0, 9_007_199_254_740_991), "Logins that can go on.";
};

/// The target of the merge patch of PATCH /admin/users/{id}.
pub const ACCOUNT_INPUT: Schema = object! { "AccountInput":
    required role: ROLE, "user or administrator.";
    required disabled: Schema::Boolean,
        "true ends all logins and keeps passwords and API keys out; false lets them in again.";
    required password_disabled: Schema::Boolean,
        "false lets the password count again; only wrong guesses make it true.";
};

/// The account as administrators see it ([`ACCOUNT`]).
pub fn document(details: &Details) -> Value {
    let mut document = details.user.document();
    document["disabled"] = details.disabled_at.is_some().into();
    document["password_disabled"] = details.password_disabled_at.is_some().into();
    document["two_factor"] = details.has_two_factor.into();
    document["sessions"] = details.live_sessions.into();
    document
}

/// Strong entity tag over all that is shown, since sessions change without a new version.
pub fn etag(details: &Details) -> String {
    format!(
        "\"{}.{}.{}{}\"",
        details.user.version,
        details.live_sessions,
        u8::from(details.has_two_factor),
        u8::from(details.password_disabled_at.is_some()),
    )
}

/// The document that a merge patch applies to.
pub fn as_input(details: &Details) -> Value {
    json!({
        "role": details.user.role.as_str(),
        "disabled": details.disabled_at.is_some(),
        "password_disabled": details.password_disabled_at.is_some(),
    })
}

/// The difference between an account and the result of a patch.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UserPatch {
    pub role: Option<AccountRole>,
    pub disabled: Option<bool>,
    pub enables_password: bool,
}

impl UserPatch {
    /// Takes the result of a patch, checked by [`ACCOUNT_INPUT`]; its mistakes are in `errors`.
    pub fn from_json(
        body: &Value,
        details: &Details,
        mut errors: Vec<FieldError>,
    ) -> Result<Self, Problem> {
        let before = as_input(details);
        let differs = |name: &str| body[name] != before[name];
        if differs("password_disabled") && body["password_disabled"] == true {
            errors.push(FieldError::new(
                "/password_disabled",
                "invalid_choice",
                "Only false can be set; to keep someone out, set disabled.",
            ));
        }
        Problem::check(errors)?;
        let role = body["role"].as_str().filter(|_| differs("role"));
        Ok(Self {
            role: role.map(AccountRole::stored),
            disabled: body["disabled"].as_bool().filter(|_| differs("disabled")),
            enables_password: differs("password_disabled"),
        })
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn actions(&self) -> Vec<(Action, Value)> {
        let mut actions = Vec::new();
        if let Some(role) = self.role {
            actions.push((Action::RoleChanged, json!({ "role": role.as_str() })));
        }
        match self.disabled {
            Some(true) => actions.push((Action::AccountDisabled, Value::Null)),
            Some(false) => actions.push((Action::AccountEnabled, Value::Null)),
            None => {}
        }
        if self.enables_password {
            actions.push((Action::PasswordEnabled, Value::Null));
        }
        actions
    }
}
