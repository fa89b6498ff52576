//! The limits of one isolate: asks its memory first, and the Durable Object of a key when it must.
//! Promises that objects bear no address and no id in their names, and that one which cannot be
//! asked is counted and told of. Leaves whom to charge to `guard`.

use std::cell::Cell;
use std::fmt::Write as _;

use serde_json::Value;

use crate::config::Config;
use crate::mac;
use crate::platform::{Level, LimiterError, Platform};
use crate::secret::Secret;
use crate::telemetry::rfc3339;

use super::leases::{Found, Leases, Notice, Refusal};
use super::object::Answer;
use super::policies::{POLICIES, Quotas, Set};

/// At most one line in this time tells that objects cannot be asked, in milliseconds.
const WARN_EVERY_MS: i64 = 60_000;
/// What the names of the objects are made for.
const PURPOSE: &str = "limiter object";

/// Why a request does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// Its key has spent a quota.
    Refused(Refusal),
    /// It cannot be counted, and uncounted it may not go on.
    Uncountable,
}

/// The limits of an isolate.
pub struct Limits {
    quotas: Quotas,
    name_key: Secret,
    leases: Leases,
    /// `RateLimit-Policy` of each set, by its number.
    policy_fields: [String; Set::ALL.len()],
    unreachable: Cell<u64>,
    warned_ms: Cell<Option<i64>>,
}

impl Limits {
    /// For this configuration.
    pub fn new(config: &Config) -> Self {
        Self {
            quotas: config.quotas,
            name_key: Secret::new(mac::tag(&config.master_keys.current, PURPOSE, &[]).to_vec()),
            leases: Leases::new(config.quotas),
            policy_fields: Set::ALL.map(|set| policy_field(set, &config.quotas)),
            unreachable: Cell::new(0),
            warned_ms: Cell::new(None),
        }
    }

    /// How often an object could not be asked.
    pub fn unreachable(&self) -> u64 {
        self.unreachable.get()
    }

    /// Charges a request that costs `need` to `key`.
    pub async fn charge(
        &self,
        platform: &Platform,
        set: Set,
        key: &str,
        need: u32,
    ) -> Result<Notice, Denied> {
        let quotas = set.policies().iter();
        let quotas = quotas.map(|policy| self.quotas[*policy as usize].quota());
        // What costs more than a whole quota costs all of it.
        let need = quotas.fold(need, u32::min);
        let found = match self.leases.take(set, key, need, platform.clock.now_ms()) {
            Found::Ask(ask) => {
                let name = self.name(set, key);
                let answer = platform.limiter.take(&name, &ask.to_text()).await;
                let answer = answer.and_then(|text| {
                    Answer::parse(&text).ok_or_else(|| LimiterError("not an answer".to_owned()))
                });
                // Later than before: the object may be on another continent.
                let now_ms = platform.clock.now_ms();
                match answer {
                    Ok(answer) => self.leases.answered(set, key, need, &answer, now_ms),
                    Err(error) => {
                        self.warn(platform, &error, now_ms);
                        self.leases.unreachable(set, key, need, now_ms)
                    }
                }
            }
            found => found,
        };
        match found {
            Found::Granted(notice) => Ok(notice),
            Found::Refused(refusal) => Err(Denied::Refused(refusal)),
            Found::Closed | Found::Ask(_) => Err(Denied::Uncountable),
        }
    }

    /// Takes back what [`Self::charge`] has charged.
    pub fn give_back(&self, platform: &Platform, set: Set, key: &str, count: u32) {
        let now_ms = platform.clock.now_ms();
        self.leases.give_back(set, key, count, now_ms);
    }

    /// `RateLimit-Policy` for a set (draft-ietf-httpapi-ratelimit-headers).
    pub fn policy_field(&self, set: Set) -> &str {
        &self.policy_fields[set as usize]
    }

    /// The object's name: nobody who sees it learns whose it is.
    fn name(&self, set: Set, key: &str) -> String {
        let digest = mac::tag(&self.name_key, PURPOSE, &[&[set as u8], key.as_bytes()]);
        digest.iter().fold(String::new(), |mut name, byte| {
            // Writing to a String cannot fail.
            let _ = write!(name, "{byte:02x}");
            name
        })
    }

    fn warn(&self, platform: &Platform, error: &LimiterError, now_ms: i64) {
        self.unreachable.set(self.unreachable.get() + 1);
        let since = self.warned_ms.get().map(|warned_ms| now_ms - warned_ms);
        if since.is_some_and(|since| (0..WARN_EVERY_MS).contains(&since)) {
            return;
        }
        self.warned_ms.set(Some(now_ms));
        let line = format!(
            r#"{{"time":"{}","level":"{}","event":"limiter_unavailable","count":{},"cause":{}}}"#,
            rfc3339(now_ms),
            Level::Warn.as_str(),
            self.unreachable.get(),
            Value::from(error.to_string()),
        );
        platform.log.line(Level::Warn, &line);
    }
}

fn policy_field(set: Set, quotas: &Quotas) -> String {
    let fields = set.policies().iter().map(|policy| {
        let (name, rate) = (POLICIES[*policy as usize].name, quotas[*policy as usize]);
        format!("\"{name}\";q={};w={}", rate.quota(), rate.window_s())
    });
    fields.collect::<Vec<_>>().join(", ")
}
