//! Who is calling, and with what: roles, scopes, callers.
//! Promises that a `Caller` stands for a checked credential.
//! Leaves what a caller may do to `permissions`, accounts to `accounts`, logins to `sessions`.

use crate::http::schema::{Schema, Text};
use crate::ids::{ApiKeyId, SessionId, UserId};
use crate::limits::guard::Principal;

/// What an account is on this instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Anyone who has registered.
    User,
    /// Named by whoever has access to the database, or by another administrator.
    Administrator,
}

impl Role {
    /// The words of the API and of the database.
    pub const WORDS: &'static [&'static str] = &["user", "administrator"];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    /// Reads a word; what it does not know is no administrator.
    pub fn parse(text: &str) -> Self {
        if text == Self::Administrator.as_str() {
            Self::Administrator
        } else {
            Self::User
        }
    }
}

/// What a token or an API key allows (RFC 6749, section 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// See one's account.
    AccountRead,
    /// Change one's account and what guards it.
    AccountWrite,
    /// See builds that are not public.
    BuildsRead,
    /// Make and change builds.
    BuildsWrite,
    /// See one's teams.
    TeamsRead,
    /// Make teams, and do in them what one's role allows.
    TeamsWrite,
    /// See compositions that are not public.
    CompositionsRead,
    /// Make and change compositions.
    CompositionsWrite,
    /// See webhooks and what was sent to them.
    WebhooksRead,
    /// Make, change and test webhooks.
    WebhooksWrite,
    /// See what administrators see.
    AdminRead,
    /// Do what administrators do.
    AdminWrite,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::AccountRead,
        Self::AccountWrite,
        Self::BuildsRead,
        Self::BuildsWrite,
        Self::TeamsRead,
        Self::TeamsWrite,
        Self::CompositionsRead,
        Self::CompositionsWrite,
        Self::WebhooksRead,
        Self::WebhooksWrite,
        Self::AdminRead,
        Self::AdminWrite,
    ];

    /// The word in the `scope` claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountRead => "account:read",
            Self::AccountWrite => "account:write",
            Self::BuildsRead => "builds:read",
            Self::BuildsWrite => "builds:write",
            Self::TeamsRead => "teams:read",
            Self::TeamsWrite => "teams:write",
            Self::CompositionsRead => "compositions:read",
            Self::CompositionsWrite => "compositions:write",
            Self::WebhooksRead => "webhooks:read",
            Self::WebhooksWrite => "webhooks:write",
            Self::AdminRead => "admin:read",
            Self::AdminWrite => "admin:write",
        }
    }

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
        let known = |word: &str| Scope::ALL.into_iter().find(|scope| scope.as_str() == word);
        Self::of(text.split(' ').filter_map(known))
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
    pub role: Role,
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
        for role in [Role::User, Role::Administrator] {
            assert_eq!(Role::parse(role.as_str()), role);
        }
        assert_eq!(Role::parse("Administrator"), Role::User);
    }
}
