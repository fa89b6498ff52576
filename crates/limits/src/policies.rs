//! The table of limits: every policy with its quota, and what is counted together under which key.
//! What a route is limited by stands here and in `routes`. `object` and `leases` count, and `guard` says
//! whom to charge.

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
    WebhookPing  "webhook-ping" "LIMIT_WEBHOOK_PING" 100  / 3600;
    WebhookHost  "webhook-host" "LIMIT_WEBHOOK_HOST" 120  / 60;
    AccountKeys  "account-keys" "LIMIT_ACCOUNT_KEYS" 1200 / 60;
    Password     "password"     "LIMIT_PASSWORD"     10   / 60;
    Reset        "reset"        "LIMIT_RESET"        10   / 3600;
    Mailbox      "mailbox"      "LIMIT_MAILBOX"      5    / 3600;
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

macro_rules! buckets {
    ($($(#[$doc:meta])* $name:ident: $($policy:ident)+;)*) => {
        /// What is counted together.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bucket { $($(#[$doc])* $name,)* }

        impl Bucket {
            /// All of them, by their number.
            pub const ALL: [Self; [$(Self::$name,)*].len()] = [$(Self::$name,)*];

            /// Its policies, at most [`MAX_POLICIES`]: all of them allow a request, or it is refused.
            pub const fn policies(self) -> &'static [PolicyId] {
                match self {
                    $(Self::$name => &[$(PolicyId::$policy),+],)*
                }
            }
        }
    };
}

buckets! {
    /// Strangers, by address. Also everyone whose credential is not one of ours, or has ended.
    Anonymous: Anonymous;
    /// Accounts, by user id: so much a minute, and not all of it in one second.
    User: User Burst;
    /// API keys, by their id.
    ApiKey: ApiKey;
    /// Both steps of a login, by address.
    Login: Login;
    /// Registrations, by address.
    Registration: Registration;
    /// Calls that take a refresh token, when it is one of ours, by session.
    Refresh: Refresh;
    /// Test deliveries of webhooks, by user id.
    WebhookTest: WebhookTest;
    /// All API keys of an account together, by user id: fresh keys are no fresh quota, and keys
    /// gone wild leave their owner room to revoke them.
    AccountKeys: AccountKeys;
    /// Calls that have the account's own password hashed, by user id.
    Password: Password;
    /// Pings to URLs that have not proved themselves, by the user id of who causes them.
    WebhookPing: WebhookPing;
    /// And by the host that they go to, whoever causes them.
    WebhookHost: WebhookHost;
    /// Calls that have a link sent for a forgotten password, by address of the network.
    Reset: Reset;
    /// Mails that anyone can have sent to a mailbox, by its address, whether or not it has an account.
    Mailbox: Mailbox;
}

impl Bucket {
    /// What happens while its objects cannot be asked.
    pub const fn unreachable(self) -> Unreachable {
        match self {
            Self::Login | Self::Registration | Self::Reset | Self::Mailbox => Unreachable::Closed,
            _ => Unreachable::Open,
        }
    }
}

/// How wide a network one address is counted with. A provider gives a household a /56 and a company
/// a /48, which hold 256 and 65,536 networks of the size that one machine has: whoever has one of
/// these is to have no 256 quotas. All of them must have room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// One IPv4 address, or the /64 of an IPv6 address. Also whatever is no network.
    Own,
    /// The /56 of an IPv6 address: four quotas, more than the machines of a household ask for.
    Site,
    /// The /48 of an IPv6 address: sixteen quotas, four households that use all of theirs.
    Block,
}

impl Network {
    /// All of them, by their number.
    pub const ALL: [Self; 3] = [Self::Own, Self::Site, Self::Block];

    /// How many quotas of one address it has.
    pub const fn quotas(self) -> u32 {
        match self {
            Self::Own => 1,
            Self::Site => 4,
            Self::Block => 16,
        }
    }

    /// What its policies have after their names.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Own => "",
            Self::Site => "-56",
            Self::Block => "-48",
        }
    }
}

/// What one counter is for: a key of one of these is one Durable Object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkBucket {
    /// What is counted.
    pub bucket: Bucket,
    /// How wide.
    pub network: Network,
}

impl NetworkBucket {
    /// The policies of its bucket.
    pub const fn policies(self) -> &'static [PolicyId] {
        self.bucket.policies()
    }

    /// What happens while its objects cannot be asked.
    pub const fn unreachable(self) -> Unreachable {
        self.bucket.unreachable()
    }

    /// The quota under one of its policies.
    pub const fn rate(self, policy: PolicyId, quotas: &Quotas) -> Rate {
        quotas[policy as usize].times(self.network.quotas())
    }

    /// The name of one of its policies, as clients see it.
    pub fn name_of(self, policy: PolicyId) -> String {
        [POLICIES[policy as usize].name, self.network.suffix()].concat()
    }

    /// Unlike that of any other. Part of the names of its objects: it stays when sets are added.
    pub const fn number(self) -> u8 {
        self.network as u8 * MAX_BUCKETS + self.bucket as u8
    }
}

impl From<Bucket> for NetworkBucket {
    fn from(bucket: Bucket) -> Self {
        Self {
            bucket,
            network: Network::Own,
        }
    }
}

/// Buckets that there can be.
const MAX_BUCKETS: u8 = 24;

/// Policies that a [`Bucket`] has at most.
pub const MAX_POLICIES: usize = 2;

/// What a request of a route counts as: the routes' column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Nothing: it is cheaper to answer than to count, or it must work when counting does not.
    Unlimited,
    /// This many requests of whoever calls: the account, the API key, or else the address.
    Caller(u32),
    /// One request of the address under this policy, and nothing else.
    Address(Bucket),
    /// One request of the login whose refresh token the body has, or else of the address.
    Login,
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
    fn network_buckets_have_numbers_of_their_own_that_are_plain_characters() {
        let mut numbers = std::collections::BTreeSet::new();
        for network in Network::ALL {
            for bucket in Bucket::ALL {
                let number = NetworkBucket { bucket, network }.number();
                assert!(numbers.insert(number) && number < 0x80 - b'0');
            }
        }
    }

    #[test]
    fn numbers_that_are_in_names_of_objects_stay() {
        assert_eq!(
            format!("{:?}", Bucket::ALL),
            "[Anonymous, User, ApiKey, Login, Registration, Refresh, WebhookTest, AccountKeys, \
             Password, WebhookPing, WebhookHost, Reset, Mailbox]"
        );
        for (number, bucket) in (0..).zip(Bucket::ALL) {
            assert_eq!(NetworkBucket::from(bucket).number(), number);
            assert!((1..=MAX_POLICIES).contains(&bucket.policies().len()));
        }
        for (number, network) in [(28, Network::Site), (52, Network::Block)] {
            let bucket = Bucket::Registration;
            assert_eq!(NetworkBucket { bucket, network }.number(), number);
        }
    }
}
