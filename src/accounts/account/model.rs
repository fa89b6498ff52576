//! Accounts as values: validated inputs and the account itself.

use kit::time::rfc3339;
use serde_json::{Value, json};

use crate::accounts::reauthentication::model::ABOUT_OPTIONAL_CODE;
use crate::accounts::two_factor::model::CODE;
use crate::auth::model::{AccountRole, TIME};
use crate::http::problem::has_mistake;
use crate::http::schema::{Field, Schema, Text};
use crate::http::{FieldError, Problem, body, object};
use crate::ids::UserId;
use crate::password::{self, Password, PasswordError};
use crate::platform::Unicode;
use crate::text::names::NameKind;

/// Most bytes of an address (RFC 5321, section 4.5.3.1.3).
const EMAIL_MAX: usize = 254;
/// Most bytes before the `@` (RFC 5321, section 4.5.3.1.1).
const LOCAL_MAX: usize = 64;
/// Most bytes between two dots of a domain (RFC 1035, section 2.3.4).
const LABEL_MAX: usize = 63;

pub const EMAIL: Schema = Schema::Shown(
    NameKind::Address,
    Text {
        min: 3,
        max: EMAIL_MAX,
        // Addresses may be international (RFC 6531); no JSON Schema format says just what we take.
        format: "",
        pattern: "^[^\\s@\\u0000-\\u001F\\u007F-\\u009F\"(),:;<>\\[\\\\\\]]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$",
        matches: is_email,
    },
);
const DISPLAY_NAME_MAX: usize = 50;
/// One line, shown to others.
pub const DISPLAY_NAME: Schema = Text::party(1, DISPLAY_NAME_MAX);
/// Its length is judged by `password`, in code points after NFC; 422 there, never a cut.
pub const ANY_PASSWORD: Schema = Text::of(0, usize::MAX);

body! {
    /// Body of POST /auth/register.
    pub struct NewAccount = "Registration", r#"{"email":"commander@guild.gg","password":"four words in a row","display_name":"Commander"}"# {
        required email: String = EMAIL, "Address to log in with; case does not matter.";
        required password: Option<String> = ANY_PASSWORD,
            "At least 15 characters (code points) and at most 256, of any kind; at most 1024 bytes. Common passwords, the address or name, and where the instance asks for them breached passwords, are refused.";
        required display_name: String = DISPLAY_NAME, "What others see, one line.";
    }
}

body! {
    /// What PATCH /users/me leads to.
    pub struct ProfileInput = "ProfileInput" {
        required email: String = EMAIL,
            "Address to log in with; changing it needs current_password, and takes effect when the new one is proved.";
        required display_name: String = DISPLAY_NAME, "What others see, one line.";
        optional current_password: Option<String> = ANY_PASSWORD,
            "The account's password: asked for when email changes, and only then.";
        optional code: Option<String> = CODE, ABOUT_OPTIONAL_CODE;
    }
}

/// An account as its owner sees it.
pub const USER: Schema = object! { "User":
    required id: Text::formatted(31, 31, "typeid"), "TypeID with the prefix user.";
    required email: EMAIL, "Address to log in with, as it was written.";
    ..EMAIL_VERIFIED_FIELD;
    ..PENDING_EMAIL_FIELD;
    required display_name: DISPLAY_NAME, "What others see.";
    required role: Schema::Choice(AccountRole::WORDS), "What the account is on this instance.";
    required created_at: TIME, "RFC 3339, UTC.";
    required updated_at: TIME, "RFC 3339, UTC.";
};

/// Whether the address is proved.
pub const EMAIL_VERIFIED_FIELD: Field = Field::required(
    "email_verified",
    &Schema::Boolean,
    "Whether its owner has shown, by the link in a mail, that it is theirs.",
);
/// The address that is to be.
pub const PENDING_EMAIL_FIELD: Field = Field::required(
    "pending_email",
    &Schema::Nullable(&EMAIL),
    "Takes the place of email once the link that was sent there is used.",
);

