//! What a caller may do: one table, and a type that proves a check.
//! A function that takes a `Permit` cannot be called for a caller without that permission. Ownership of
//! a resource is checked by its feature.

use std::marker::PhantomData;

use http::problem::Problem;
use http::problems;
use kit::ids::UserId;

use super::model::{AccountRole, Caller, Scope, Scopes, Via};

/// Maximum age of the authentication that some permissions require, in seconds.
pub const PROOF_SECONDS: i64 = 300;

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The required scope.
    pub scope: Scope,
    /// The required role.
    pub role: AccountRole,
    /// Whether an API key is accepted.
    pub takes_api_keys: bool,
    /// Whether a session must have authenticated within the last [`PROOF_SECONDS`]. An API key is exempt:
    /// creating it took such a proof.
    pub needs_proof: bool,
}

/// A permission as a type.
pub trait Permission {
    /// Its row.
    const RULE: Rule;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident $scope:ident $role:ident $takes_api_keys:literal $needs_proof:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Permission for $name {
                const RULE: Rule = Rule {
                    scope: Scope::$scope,
                    role: AccountRole::$role,
                    takes_api_keys: $takes_api_keys,
                    needs_proof: $needs_proof,
                };
            }
        )*

        /// The whole table.
        pub const ALL: &[Rule] = &[$($name::RULE,)*];
    };
}

permissions! {
    //                                             API keys, proof
    /// Read the profile.
    ReadAccount   AccountRead  User          true  false;
    /// Change the profile, password and sessions; export or delete the account.
    ManageAccount AccountWrite User          false false;
    /// Change what secures the account or acts for it: second factor, API keys.
    SecureAccount AccountWrite User          false true;
    /// Read private builds.
    ReadBuilds    BuildsRead   User          true  false;
    /// Create builds, and change one's own.
    WriteBuilds   BuildsWrite  User          true  false;
    /// Read one's teams, and what they show their members.
    ReadTeams     TeamsRead    User          true  false;
    /// Create teams, and act in them as the team role allows.
    WriteTeams    TeamsWrite   User          true  false;
    /// Delete one's teams, hand them over, and change roles in them.
    GovernTeams   TeamsWrite   User          false true;
    /// Read private compositions.
    ReadCompositions CompositionsRead User   true  false;
    /// Create compositions, and change one's own and those of one's teams.
    WriteCompositions CompositionsWrite User true  false;
    /// Read one's webhooks and their deliveries.
    ReadWebhooks  WebhooksRead  User         true  false;
    /// Test and delete one's webhooks, and resend deliveries.
    WriteWebhooks WebhooksWrite User         true  false;
    /// Create webhooks, and change their URL, event types and secrets.
    AimWebhooks   WebhooksWrite User         true  true;
    /// Read signing keys, audit log and accounts.
    ReadAdmin     AdminRead    Administrator false false;
    /// Rotate signing keys, change accounts.
    WriteAdmin    AdminWrite   Administrator false true;
}

impl Rule {
    /// Checks `caller` at `now_ms`, in milliseconds since 1970.
    pub fn check(&self, caller: &Caller, now_ms: i64) -> Result<(), Problem> {
        let has_role = self.role == AccountRole::User || caller.role == self.role;
        let is_scoped = has_role && caller.scopes.contains(self.scope);
        let is_key = matches!(caller.via, Via::ApiKey(_));
        let refused = if !is_scoped || is_key && !self.takes_api_keys && !self.needs_proof {
            Problem::insufficient_scope(self.scope.as_str())
        } else if is_key && !self.takes_api_keys {
            reauthentication_required().with_detail(
                "An API key cannot prove that its owner is there: log in (POST /api/v1/auth/login) and make this call with the access token.",
            )
        } else if !is_key && self.needs_proof && !has_proof(caller, now_ms) {
            reauthentication_required()
        } else {
            return Ok(());
        };
        Err(refused)
    }
}

