//! Whom a request is charged to, when, and what its answer says about it.
//! Promises that one request counts once, and that a credential costs its address something until
//! it has proved good. Leaves the counting to `counter`, and what credentials are to `identity`.

use std::cell::{Cell, RefCell};

use serde_json::Value;

use crate::context::State;
use crate::http::problem::Problem;
use crate::http::problems;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::identity::model::{Caller, Via};
use crate::ids::{SessionId, UserId};

use super::address::address_prefix;
use super::counter::Denied;
use super::leases::{Granted, Notice, Refusal};
use super::policies::{Limit, POLICIES, Set};

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
    /// An account that has its password hashed.
    Password(&'a UserId),
}

impl<'a> Principal<'a> {
    const fn set(self) -> Set {
        match self {
            Self::User(_) => Set::User,
            Self::ApiKey(..) => Set::ApiKey,
            Self::Session(_) => Set::Refresh,
            Self::WebhookTest(_) => Set::WebhookTest,
            Self::Password(_) => Set::Password,
        }
    }

    fn key(self) -> &'a str {
        match self {
            Self::User(id) | Self::WebhookTest(id) | Self::Password(id) => id.as_str(),
            Self::ApiKey(id, _) => id,
            Self::Session(id) => id.as_str(),
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

/// What a request has been charged with so far.
#[derive(Default)]
pub struct Meter {
    cost: Cell<u32>,
    /// Charged to an address until the caller is known.
    reserved: RefCell<Option<(String, Granted)>>,
    /// What its answer says.
    notice: Cell<Option<Notice>>,
}

impl Meter {
    /// Before the credential is looked at. `known` is whom the isolate remembers it to stand for:
    /// they are charged at once. Everyone else is charged by address, so that whoever sends what
    /// is worth nothing is slowed down before the database is asked about it.
    pub async fn before(
        &self,
        state: &State,
        request: &Request,
        limit: Limit,
        known: Option<Principal<'_>>,
    ) -> Result<(), Problem> {
        let cost = match (limit, known) {
            (Limit::Unlimited, _) => return Ok(()),
            (Limit::Address(set), _) => {
                return self.charge_address(state, request, set).await;
            }
            (Limit::Caller(cost), Some(principal)) => {
                return self.charge_principal(state, principal, cost).await;
            }
            (Limit::Caller(cost), None) => cost,
        };
        let address = address_prefix(request).to_string();
        let granted = self.charge(state, Set::Anonymous, &address, cost).await?;
        self.cost.set(cost);
        self.reserved.replace(Some((address, granted)));
        Ok(())
    }

    /// Once it is known who calls: they are charged, and what their address was charged with goes
    /// back, unless they have spent their own quota: then every further question would cost us the
    /// look-up again. Does nothing for those whom [`Self::before`] has charged.
    pub async fn charge_instead(
        &self,
        state: &State,
        principal: Principal<'_>,
    ) -> Result<(), Problem> {
        let Some((address, granted)) = self.reserved.take() else {
            return Ok(());
        };
        self.charge_principal(state, principal, self.cost.get())
            .await?;
        let (limits, platform) = (&state.limits, &state.platform);
        limits.give_back(platform, Set::Anonymous, &address, &granted);
        Ok(())
    }

    /// Charges what this call costs besides being a request.
    pub async fn charge_too(&self, state: &State, principal: Principal<'_>) -> Result<(), Problem> {
        self.charge_principal(state, principal, 1).await
    }

    /// Charges one request of this address under `set`.
    pub async fn charge_address(
        &self,
        state: &State,
        request: &Request,
        set: Set,
    ) -> Result<(), Problem> {
        let address = address_prefix(request).to_string();
        self.charge(state, set, &address, 1).await.map(|_| ())
    }

    /// Of a key and its account, the answer tells of the one with less left.
    async fn charge_principal(
        &self,
        state: &State,
        principal: Principal<'_>,
        cost: u32,
    ) -> Result<(), Problem> {
        let (set, key) = (principal.set(), principal.key());
        let granted = self.charge(state, set, key, cost).await?;
        let Principal::ApiKey(_, owner) = principal else {
            return Ok(());
        };
        let keys = self.charge(state, Set::AccountKeys, owner.as_str(), cost);
        match keys.await {
            Ok(all) => {
                let left = |notice: &Notice| notice.policies[0].0;
                if left(&granted.notice) <= left(&all.notice) {
                    self.notice.set(Some(granted.notice));
                }
                Ok(())
            }
            Err(problem) => {
                let (limits, platform) = (&state.limits, &state.platform);
                limits.give_back(platform, set, key, &granted);
                Err(problem)
            }
        }
    }

    async fn charge(
        &self,
        state: &State,
        set: Set,
        key: &str,
        cost: u32,
    ) -> Result<Granted, Problem> {
        match state.limits.charge(&state.platform, set, key, cost).await {
            Ok(granted) => {
                self.notice.set(Some(granted.notice));
                Ok(granted)
            }
            Err(Denied::Refused(refusal)) => {
                self.notice.set(Some(refusal.notice));
                Err(quota_exceeded(&refusal, state.platform.clock.now_ms()))
            }
            Err(Denied::Uncountable) => Err(Problem::unavailable("the limiter is out of reach")),
        }
    }

    /// Says in `response` how the caller stands: `RateLimit-Policy` and `RateLimit`
    /// (draft-ietf-httpapi-ratelimit-headers).
    pub fn add_headers(&self, state: &State, response: &mut Response) {
        let Some(notice) = self.notice.get() else {
            return;
        };
        let policy = state.limits.policy_field(notice.set).to_owned();
        let standing = rate_limit_field(&notice, state.platform.clock.now_ms());
        response.headers.push(("ratelimit-policy", policy.into()));
        response.headers.push(("ratelimit", standing.into()));
    }
}

/// `RateLimit`: the policy that takes longest to be whole again. Of an account's two that is the
/// minute's; the second's quota is back before the client has read about it.
fn rate_limit_field(notice: &Notice, now_ms: i64) -> String {
    let policies = notice.set.policies().iter().zip(notice.policies);
    let slowest = policies.max_by_key(|(_, (_, whole_at_ms))| *whole_at_ms);
    slowest.map_or_else(String::new, |(policy, (remaining, whole_at_ms))| {
        let name = POLICIES[*policy as usize].name;
        format!(
            "\"{name}\";r={remaining};t={}",
            seconds(whole_at_ms - now_ms)
        )
    })
}

/// 429, with the policies that refuse.
fn quota_exceeded(refusal: &Refusal, now_ms: i64) -> Problem {
    let policies = refusal.notice.set.policies().iter().zip(refusal.violated);
    let violated = policies.filter(|(_, violated)| *violated);
    let names: Value = violated
        .map(|(policy, _)| POLICIES[*policy as usize].name)
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
