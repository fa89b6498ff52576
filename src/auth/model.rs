//! Who is calling, and with what: roles, scopes, callers.
//! Promises that a `Caller` stands for a checked credential.
//! Leaves what a caller may do to `permissions`, accounts to `accounts`, logins to `sessions`.

use crate::http::schema::{Schema, Text};
use crate::ids::{ApiKeyId, SessionId, UserId};
use crate::limits::guard::Principal;

kit::words! {
    /// What an account is on this instance.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum AccountRole {
        /// Anyone who has registered.
        User = "user",
        /// Named by whoever has access to the database, or by another administrator.
        Administrator = "administrator",
    }
}

impl AccountRole {
    /// Reads a stored word; what it does not know is no administrator.
    pub fn stored(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::User)
    }
}

kit::words! {
    /// What a token or an API key allows (RFC 6749, section 3.3): the word in the `scope` claim.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Scope {
        /// See one's account.
        AccountRead = "account:read",
        /// Change one's account and what guards it.
        AccountWrite = "account:write",
        /// See builds that are not public.
        BuildsRead = "builds:read",
        /// Make and change builds.
        BuildsWrite = "builds:write",
        /// See one's teams.
        TeamsRead = "teams:read",
        /// Make teams, and do in them what one's role allows.
        TeamsWrite = "teams:write",
        /// See compositions that are not public.
        CompositionsRead = "compositions:read",
        /// Make and change compositions.
        CompositionsWrite = "compositions:write",
        /// See webhooks and what was sent to them.
        WebhooksRead = "webhooks:read",
        /// Make, change and test webhooks.
        WebhooksWrite = "webhooks:write",
        /// See what administrators see.
        AdminRead = "admin:read",
        /// Do what administrators do.
        AdminWrite = "admin:write",
    }
}

impl Scope {
    /// Of the set in memory; not stored.
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

    /// Reads a `scope` claim; words it does not know give nothing.
    pub fn parse(text: &str) -> Self {
        Self::of(text.split(' ').filter_map(Scope::parse))
    }

    /// Whether `scope` is in it.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Those in it, in the order of [`Scope::ALL`].
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

/// What a caller has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// An access token of this login.
    Session(SessionId),
    /// This API key.
    ApiKey(ApiKeyId),
}

/// Who is calling. Made by `tokens` from a valid credential, and by nothing else.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account.
    pub user_id: UserId,
    /// What the account is, as of the last look at the database.
    pub role: AccountRole,
    /// Its credential.
    pub via: Via,
    /// What the credential allows.
    pub scopes: Scopes,
    /// Seconds since 1970: when the owner last proved who they are, as the access token says. An API
    /// key says nothing of it.
    pub auth_time: Option<i64>,
}

impl Caller {
    /// The login, when the caller came with an access token.
    pub const fn session_id(&self) -> Option<&SessionId> {
        match &self.via {
            Via::Session(id) => Some(id),
            Via::ApiKey(_) => None,
        }
    }

    /// The API key, when the caller came with one.
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
