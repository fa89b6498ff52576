//! Accounts as values: validated inputs, scopes, and the caller of a request.
//! Promises that a `Registration` in hand has passed every rule but the database's.
//! Leaves hashing to `password` and storage to `store`.

use serde_json::{Value, json};

use crate::http::problem::FieldError;
use crate::http::schema::{Field, Schema, Text};
use crate::ids::{SessionId, UserId};
use crate::platform::Unicode;
use crate::telemetry::rfc3339;

use super::password::{self, Password};

/// What a token allows (RFC 6749, section 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// See one's account.
    AccountRead,
    /// See builds that are not public.
    BuildsRead,
    /// Make and change builds.
    BuildsWrite,
}

impl Scope {
    /// All of them: what a login gives.
    pub const ALL: [Self; 3] = [Self::AccountRead, Self::BuildsRead, Self::BuildsWrite];

    /// The word in the `scope` claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountRead => "account:read",
            Self::BuildsRead => "builds:read",
            Self::BuildsWrite => "builds:write",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// All scopes.
    pub fn all() -> Self {
        Self(Scope::ALL.iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Reads a `scope` claim; words it does not know give nothing.
    pub fn parse(text: &str) -> Self {
        let mut bits = 0;
        for word in text.split(' ') {
            if let Some(scope) = Scope::ALL.iter().find(|scope| scope.as_str() == word) {
                bits |= scope.bit();
            }
        }
        Self(bits)
    }

    /// Whether `scope` is in it.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = Scope::ALL
            .into_iter()
            .filter(|scope| self.contains(*scope))
            .map(Scope::as_str)
            .collect();
        f.write_str(&words.join(" "))
    }
}

/// Who is calling. Made by `tokens` from a valid access token, and by nothing else.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account.
    pub user_id: UserId,
    /// The login that the token came from.
    pub session_id: SessionId,
    /// What the token allows.
    pub scopes: Scopes,
}

/// Most bytes of an address (RFC 5321, section 4.5.3.1.3).
const EMAIL_MAX: usize = 254;
/// Most bytes before the `@` (RFC 5321, section 4.5.3.1.1).
const LOCAL_MAX: usize = 64;
/// Most bytes between two dots of a domain (RFC 1035, section 2.3.4).
const LABEL_MAX: usize = 63;

const EMAIL: Schema = Schema::Text(Text {
    min: 3,
    max: EMAIL_MAX,
    // Addresses may be international (RFC 6531); no JSON Schema format says just what we take.
    format: "",
    pattern: "^[^\\s@\\u0000-\\u001F\\u007F-\\u009F\"(),:;<>\\[\\\\\\]]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$",
    matches: is_email,
});
const DISPLAY_NAME_MAX: usize = 50;
const DISPLAY_NAME: Schema = Text::line(1, DISPLAY_NAME_MAX);
/// Its length is judged by `password`, in code points after NFC; 422 there, never a cut.
const ANY_PASSWORD: Schema = Text::of(0, usize::MAX);

/// Body of POST /auth/register.
pub const REGISTRATION: Schema = Schema::Named(
    "Registration",
    &Schema::Object(&[
        Field::required(
            "email",
            &EMAIL,
            "Address to log in with; case does not matter.",
        ),
        Field::required(
            "password",
            &ANY_PASSWORD,
            "At least 15 characters (code points) and at most 256, of any kind; at most 1024 bytes. Common passwords, and the address or name, are refused.",
        ),
        Field::required("display_name", &DISPLAY_NAME, "What others see, one line."),
    ]),
);

/// Body of POST /auth/login.
pub const LOGIN: Schema = Schema::Named(
    "Login",
    &Schema::Object(&[
        Field::required("email", &Text::of(0, 1024), "The account's address."),
        Field::required("password", &ANY_PASSWORD, "The account's password."),
    ]),
);

/// An account as its owner sees it.
pub const USER: Schema = Schema::Named(
    "User",
    &Schema::Object(&[
        Field::required(
            "id",
            &Text::formatted(31, 31, "typeid"),
            "TypeID with the prefix user.",
        ),
        Field::required("email", &EMAIL, "As it was written at registration."),
        Field::required("display_name", &DISPLAY_NAME, "What others see."),
        Field::required("created_at", &TIME, "RFC 3339, UTC."),
        Field::required("updated_at", &TIME, "RFC 3339, UTC."),
    ]),
);

/// A point in time.
pub const TIME: Schema = Text::formatted(24, 24, "date-time");

