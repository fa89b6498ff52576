//! Whom a request is charged to, when, and what its answer says about it. It counts once, and of several
//! quotas all are charged or none. `app` decides between a credential's owner and its address.

use std::cell::{Cell, RefCell};

use serde_json::Value;

use http::problem::Problem;
use http::problems;
use http::request::Request;
use kit::ids::{SessionId, UserId};
use platform::Platform;

use super::address::address_prefix;
use super::counter::{Denied, Limits};
use super::leases::{Granted, Notice, QuotaExceeded};
use super::policies::{Bucket, NetworkBucket};

/// Who a request is charged to once that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal<'a> {
    /// An account, by any of its access tokens.
    User(&'a UserId),
    /// An API key, by its id, and with it all keys of the account.
    ApiKey(&'a str, &'a UserId),
    /// A login, when it is renewed.
    Session(&'a SessionId),
    /// An account that has a webhook tested.
    WebhookTest(&'a UserId),
    /// An account that has a URL pinged.
    WebhookPing(&'a UserId),
    /// A host that is pinged.
    WebhookHost(&'a str),
    /// An account that has its password hashed.
    Password(&'a UserId),
    /// A mailbox that anyone has something sent to, by its address.
    Mailbox(&'a str),
}

impl<'a> Principal<'a> {
    const fn bucket(self) -> Bucket {
        match self {
            Self::User(_) => Bucket::User,
            Self::ApiKey(..) => Bucket::ApiKey,
            Self::Session(_) => Bucket::Refresh,
            Self::WebhookTest(_) => Bucket::WebhookTest,
            Self::WebhookPing(_) => Bucket::WebhookPing,
            Self::WebhookHost(_) => Bucket::WebhookHost,
            Self::Password(_) => Bucket::Password,
            Self::Mailbox(_) => Bucket::Mailbox,
        }
    }

    fn key(self) -> &'a str {
        match self {
            Self::User(id) | Self::WebhookTest(id) | Self::WebhookPing(id) | Self::Password(id) => {
                id.as_str()
            }
            Self::ApiKey(id, _) | Self::WebhookHost(id) | Self::Mailbox(id) => id,
            Self::Session(id) => id.as_str(),
        }
    }
}

/// Something that was charged.
struct Charge {
    bucket: NetworkBucket,
    key: String,
    granted: Granted,
}

/// What a request has been charged with so far.
pub struct Meter<'a> {
    limits: &'a Limits,
    platform: &'a Platform,
    /// For being a request.
    charges: RefCell<Vec<Charge>>,
    /// What its answer says.
    notice: Cell<Option<Notice>>,
}

impl<'a> Meter<'a> {
    /// Nothing so far.
    pub const fn new(limits: &'a Limits, platform: &'a Platform) -> Self {
        Self {
            limits,
            platform,
            charges: RefCell::new(Vec::new()),
            notice: Cell::new(None),
        }
    }

    /// Charges a request to whoever sends it.
    pub async fn charge(&self, principal: Principal<'_>, cost: u32) -> Result<(), Problem> {
        let charges = self.take_from(principal, cost).await?;
        self.charges.borrow_mut().extend(charges);
        Ok(())
    }

    /// Charges a request to its address instead: whom it was charged to has not sent it.
    pub async fn charge_address_instead(
        &self,
        request: &Request,
        cost: u32,
    ) -> Result<(), Problem> {
        self.give_back(&self.charges.take());
        self.charge_address(request, Bucket::Anonymous, cost).await
    }

    /// Charges what this call costs besides being a request.
    pub async fn charge_too(&self, principal: Principal<'_>) -> Result<(), Problem> {
        self.take_from(principal, 1).await.map(|_| ())
    }

    /// Charges requests of this address under `bucket`: to all of its networks or none. The answer
    /// tells of the one with the least left.
    pub async fn charge_address(
        &self,
        request: &Request,
        bucket: Bucket,
        cost: u32,
    ) -> Result<(), Problem> {
        let networks = address_prefix(request).networks();
        // Else each address of a network that has spent its quota would have its own object asked
        // first, and there are very many.
        for (network, key) in &networks[1..] {
            let bucket = NetworkBucket {
                bucket,
                network: *network,
            };
            let refusal = self.limits.refusal(self.platform, bucket, key, cost);
            if let Some(refusal) = refusal {
                return Err(self.refused(&refusal));
            }
        }
        let buckets = networks
            .into_iter()
            .map(|(network, key)| (NetworkBucket { bucket, network }, key));
        self.take_all(buckets, cost).await.map(|_| ())
    }

    async fn take_from(&self, principal: Principal<'_>, cost: u32) -> Result<Vec<Charge>, Problem> {
        let mut buckets = vec![(principal.bucket().into(), principal.key().to_owned())];
        if let Principal::ApiKey(_, owner) = principal {
            buckets.push((Bucket::AccountKeys.into(), owner.to_string()));
        }
        self.take_all(buckets, cost).await
    }

    /// Charges all of them or none. The answer tells of the first that refuses, or else of the one
    /// with the least left.
    async fn take_all(
        &self,
        buckets: impl IntoIterator<Item = (NetworkBucket, String)>,
        cost: u32,
    ) -> Result<Vec<Charge>, Problem> {
        let mut charges: Vec<Charge> = Vec::new();
        for (bucket, key) in buckets {
            let denied = match self.limits.charge(self.platform, bucket, &key, cost).await {
                Ok(granted) => {
                    charges.push(Charge {
                        bucket,
                        key,
                        granted,
                    });
                    continue;
                }
                Err(denied) => denied,
            };
            self.give_back(&charges);
            return Err(match denied {
                Denied::Refused(refusal) => self.refused(&refusal),
                Denied::Uncountable => Problem::unavailable("the limiter is out of reach"),
            });
        }
        let notices = charges.iter().map(|charge| charge.granted.notice);
        self.notice
            .set(notices.min_by_key(|notice| notice.policies[0].0));
        Ok(charges)
    }

    fn refused(&self, refusal: &QuotaExceeded) -> Problem {
        self.notice.set(Some(refusal.notice));
        quota_exceeded(refusal, self.platform.clock.now_ms())
    }

    /// The headers that say how the caller stands: `RateLimit-Policy` and `RateLimit`
    /// (draft-ietf-httpapi-ratelimit-headers).
    pub fn headers(&self) -> Option<[(&'static str, String); 2]> {
        let notice = self.notice.get()?;
        let policy = self.limits.policy_field(notice.bucket).to_owned();
        let standing = rate_limit_field(&notice, self.platform.clock.now_ms());
        Some([("ratelimit-policy", policy), ("ratelimit", standing)])
    }

    fn give_back(&self, charges: &[Charge]) {
        for charge in charges {
            let (bucket, key) = (charge.bucket, &charge.key);
            self.limits
                .give_back(self.platform, bucket, key, &charge.granted);
        }
    }
}

/// `RateLimit`: the policy that takes longest to be whole again. Of an account's two that is the
/// minute's; the second's quota is back before the client has read about it.
fn rate_limit_field(notice: &Notice, now_ms: i64) -> String {
    let policies = notice.bucket.policies().iter().zip(notice.policies);
    let slowest = policies.max_by_key(|(_, (_, whole_at_ms))| *whole_at_ms);
    slowest.map_or_else(String::new, |(policy, (remaining, whole_at_ms))| {
        let name = notice.bucket.name_of(*policy);
        format!(
            "\"{name}\";r={remaining};t={}",
            seconds(whole_at_ms - now_ms)
        )
    })
}

/// 429, with the policies that refuse.
fn quota_exceeded(refusal: &QuotaExceeded, now_ms: i64) -> Problem {
    let policies = refusal
        .notice
        .bucket
        .policies()
        .iter()
        .zip(refusal.violated);
    let violated = policies.filter(|(_, violated)| *violated);
    let names: Value = violated
        .map(|(policy, _)| refusal.notice.bucket.name_of(*policy))
        .collect();
    let seconds = seconds(refusal.until_ms - now_ms).max(1);
    Problem::new(&problems::QUOTA_EXCEEDED)
        .with_header("retry-after", seconds.to_string())
        .with_member("violated-policies", names)
}

/// Rounded up.
fn seconds(ms: i64) -> i64 {
    (ms.max(0) + 999) / 1000
}