/// Whether the caller has authenticated within the last [`PROOF_SECONDS`].
pub fn has_proof(caller: &Caller, now_ms: i64) -> bool {
    let proved = caller.auth_time;
    proved.is_some_and(|at| now_ms - at * 1000 <= PROOF_SECONDS * 1000)
}

/// 403 as in RFC 9470, section 3.
pub fn reauthentication_required() -> Problem {
    let challenge = format!(
        "Bearer error=\"insufficient_user_authentication\", \
         error_description=\"A more recent authentication is required\", max_age=\"{PROOF_SECONDS}\""
    );
    Problem::new(&problems::REAUTHENTICATION_REQUIRED).with_header("www-authenticate", challenge)
}

/// The scopes of a session of an account with this role.
pub fn scopes_of(role: AccountRole) -> Scopes {
    let admits = |rule: &&Rule| rule.role == AccountRole::User || rule.role == role;
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
    /// Checks the table, at `now_ms` in milliseconds since 1970.
    pub fn of(caller: &'a Caller, now_ms: i64) -> Result<Self, Problem> {
        P::RULE.check(caller, now_ms)?;
        Ok(Self {
            caller,
            permission: PhantomData,
        })
    }

    /// The caller.
    pub const fn caller(&self) -> &'a Caller {
        self.caller
    }

    /// The account of the caller.
    pub const fn user_id(&self) -> &'a UserId {
        &self.caller.user_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::ids::{ApiKeyId, SessionId};
    use platform::native::TestPlatform;

    #[test]
    fn who_may_do_what() {
        let (platform, _) = TestPlatform::new();
        let now = platform.clock.now_ms();
        let caller = |role, via: &Via, scopes, age_seconds: i64| Caller {
            user_id: UserId::fresh(&platform),
            role,
            via: via.clone(),
            scopes,
            auth_time: match via {
                Via::Session(_) => Some(now / 1000 - age_seconds),
                Via::ApiKey(_) => None,
            },
        };
        let session = Via::Session(SessionId::fresh(&platform));
        let key = Via::ApiKey(ApiKeyId::fresh(&platform));
        let (fresh, last, stale) = (0, PROOF_SECONDS - 1, PROOF_SECONDS + 1);
        let (admin, scope) = (AccountRole::Administrator, Some("insufficient_scope"));
        for rule in ALL {
            let own = Scopes::of([rule.scope]);
            let others = Scopes::of(Scope::ALL.into_iter().filter(|s| *s != rule.scope));
            let user = scope.filter(|_| rule.role != AccountRole::User);
            let asked = rule.needs_proof.then_some("reauthentication_required");
            let keyed = (!rule.takes_api_keys).then_some(if rule.needs_proof {
                "reauthentication_required"
            } else {
                "insufficient_scope"
            });
            for (role, via, scopes, age, expected) in [
                (admin, &session, own, fresh, None),
                (admin, &session, own, last, None),
                (admin, &session, own, stale, asked),
                (admin, &session, others, fresh, scope),
                (admin, &session, others, stale, scope),
                (AccountRole::User, &session, own, fresh, user),
                (AccountRole::User, &session, own, stale, user.or(asked)),
                (AccountRole::User, &key, own, fresh, user.or(keyed)),
                (admin, &key, own, fresh, keyed),
                (admin, &key, others, fresh, scope),
            ] {
                let caller = caller(role, via, scopes, age);
                let refused = rule.check(&caller, now).err();
                let code = refused.map(|problem| problem.kind.code);
                assert_eq!(code, expected, "{rule:?} {caller:?}");
            }
        }
    }

    #[test]
    fn no_api_key_changes_an_account_or_administrates() {
        let scopes = scopes_for_api_keys();
        for scope in [Scope::AccountWrite, Scope::AdminRead, Scope::AdminWrite] {
            assert!(!scopes.contains(scope), "{scope:?}");
        }
        assert_eq!(
            scopes_of(AccountRole::Administrator),
            Scopes::of(Scope::ALL)
        );
        assert!(!scopes_of(AccountRole::User).contains(Scope::AdminRead));
    }
}
