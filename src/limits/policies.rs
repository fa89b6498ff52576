//! The table of limits: every policy with its quota, and what is counted together under which key.
//! Promises that what a route is limited by can be read here and in `routes`, and nowhere else.
//! Leaves the counting to `object` and `leases`, and whom to charge to `guard`.

use super::gcra::Rate;

/// One quota: a row of this table.
#[derive(Debug)]
pub struct Policy {
    /// Its name in `RateLimit-Policy` and in `violated-policies`.
    pub name: &'static str,
    /// The variable that sets it, as in `1000/60`.
    pub variable: &'static str,
    /// The quota unless the variable is set.
    pub default: Rate,
}

macro_rules! policies {
    ($($name:ident $text:literal $variable:literal $quota:literal / $window:literal;)*) => {
        /// A policy, by its number in [`POLICIES`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum PolicyId { $($name,)* }

        /// All policies.
        pub const POLICIES: [Policy; [$($text,)*].len()] = [$(Policy {
            name: $text,
            variable: $variable,
            default: Rate::new($quota, $window),
        },)*];
    };
}

policies! {
    Anonymous    "anonymous"    "LIMIT_ANONYMOUS"    100  / 60;
    User         "user"         "LIMIT_USER"         1000 / 60;
    Burst        "burst"        "LIMIT_BURST"        50   / 1;
    ApiKey       "api-key"      "LIMIT_API_KEY"      600  / 60;
    Login        "login"        "LIMIT_LOGIN"        20   / 60;
    Registration "registration" "LIMIT_REGISTRATION" 5    / 3600;
    Refresh      "refresh"      "LIMIT_REFRESH"      30   / 60;
    WebhookTest  "webhook-test" "LIMIT_WEBHOOK_TEST" 10   / 60;
    AccountKeys  "account-keys" "LIMIT_ACCOUNT_KEYS" 1200 / 60;
    Password     "password"     "LIMIT_PASSWORD"     10   / 60;
}

/// The quotas of this instance, by the number of their policy.
pub type Quotas = [Rate; POLICIES.len()];

/// What to do while the object that counts cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// Go on, at a quarter of the quota for each isolate.
    Open,
    /// Refuse with 503: guessing must not get easier by breaking something.
    Closed,
}

/// What is counted together: one key of one of these is one Durable Object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Strangers, by address. Also everyone whose credential is not yet known to be good.
    Anonymous,
    /// Accounts, by user id: so much a minute, and not all of it in one second.
    User,
    /// API keys, by their id.
    ApiKey,
    /// Both steps of a login, by address.
    Login,
    /// Registrations, by address.
    Registration,
    /// Refreshes, by session.
    Refresh,
    /// Test deliveries of webhooks, by user id.
    WebhookTest,
    /// All API keys of an account together, by user id: fresh keys are no fresh quota, and keys
    /// gone wild leave their owner room to revoke them.
    AccountKeys,
    /// Calls that have the account's own password hashed, by user id.
    Password,
}

impl Set {
    /// All of them, by their number.
    pub const ALL: [Self; 9] = [
        Self::Anonymous,
        Self::User,
        Self::ApiKey,
        Self::Login,
        Self::Registration,
        Self::Refresh,
        Self::WebhookTest,
        Self::AccountKeys,
        Self::Password,
    ];

    /// Its policies, at most [`MAX_POLICIES`]: all of them allow a request, or it is refused.
    pub const fn policies(self) -> &'static [PolicyId] {
        match self {
            Self::Anonymous => &[PolicyId::Anonymous],
            Self::User => &[PolicyId::User, PolicyId::Burst],
            Self::ApiKey => &[PolicyId::ApiKey],
            Self::Login => &[PolicyId::Login],
            Self::Registration => &[PolicyId::Registration],
            Self::Refresh => &[PolicyId::Refresh],
            Self::WebhookTest => &[PolicyId::WebhookTest],
            Self::AccountKeys => &[PolicyId::AccountKeys],
            Self::Password => &[PolicyId::Password],
        }
    }

    /// What happens while its objects cannot be asked.
    pub const fn unreachable(self) -> Unreachable {
        match self {
            Self::Login | Self::Registration => Unreachable::Closed,
            _ => Unreachable::Open,
        }
    }
}

/// Policies that a [`Set`] has at most.
pub const MAX_POLICIES: usize = 2;

/// What a request of a route counts as: the routes' column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Nothing: it is cheaper to answer than to count, or it must work when counting does not.
    Unlimited,
    /// This many requests of whoever calls: the account, the API key, or else the address.
    Caller(u32),
    /// One request of the address under this policy, and nothing else.
    Address(Set),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_variables_are_there_once_and_fit_a_header() {
        for (index, policy) in POLICIES.iter().enumerate() {
            let is_plain = |b: u8| b.is_ascii_lowercase() || b == b'-';
            assert!(policy.name.bytes().all(is_plain), "{}", policy.name);
            for other in &POLICIES[..index] {
                assert_ne!(other.name, policy.name);
                assert_ne!(other.variable, policy.variable);
            }
        }
    }

    #[test]
    fn sets_are_numbered_as_listed() {
        for (index, set) in Set::ALL.into_iter().enumerate() {
            assert_eq!(set as usize, index);
            assert!((1..=MAX_POLICIES).contains(&set.policies().len()));
        }
    }
}
