//! What mails say, as values. Each kind is stored under a name of its own, whatever the types are called.

use serde_json::{Value, json};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What a mail says. `token` is that of a link. Nothing in the mails that anyone may have sent to an
/// address comes from whoever asked for them: they are no way to send one's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailContent {
    /// Prove that this address is yours.
    Verify {
        /// Proves it.
        token: String,
    },
    /// Someone has registered with this address, which has an account.
    AlreadyRegistered,
    /// Someone has forgotten the password of this address: whether it has an account is looked up
    /// after the answer, which so takes the same time for every address.
    ResetRequested,
    /// Choose a new password.
    Reset {
        /// Lets one choose it.
        token: String,
    },
    /// A login from a device that was not known.
    NewDevice {
        /// When, in milliseconds since 1970.
        at: i64,
        /// What the client said of itself.
        user_agent: Option<String>,
    },
    /// The account has another address now.
    AddressChanged {
        /// Puts the old one back.
        token: String,
    },
    /// The password is another one.
    PasswordChanged {
        /// When, in milliseconds since 1970.
        at: i64,
    },
    /// The account has a second factor.
    FactorAdded {
        /// Asks for its removal.
        token: String,
    },
    /// The second factor will be taken away.
    FactorRemovalBegun {
        /// When, in milliseconds since 1970.
        due_at: i64,
    },
    /// Nothing will be taken away.
    FactorRemovalStopped,
    /// The account has no second factor any more.
    FactorRemoved {
        /// When, in milliseconds since 1970.
        at: i64,
    },
    /// An API key was made.
    ApiKeyMade {
        /// What its maker calls it.
        name: String,
        /// What it allows.
        scopes: String,
    },
}

impl MailContent {
    /// What is stored, sealed.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Verify { token } => json!({ "kind": "verify", "token": token }),
            Self::AlreadyRegistered => json!({ "kind": "already_registered" }),
            Self::ResetRequested => json!({ "kind": "reset_requested" }),
            Self::Reset { token } => json!({ "kind": "reset", "token": token }),
            Self::NewDevice { at, user_agent } => {
                json!({ "kind": "new_device", "at": at, "user_agent": user_agent })
            }
            Self::AddressChanged { token } => json!({ "kind": "address_changed", "token": token }),
            Self::PasswordChanged { at } => json!({ "kind": "password_changed", "at": at }),
            Self::FactorAdded { token } => json!({ "kind": "factor_added", "token": token }),
            Self::FactorRemovalBegun { due_at } => {
                json!({ "kind": "factor_removal_begun", "due_at": due_at })
            }
            Self::FactorRemovalStopped => json!({ "kind": "factor_removal_stopped" }),
            Self::FactorRemoved { at } => json!({ "kind": "factor_removed", "at": at }),
            Self::ApiKeyMade { name, scopes } => {
                json!({ "kind": "api_key_made", "name": name, "scopes": scopes })
            }
        }
    }

    /// Reads what [`Self::to_json`] writes.
    pub fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let number = |name: &str| value[name].as_i64();
        let token = text("token");
        Some(match value["kind"].as_str()? {
            "verify" => Self::Verify { token: token? },
            "already_registered" => Self::AlreadyRegistered,
            "reset_requested" => Self::ResetRequested,
            "reset" => Self::Reset { token: token? },
            "new_device" => Self::NewDevice {
                at: number("at")?,
                user_agent: text("user_agent"),
            },
            "address_changed" => Self::AddressChanged { token: token? },
            "password_changed" => Self::PasswordChanged { at: number("at")? },
            "factor_added" => Self::FactorAdded { token: token? },
            "factor_removal_begun" => Self::FactorRemovalBegun {
                due_at: number("due_at")?,
            },
            "factor_removal_stopped" => Self::FactorRemovalStopped,
            "factor_removed" => Self::FactorRemoved { at: number("at")? },
            "api_key_made" => Self::ApiKeyMade {
                name: text("name")?,
                scopes: text("scopes")?,
            },
            _ => return None,
        })
    }

    /// Whether anyone can have it sent to anyone's address.
    pub const fn is_by_anyone(&self) -> bool {
        matches!(
            self,
            Self::Verify { .. }
                | Self::AlreadyRegistered
                | Self::ResetRequested
                | Self::Reset { .. }
        )
    }

    /// How long it says something of use, in milliseconds: no longer than its link works.
    pub const fn life_ms(&self) -> i64 {
        match self {
            Self::ResetRequested | Self::Reset { .. } => HOUR_MS,
            Self::Verify { .. } | Self::AlreadyRegistered => DAY_MS,
            _ => 3 * DAY_MS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_stays_readable() {
        let token = || "t".to_owned();
        for (text, content) in [
            (
                r#"{"kind":"already_registered"}"#,
                MailContent::AlreadyRegistered,
            ),
            (
                r#"{"kind":"verify","token":"t"}"#,
                MailContent::Verify { token: token() },
            ),
            (
                r#"{"kind":"new_device","at":1,"user_agent":null}"#,
                MailContent::NewDevice {
                    at: 1,
                    user_agent: None,
                },
            ),
            (r#"{"kind":"reset_requested"}"#, MailContent::ResetRequested),
            (
                r#"{"kind":"reset","token":"t"}"#,
                MailContent::Reset { token: token() },
            ),
            (
                r#"{"kind":"address_changed","token":"t"}"#,
                MailContent::AddressChanged { token: token() },
            ),
            (
                r#"{"kind":"password_changed","at":1}"#,
                MailContent::PasswordChanged { at: 1 },
            ),
            (
                r#"{"kind":"factor_added","token":"t"}"#,
                MailContent::FactorAdded { token: token() },
            ),
            (
                r#"{"kind":"factor_removal_begun","due_at":2}"#,
                MailContent::FactorRemovalBegun { due_at: 2 },
            ),
            (
                r#"{"kind":"factor_removal_stopped"}"#,
                MailContent::FactorRemovalStopped,
            ),
            (
                r#"{"kind":"factor_removed","at":1}"#,
                MailContent::FactorRemoved { at: 1 },
            ),
            (
                r#"{"kind":"api_key_made","name":"n","scopes":"s"}"#,
                MailContent::ApiKeyMade {
                    name: "n".into(),
                    scopes: "s".into(),
                },
            ),
        ] {
            assert_eq!(content.to_json().to_string(), text);
            let value = serde_json::from_str(text).unwrap();
            assert_eq!(MailContent::from_json(&value), Some(content));
        }
    }
}