/// The domain of stand-ins for addresses that someone else has proved. Nobody registers there (RFC 2606).
pub const NOWHERE: &str = "unproved.invalid";

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let bad = |c: char| c.is_control() || c.is_whitespace() || "@\"(),:;<>[\\]".contains(c);
    let labels: Vec<&str> = domain.split('.').collect();
    text.len() <= EMAIL_MAX
        && !domain.eq_ignore_ascii_case(NOWHERE)
        && (1..=LOCAL_MAX).contains(&local.len())
        && local.split('.').all(|atom| !atom.is_empty())
        && !local.contains(bad)
        && labels.len() > 1
        && labels.iter().all(|label| {
            (1..=LABEL_MAX).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

/// The form in which addresses are compared: NFC, lower case.
pub fn email_key(unicode: &dyn Unicode, email: &str) -> String {
    unicode.nfc(email).to_lowercase()
}

/// The mistake of a password at `pointer`.
pub fn refused(pointer: &str, refusal: PasswordError) -> FieldError {
    FieldError::new(pointer, refusal.code(), refusal.to_string())
}

/// A registration that has passed every check except those of the database.
#[derive(Debug)]
pub struct Registration {
    /// As entered.
    pub email: String,
    /// For comparing.
    pub email_key: String,
    pub display_name: String,
    /// In NFC, within bounds, and not a common password.
    pub password: Password,
}

impl Registration {
    /// Adds the mistakes that only the whole shows to those of the checked body, `errors`.
    pub fn of(
        given: NewAccount,
        unicode: &dyn Unicode,
        password_min_length: usize,
        mut errors: Vec<FieldError>,
    ) -> Result<Self, Problem> {
        let password = Password::new(unicode, given.password.as_deref().unwrap_or_default());
        if given.password.is_some() {
            let personal = [given.email.as_str(), &given.display_name];
            let refusal = password::check(&password, password_min_length, &personal);
            errors.extend(refusal.err().map(|refusal| refused("/password", refusal)));
        }
        Problem::check(errors)?;
        Ok(Self {
            email_key: email_key(unicode, &given.email),
            email: given.email,
            display_name: given.display_name,
            password,
        })
    }
}

/// A changed profile that has passed every check except those of the database.
#[derive(Debug)]
pub struct ProfileChange {
    pub email: String,
    pub email_key: String,
    /// The next address, once it is proved.
    pub pending_email: Option<String>,
    pub display_name: String,
    /// The names of the members that differ from what the account has.
    pub changed: Vec<&'static str>,
}

impl ProfileChange {
    /// Adds the mistakes that only the whole shows to those of the patched profile, `errors`.
    pub fn of(
        given: &ProfileInput,
        user: &User,
        unicode: &dyn Unicode,
        mut errors: Vec<FieldError>,
    ) -> Result<Self, Problem> {
        let ProfileInput {
            email,
            display_name,
            ..
        } = given;
        let mut changed = Vec::new();
        if *display_name != user.display_name {
            changed.push("display_name");
        }
        if *email != user.email {
            changed.push("email");
            if given.current_password.is_none() && !has_mistake(&errors, "/current_password") {
                errors.push(FieldError::new(
                    "/current_password",
                    "required",
                    "The address is what one logs in with: changing it needs the password.",
                ));
            }
        }
        Problem::check(errors)?;
        Ok(Self {
            email: email.clone(),
            email_key: email_key(unicode, email),
            pending_email: None,
            display_name: display_name.clone(),
            changed,
        })
    }

    /// Keeps the present address until the new one is proved.
    pub fn wait_for_proof(&mut self, user: &User, unicode: &dyn Unicode) {
        self.email_key = email_key(unicode, &user.email);
        let wanted = std::mem::replace(&mut self.email, user.email.clone());
        self.pending_email = Some(wanted);
    }

    /// Whether it changes the address used at login.
    pub fn changes_email(&self) -> bool {
        self.changed.contains(&"email")
    }
}

#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    pub email: String,
    /// When the address was proved.
    pub email_verified_at: Option<i64>,
    /// The next address, once it is proved.
    pub pending_email: Option<String>,
    pub display_name: String,
    pub role: AccountRole,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

impl User {
    pub fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    /// The target of a merge patch (RFC 7396).
    pub fn as_input(&self) -> Value {
        json!({ "email": self.email, "display_name": self.display_name })
    }

    /// As its owner sees it ([`USER`]).
    pub fn document(&self) -> Value {
        json!({
            "id": self.id.as_str(),
            "email": self.email,
            "email_verified": self.email_verified_at.is_some(),
            "pending_email": self.pending_email,
            "display_name": self.display_name,
            "role": self.role.as_str(),
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
        })
    }
}

/// An account with its state, for administrators and for its owner's export.
#[derive(Debug, Clone)]
pub struct Details {
    pub user: User,
    /// When an administrator disabled it.
    pub disabled_at: Option<i64>,
    pub password_changed_at: i64,
    /// When too many wrong attempts disabled its password.
    pub password_disabled_at: Option<i64>,
    pub has_two_factor: bool,
    pub live_sessions: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for text in "a@b.gg a.b+c@sub.b.gg ä@b.gg a@b-c.gg".split(' ') {
            assert!(is_email(text), "{text}");
        }
        let refused = "a@b|@b.gg|a@|a@@b.gg|a b@b.gg|.a@b.gg|a..b@b.gg|a@b..gg|a@-b.gg|a@b-.gg|\
                       a@b.gg\r\n|a\0@b.gg|a@Unproved.invalid|a@bä.gg";
        let long = format!("{}@b.gg", "a".repeat(65));
        for text in refused.split('|').chain([long.as_str()]) {
            assert!(!is_email(text), "{text:?}");
        }
    }
}
