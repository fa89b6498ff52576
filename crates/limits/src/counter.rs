//! The limits of one isolate: asks its memory first, and the Durable Object of a key when it must. Names of
//! objects have no address and no id in them.

use std::cell::{Cell, RefCell};

use kit::hex;

use crypto::mac;
use kit::secret::Secret;
use platform::{Level, LimiterError, Line, Platform};

use super::leases::{Granted, LeaseAnswer, Leases, QuotaExceeded};
use super::object::ObjectAnswer;
use super::policies::{Bucket, Network, NetworkBucket, Quotas};

/// At most one line in this time tells what could not be counted for all, in milliseconds.
const WARN_EVERY_MS: i64 = 60_000;
/// What the names of the objects are made for.
const PURPOSE: &str = "limiter object";

/// Why a request does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// Its key has spent a quota.
    Refused(QuotaExceeded),
    /// It cannot be counted, and uncounted it may not go on.
    Uncountable,
}

/// The limits of an isolate.
pub struct Limits {
    quotas: Quotas,
    name_key: Secret,
    leases: Leases,
    /// `RateLimit-Policy` of each bucket, by its number and that of the network.
    policy_fields: [[String; Network::ALL.len()]; Bucket::ALL.len()],
    away: Away,
}

/// What happened while objects could not be asked.
#[derive(Default)]
struct Away {
    /// Questions without an answer.
    questions: Cell<u64>,
    /// Requests that were let in on the isolate's own count.
    admitted: Cell<u64>,
    /// Why there was no answer, the last time.
    cause: RefCell<String>,
    /// What of the two was told of, together, and when.
    told: Cell<u64>,
    told_ms: Cell<Option<i64>>,
}

impl Limits {
    /// With these quotas; the names of objects are made under `master`.
    pub fn new(quotas: Quotas, master: &Secret) -> Self {
        Self {
            quotas,
            name_key: Secret::new(mac::tag(master, PURPOSE, &[]).to_vec()),
            leases: Leases::new(quotas),
            policy_fields: Bucket::ALL.map(|bucket| {
                Network::ALL.map(|network| policy_field(NetworkBucket { bucket, network }, &quotas))
            }),
            away: Away::default(),
        }
    }

    /// How often an object could not be asked.
    pub fn unreachable(&self) -> u64 {
        self.away.questions.get()
    }

    /// How many requests were let in all the same, on the isolate's own count.
    pub fn admitted_alone(&self) -> u64 {
        self.away.admitted.get()
    }

    /// Charges a request that costs `need` to `key`.
    pub async fn charge(
        &self,
        platform: &Platform,
        bucket: impl Into<NetworkBucket>,
        key: &str,
        need: u32,
    ) -> Result<Granted, Denied> {
        let bucket = bucket.into();
        let need = self.payable(bucket, need);
        let found = match self.leases.take(bucket, key, need, platform.clock.now_ms()) {
            LeaseAnswer::Ask(ask) => {
                let name = self.name(bucket, key);
                let answer = platform.limiter.take(&name, &ask.to_text()).await;
                let answer = answer.and_then(|text| {
                    ObjectAnswer::parse(&text)
                        .ok_or_else(|| LimiterError("not an answer".to_owned()))
                });
                // Later than before: the object may be on another continent.
                let now_ms = platform.clock.now_ms();
                match answer {
                    Ok(answer) => self.leases.answered(bucket, key, need, &answer, now_ms),
                    Err(error) => {
                        let questions = &self.away.questions;
                        questions.set(questions.get() + 1);
                        *self.away.cause.borrow_mut() = error.to_string();
                        self.leases.unreachable(bucket, key, need, now_ms)
                    }
                }
            }
            found => found,
        };
        if matches!(&found, LeaseAnswer::Granted(granted) if granted.is_alone) {
            self.away.admitted.set(self.away.admitted.get() + 1);
        }
        self.away.tell(platform);
        match found {
            LeaseAnswer::Granted(granted) => Ok(granted),
            LeaseAnswer::Refused(refusal) => Err(Denied::Refused(refusal)),
            LeaseAnswer::Closed | LeaseAnswer::Ask(_) => Err(Denied::Uncountable),
        }
    }

    /// The refusal of `key` that this isolate remembers and that still holds, if there is one.
    pub fn refusal(
        &self,
        platform: &Platform,
        bucket: NetworkBucket,
        key: &str,
        need: u32,
    ) -> Option<QuotaExceeded> {
        let need = self.payable(bucket, need);
        let now_ms = platform.clock.now_ms();
        self.leases.refusal(bucket, key, need, now_ms)
    }

    /// What costs more than a whole quota costs all of it.
    fn payable(&self, bucket: NetworkBucket, need: u32) -> u32 {
        let quotas = bucket.policies().iter();
        let quotas = quotas.map(|policy| bucket.rate(*policy, &self.quotas).quota());
        quotas.fold(need, u32::min)
    }

    /// Takes back what [`Self::charge`] has charged.
    pub fn give_back(
        &self,
        platform: &Platform,
        bucket: impl Into<NetworkBucket>,
        key: &str,
        granted: &Granted,
    ) {
        let now_ms = platform.clock.now_ms();
        self.leases.give_back(bucket.into(), key, granted, now_ms);
    }

    /// `RateLimit-Policy` for a bucket (draft-ietf-httpapi-ratelimit-headers).
    pub fn policy_field(&self, bucket: impl Into<NetworkBucket>) -> &str {
        let NetworkBucket { bucket, network } = bucket.into();
        &self.policy_fields[bucket as usize][network as usize]
    }

    /// The object's name: nobody who sees it learns whose it is.
    fn name(&self, bucket: NetworkBucket, key: &str) -> String {
        let digest = mac::tag(
            &self.name_key,
            PURPOSE,
            &[&[bucket.number()], key.as_bytes()],
        );
        hex::encode(&digest)
    }
}

impl Away {
    /// Writes a line when there is something new, at most once in [`WARN_EVERY_MS`]: also after the
    /// objects are back, so that what came late is told too.
    fn tell(&self, platform: &Platform) {
        let sum = self.questions.get() + self.admitted.get();
        if sum == self.told.get() {
            return;
        }
        let now_ms = platform.clock.now_ms();
        let since = self.told_ms.get().map(|told_ms| now_ms - told_ms);
        if since.is_some_and(|since| (0..WARN_EVERY_MS).contains(&since)) {
            return;
        }
        self.told.set(sum);
        self.told_ms.set(Some(now_ms));
        Line::new(Level::Warn, "limiter_unavailable", now_ms)
            .field("count", self.questions.get())
            .field("admitted", self.admitted.get())
            .field("cause", self.cause.borrow().as_str())
            .write(platform);
    }
}

fn policy_field(bucket: NetworkBucket, quotas: &Quotas) -> String {
    let fields = bucket.policies().iter().map(|policy| {
        let (name, rate) = (bucket.name_of(*policy), bucket.rate(*policy, quotas));
        format!("\"{name}\";q={};w={}", rate.quota(), rate.window_s())
    });
    fields.collect::<Vec<_>>().join(", ")
}