/// Answer of POST /auth/login.
pub const TOKENS: Schema = Schema::Named(
    "Tokens",
    &Schema::Object(&[
        Field::required("access_token", &Text::of(1, 4096), "JWT (RFC 9068), EdDSA."),
        Field::required("token_type", &Schema::Choice(&["Bearer"]), "RFC 6750."),
        Field::required("expires_in", &SECONDS, "Seconds until access_token ends."),
        Field::required(
            "refresh_token",
            &Text::of(1, 128),
            "256 random bits; keep it secret.",
        ),
        Field::required(
            "refresh_expires_in",
            &SECONDS,
            "Seconds until refresh_token ends unused.",
        ),
    ]),
);

const SECONDS: Schema = Schema::Integer {
    min: 1,
    max: 31_536_000,
};

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let bad = |c: char| c.is_control() || c.is_whitespace() || "@\"(),:;<>[\\]".contains(c);
    let labels: Vec<&str> = domain.split('.').collect();
    text.len() <= EMAIL_MAX
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

/// What makes an address the same address: NFC, lower case.
pub fn email_key(unicode: &dyn Unicode, email: &str) -> String {
    unicode.nfc(email).to_lowercase()
}

/// A registration that has passed every rule but the database's.
#[derive(Debug)]
pub struct Registration {
    /// As written.
    pub email: String,
    /// For comparing.
    pub email_key: String,
    /// What others see.
    pub display_name: String,
    /// In NFC, within bounds, not a common one.
    pub password: Password,
}

impl Registration {
    /// Takes a body that [`REGISTRATION`] has checked (its own mistakes are in `errors`) and adds
    /// the mistakes that only the whole shows.
    pub fn from_json(
        body: &Value,
        unicode: &dyn Unicode,
        password_min_length: usize,
        mut errors: Vec<FieldError>,
    ) -> Result<Self, Vec<FieldError>> {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let display_name = unicode.nfc(text("display_name").trim());
        if display_name.is_empty() && !text("display_name").is_empty() {
            errors.push(FieldError::new(
                "/display_name",
                "invalid_length",
                "Must not be blank.",
            ));
        }
        let sent_length = text("display_name").chars().count();
        if display_name.chars().count() > DISPLAY_NAME_MAX && sent_length <= DISPLAY_NAME_MAX {
            errors.push(FieldError::new(
                "/display_name",
                "invalid_length",
                "Is too long in Normalization Form C: some characters become several.",
            ));
        }
        let password = Password::new(unicode, text("password"));
        if body["password"].is_string() {
            let personal = [text("email"), display_name.as_str()];
            let refusal = password::check(&password, password_min_length, &personal);
            errors.extend(
                refusal.err().map(|refusal| {
                    FieldError::new("/password", refusal.code(), refusal.to_string())
                }),
            );
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            email: text("email").to_owned(),
            email_key: email_key(unicode, text("email")),
            display_name,
            password,
        })
    }
}

/// An account.
#[derive(Debug, Clone)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// As written.
    pub email: String,
    /// What others see.
    pub display_name: String,
    /// Moves with each change.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

impl User {
    /// As its owner sees it ([`USER`]).
    pub fn document(&self) -> Value {
        json!({
            "id": self.id.as_str(),
            "email": self.email,
            "display_name": self.display_name,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("a@b.gg", true),
            ("a.b+c@sub.b.gg", true),
            ("ä@b.gg", true),
            ("a@b", false),
            ("@b.gg", false),
            ("a@", false),
            ("a@@b.gg", false),
            ("a b@b.gg", false),
            (".a@b.gg", false),
            ("a..b@b.gg", false),
            ("a@b..gg", false),
            ("a@-b.gg", false),
            ("a@b-.gg", false),
            ("a@b-c.gg", true),
            ("a@b.gg\r\n", false),
            ("a\u{0}@b.gg", false),
            ("a@bä.gg", false),
            (&format!("{}@b.gg", "a".repeat(65)), false),
        ] {
            assert_eq!(is_email(text), expected, "{text:?}");
        }
    }

    #[test]
    fn scopes_come_back_and_unknown_words_give_nothing() {
        assert_eq!(Scopes::parse(&Scopes::all().to_string()), Scopes::all());
        assert_eq!(Scopes::parse("admin builds:readX"), Scopes::default());
        assert!(!Scopes::parse("builds:read").contains(Scope::BuildsWrite));
    }
}
