//! The caller of a request: roles, scopes, credential.
//! A `Caller` exists only for a checked credential. `permissions` decides what a caller may do.

use http::schema::{Schema, Text};
use kit::ids::{ApiKeyId, SessionId, UserId};
use limits::guard::Principal;

kit::words! {
    /// The role of an account on this instance.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum AccountRole {
        /// Any registered account.
        User = "user",
        /// Granted in the database or by another administrator.
        Administrator = "administrator",
    }
}

impl AccountRole {
    /// Parses a stored role; an unknown one is not an administrator.
    pub fn stored(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::User)
    }
}

kit::words! {
    /// A scope of a token or an API key (RFC 6749, section 3.3), as in the `scope` claim.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Scope {
        /// Read the account.
        AccountRead = "account:read",
        /// Change the account and its security settings.
        AccountWrite = "account:write",
        /// Read private builds.
        BuildsRead = "builds:read",
        /// Create and change builds.
        BuildsWrite = "builds:write",
        /// Read the account's teams.
        TeamsRead = "teams:read",
        /// Create teams, and act in them as the team role allows.
        TeamsWrite = "teams:write",
        /// Read private compositions.
        CompositionsRead = "compositions:read",
        /// Create and change compositions.
        CompositionsWrite = "compositions:write",
        /// Read webhooks and their deliveries.
        WebhooksRead = "webhooks:read",
        /// Create, change and test webhooks.
        WebhooksWrite = "webhooks:write",
        /// Read what administrators may read.
        AdminRead = "admin:read",
        /// Change what administrators may change.
        AdminWrite = "admin:write",
    }
}

impl Scope {
    /// Its bit in a [`Scopes`]; not stored.
    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u16);

impl Scopes {
    /// These scopes.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Parses a `scope` claim; unknown words grant nothing.
    pub fn parse(text: &str) -> Self {
        Self::of(text.split(' ').filter_map(Scope::parse))
    }

    /// Whether the set contains `scope`.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// The scopes of the set, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        let all = Scope::ALL.into_iter();
        all.filter(move |scope| self.contains(*scope))
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

/// The credential of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// An access token of this session.
    Session(SessionId),
    /// This API key.
    ApiKey(ApiKeyId),
}

/// The caller. Made by `tokens` from a valid credential, and by nothing else.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account.
    pub user_id: UserId,
    /// The role of the account when the database was last queried.
    pub role: AccountRole,
    /// The credential.
    pub via: Via,
    /// The scopes of the credential.
    pub scopes: Scopes,
    /// Seconds since 1970: when the user last authenticated, from the access token. `None` for an API
    /// key.
    pub auth_time: Option<i64>,
}

impl Caller {
    /// The session, for an access token.
    pub const fn session_id(&self) -> Option<&SessionId> {
        match &self.via {
            Via::Session(id) => Some(id),
            Via::ApiKey(_) => None,
        }
    }

    /// The API key, for an API key.
    pub const fn api_key_id(&self) -> Option<&ApiKeyId> {
        match &self.via {
            Via::Session(_) => None,
            Via::ApiKey(id) => Some(id),
        }
    }
}

impl<'a> From<&'a Caller> for Principal<'a> {
    fn from(caller: &'a Caller) -> Self {
        match &caller.via {
            Via::Session(_) => Self::User(&caller.user_id),
            Via::ApiKey(id) => Self::ApiKey(id.as_str(), &caller.user_id),
        }
    }
}

/// A point in time.
pub const TIME: Schema = Text::formatted(24, 24, "date-time");
/// A point in time, or null.
pub const OPTIONAL_TIME: Schema = Schema::Nullable(&TIME);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_come_back_and_unknown_words_give_nothing() {
        let all = Scopes::of(Scope::ALL);
        assert_eq!(Scopes::parse(&all.to_string()), all);
        assert_eq!(Scopes::parse("admin builds:readX"), Scopes::default());
        assert!(!Scopes::parse("builds:read").contains(Scope::BuildsWrite));
    }

    #[test]
    fn roles_come_back_and_unknown_words_are_users() {
        for role in AccountRole::ALL {
            assert_eq!(AccountRole::stored(role.as_str()), role);
        }
        assert_eq!(AccountRole::stored("Administrator"), AccountRole::User);
    }
}
