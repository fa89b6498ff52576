//! What a caller may do: one table, and a type that proves it.
//! Promises that a function which takes a `Permit` cannot be called for a caller without that
//! permission. Leaves whose a thing is to the feature that keeps it.

use std::marker::PhantomData;

use crate::ids::UserId;

use super::model::{Caller, Role, Scope, Scopes, Via};

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The scope that the credential must have.
    pub scope: Scope,
    /// The role that the account must have.
    pub role: Role,
    /// Whether an API key will do.
    pub takes_api_keys: bool,
}

/// A permission as a type.
pub trait Permission {
    /// Its row.
    const RULE: Rule;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident $scope:ident $role:ident $takes_api_keys:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Permission for $name {
                const RULE: Rule = Rule {
                    scope: Scope::$scope,
                    role: Role::$role,
                    takes_api_keys: $takes_api_keys,
                };
            }
        )*

        /// The whole table.
        pub const ALL: &[Rule] = &[$($name::RULE,)*];
    };
}

permissions! {
    /// See one's profile.
    ReadAccount   AccountRead  User          true;
    /// Change one's profile, password, second factor, API keys and logins; take one's data along.
    ManageAccount AccountWrite User          false;
    /// See builds that are not public.
    ReadBuilds    BuildsRead   User          true;
    /// Make builds, and change one's own.
    WriteBuilds   BuildsWrite  User          true;
    /// See one's teams, and what they show their members.
    ReadTeams     TeamsRead    User          true;
    /// Make teams, and do in them what one's role there allows.
    WriteTeams    TeamsWrite   User          true;
    /// See compositions that are not public.
    ReadCompositions CompositionsRead User   true;
    /// Make compositions, and change one's own and those of one's teams.
    WriteCompositions CompositionsWrite User true;
    /// See one's webhooks and their deliveries.
    ReadWebhooks  WebhooksRead  User         true;
    /// Make, change and test one's webhooks.
    WriteWebhooks WebhooksWrite User         true;
    /// See signing keys, audit log and accounts.
    ReadAdmin     AdminRead    Administrator false;
    /// Rotate signing keys, change accounts.
    WriteAdmin    AdminWrite   Administrator false;
}

impl Rule {
    /// Whether `caller` passes.
    pub fn admits(&self, caller: &Caller) -> bool {
        let has_role = self.role == Role::User || caller.role == self.role;
        let has_credential = self.takes_api_keys || matches!(caller.via, Via::Session(_));
        caller.scopes.contains(self.scope) && has_role && has_credential
    }
}

/// The scopes that a login of an account with this role gives.
pub fn scopes_of(role: Role) -> Scopes {
    let admits = |rule: &&Rule| rule.role == Role::User || rule.role == role;
    Scopes::of(ALL.iter().filter(admits).map(|rule| rule.scope))
}

/// The scopes that an API key can have.
pub fn scopes_for_api_keys() -> Scopes {
    let takes = ALL.iter().filter(|rule| rule.takes_api_keys);
    Scopes::of(takes.map(|rule| rule.scope))
}

/// Proof that the caller of this request has the permission `P`.
pub struct Permit<'a, P> {
    caller: &'a Caller,
    permission: PhantomData<P>,
}

impl<'a, P: Permission> Permit<'a, P> {
    /// Asks the table.
    pub fn of(caller: &'a Caller) -> Option<Self> {
        P::RULE.admits(caller).then_some(Self {
            caller,
            permission: PhantomData,
        })
    }

    /// Who has it.
    pub const fn caller(&self) -> &'a Caller {
        self.caller
    }

    /// Whose account it is.
    pub const fn user_id(&self) -> &'a UserId {
        &self.caller.user_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ApiKeyId, SessionId};
    use crate::platform::native::TestPlatform;

    #[test]
    fn who_may_do_what() {
        let (platform, _) = TestPlatform::new();
        let caller = |role, via: &Via, scopes| Caller {
            user_id: UserId::fresh(&platform),
            role,
            via: via.clone(),
            scopes,
        };
        let session = Via::Session(SessionId::fresh(&platform));
        let key = Via::ApiKey(ApiKeyId::fresh(&platform));
        for rule in ALL {
            let own = Scopes::of([rule.scope]);
            let others = Scopes::of(Scope::ALL.into_iter().filter(|s| *s != rule.scope));
            let is_for_users = rule.role == Role::User;
            for (role, via, scopes, expected) in [
                (Role::Administrator, &session, own, true),
                (Role::Administrator, &session, others, false),
                (Role::User, &session, own, is_for_users),
                (Role::User, &key, own, is_for_users && rule.takes_api_keys),
                (Role::Administrator, &key, own, rule.takes_api_keys),
            ] {
                let caller = caller(role, via, scopes);
                assert_eq!(rule.admits(&caller), expected, "{rule:?} {caller:?}");
            }
        }
    }

    #[test]
    fn no_api_key_changes_an_account_or_administrates() {
        let scopes = scopes_for_api_keys();
        for scope in [Scope::AccountWrite, Scope::AdminRead, Scope::AdminWrite] {
            assert!(!scopes.contains(scope), "{scope:?}");
        }
        assert_eq!(scopes_of(Role::Administrator), Scopes::of(Scope::ALL));
        assert!(!scopes_of(Role::User).contains(Scope::AdminRead));
    }
}
