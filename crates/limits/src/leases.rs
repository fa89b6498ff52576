//! An isolate's leases and refusals, by key.
//! Memory is bounded, and losing an entry never admits more requests. `counter` calls the object,
//! `object` decides.

use std::cell::{RefCell, RefMut};

use kit::bounded::BoundedMap;

use super::gcra::{MAX_WINDOW_S, Rate, Tat};
use super::object::{self, Ask, Each, LEASE_MS, ObjectAnswer, PolicyState};
use super::policies::{MAX_POLICIES, NetworkBucket, Quotas, Unreachable};

/// Keys that an isolate knows at most.
const MAX_KEYS: usize = 10_000;
/// While a question is under way, for at most this long, others of its key ask for no more than
/// they need: a hundred requests at once would empty the quota into one isolate.
const ASKING_MS: i64 = 1_000;
/// When this part of a lease is left, one request asks for the next one while others spend the
/// rest: else all that are under way when it ends would ask at once, each for itself.
const LOW_PART: u32 = 16;
/// Only in the first half of its life: what is added ends with the lease that is there.
const EARLY_MS: i64 = LEASE_MS / 2;
/// An object that could not be reached is not asked again for this long, in milliseconds.
pub const AWAY_MS: i64 = 1_000;
/// A refusal holds for this part of the window at least, so that twenty isolates do not all ask
/// for each single token. So much of a quota, half a percent, may come late.
const PART_OF_WINDOW: i64 = 200;
/// Nobody waits longer than the longest window: what is longer is a clock's mistake.
const LONGEST_WAIT_MS: i64 = MAX_WINDOW_S as i64 * 1000;

/// How a key stands under each policy of its bucket: what an answer tells the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// What was counted.
    pub bucket: NetworkBucket,
    /// Each of its policies: what is left, and when all of it is there again, in ms since 1970.
    pub policies: [(u32, i64); MAX_POLICIES],
}

/// Why a request has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaExceeded {
    /// How its key stands.
    pub notice: Notice,
    /// When it may come again, in milliseconds since 1970.
    pub until_ms: i64,
    /// Which policies refuse, in the order of the bucket.
    pub violated: [bool; MAX_POLICIES],
}

/// What a request was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// How its key stands.
    pub notice: Notice,
    /// What was deducted for it.
    pub count: u32,
    /// Whether that was of the isolate's own count, because the object could not be asked.
    pub is_alone: bool,
}

/// What the memory says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseAnswer {
    /// Go on: it has been deducted.
    Granted(Granted),
    /// Not now.
    Refused(QuotaExceeded),
    /// The object has to be asked.
    Ask(Ask),
    /// Nobody can say, and without a word nobody may.
    Closed,
}

#[derive(Default)]
struct Entry {
    /// Handed out to this isolate, deducted, not spent; good until `lease_ends_ms`.
    leased: u32,
    lease_ends_ms: i64,
    /// Below this much of it, the next one is asked for.
    low: u32,
    /// Not spent in time, and since when it was good: goes back with the next question.
    back: u32,
    back_since_ms: i64,
    asked_ms: Option<i64>,
    /// Until when, and for what it was too much.
    refused: Option<(QuotaExceeded, u32)>,
    away_until_ms: i64,
    /// The isolate's own count while nobody counts for all.
    own: [Tat; MAX_POLICIES],
    /// As in [`Notice`]: what the object had left, and what of it is in hand here.
    policies: [(u32, i64); MAX_POLICIES],
}

impl Entry {
    /// Bounded on both sides: a clock that has stepped back must not make a lease live longer.
    fn is_leased(&self, now_ms: i64) -> bool {
        (1..=LEASE_MS).contains(&(self.lease_ends_ms - now_ms))
    }

    /// Whether a lease that is spent so soon is nearly spent, and nobody has asked for the next one.
    fn is_low(&self, need: u32, now_ms: i64) -> bool {
        let is_early = self.lease_ends_ms - now_ms > EARLY_MS;
        is_early && self.leased - need < self.low && !self.is_asking(now_ms)
    }

    fn is_away(&self, now_ms: i64) -> bool {
        (1..=AWAY_MS).contains(&(self.away_until_ms - now_ms))
    }

    fn is_asking(&self, now_ms: i64) -> bool {
        let since = self.asked_ms.map(|asked_ms| now_ms - asked_ms);
        since.is_some_and(|since| (0..ASKING_MS).contains(&since))
    }

    fn refusal(&self, need: u32, now_ms: i64) -> Option<&QuotaExceeded> {
        let refused = self.refused.as_ref();
        let refused = refused.filter(|(refusal, least)| {
            let wait_ms = refusal.until_ms - now_ms;
            need >= *least && (1..=LONGEST_WAIT_MS).contains(&wait_ms)
        });
        refused.map(|(refusal, _)| refusal)
    }

    /// Whether nothing is lost when it is forgotten.
    fn is_idle(&self, now_ms: i64) -> bool {
        let waits = self.refused.as_ref();
        let waits = waits.is_some_and(|(refusal, _)| refusal.until_ms > now_ms);
        !waits && !self.is_leased(now_ms) && !self.is_away(now_ms) && !self.is_asking(now_ms)
    }

    /// Remembers how the policies stand: what is in hand here is left too.
    fn note(&mut self, states: &[PolicyState; MAX_POLICIES], now_ms: i64) {
        let in_hand = self.leased;
        self.policies = states.map(|state| (state.remaining + in_hand, now_ms + state.reset_ms));
    }

    fn notice(&self, bucket: NetworkBucket) -> Notice {
        Notice {
            bucket,
            policies: self.policies,
        }
    }

    fn spend(&mut self, bucket: NetworkBucket, need: u32) -> LeaseAnswer {
        self.leased -= need;
        for (remaining, _) in &mut self.policies {
            *remaining = remaining.saturating_sub(need);
        }
        LeaseAnswer::Granted(Granted {
            notice: self.notice(bucket),
            count: need,
            is_alone: false,
        })
    }

    /// Moves what is in hand to what goes back.
    fn end_lease(&mut self) {
        if self.leased == 0 {
            return;
        }
        if self.back == 0 {
            self.back_since_ms = self.lease_ends_ms - LEASE_MS;
        }
        self.back += std::mem::take(&mut self.leased);
    }

    /// Adds to the lease; one that is there already keeps its end.
    fn put_in_hand(&mut self, count: u32, now_ms: i64) {
        if !self.is_leased(now_ms) {
            self.end_lease();
        }
        if self.leased == 0 {
            self.lease_ends_ms = now_ms + LEASE_MS;
        }
        self.leased += count;
    }
}

/// The memory of an isolate.
pub struct Leases {
    quotas: Quotas,
    /// By the bucket's number and the key.
    keys: RefCell<BoundedMap<String, Entry, MAX_KEYS>>,
}

impl Leases {
    /// Nothing yet.
    pub fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            keys: RefCell::default(),
        }
    }

    /// Finds what there is for a request that costs `need` under `key`.
    pub fn take(&self, bucket: NetworkBucket, key: &str, need: u32, now_ms: i64) -> LeaseAnswer {
        let entry = &mut *self.entry(bucket, key, now_ms);
        if let Some(refusal) = entry.refusal(need, now_ms) {
            return LeaseAnswer::Refused(*refusal);
        }
        let is_enough = entry.is_leased(now_ms) && entry.leased >= need;
        if is_enough && (entry.is_away(now_ms) || !entry.is_low(need, now_ms)) {
            return entry.spend(bucket, need);
        }
        if entry.is_away(now_ms) {
            return self.alone(entry, bucket, need, now_ms);
        }
        let may_lease = !entry.is_asking(now_ms);
        // Of a lease that is too small for this request, what is in hand goes back with the question:
        // together with what the object has left it may be enough.
        if !is_enough {
            entry.end_lease();
        }
        entry.asked_ms = Some(now_ms);
        LeaseAnswer::Ask(Ask {
            rates: self.rates(bucket),
            need,
            may_lease,
            back: std::mem::take(&mut entry.back),
            back_age_ms: now_ms - entry.back_since_ms,
        })
    }

    /// The refusal that still holds for a request that costs `need`, if there is one.
    pub fn refusal(
        &self,
        bucket: NetworkBucket,
        key: &str,
        need: u32,
        now_ms: i64,
    ) -> Option<QuotaExceeded> {
        let keys = self.keys.borrow();
        keys.get(&name(bucket, key))?.refusal(need, now_ms).copied()
    }

    /// Takes the object's answer for a request that costs `need`.
    pub fn answered(
        &self,
        bucket: NetworkBucket,
        key: &str,
        need: u32,
        answer: &ObjectAnswer,
        now_ms: i64,
    ) -> LeaseAnswer {
        let entry = &mut *self.entry(bucket, key, now_ms);
        entry.asked_ms = None;
        entry.put_in_hand(answer.granted, now_ms);
        // Where leases are small there is none to spare, and after a refusal nothing to ask for;
        // one that was asked for singly says nothing about the lease beside it.
        if answer.granted != need {
            entry.low = answer.granted / LOW_PART;
        }
        entry.note(&answer.states, now_ms);
        if entry.leased >= need {
            entry.refused = None;
            return entry.spend(bucket, need);
        }
        self.refuse(entry, bucket, need, &answer.states, now_ms)
    }

    /// The object could not be asked.
    pub fn unreachable(
        &self,
        bucket: NetworkBucket,
        key: &str,
        need: u32,
        now_ms: i64,
    ) -> LeaseAnswer {
        let entry = &mut *self.entry(bucket, key, now_ms);
        entry.asked_ms = None;
        entry.away_until_ms = now_ms + AWAY_MS;
        self.alone(entry, bucket, need, now_ms)
    }

    /// Takes back what was granted to a request and not meant for it, to where it was taken from.
    pub fn give_back(&self, bucket: NetworkBucket, key: &str, granted: &Granted, now_ms: i64) {
        let entry = &mut *self.entry(bucket, key, now_ms);
        let count = granted.count;
        if granted.is_alone {
            let (rates, now) = (self.own_rates(bucket), now_ms.saturating_mul(1000));
            object::give_back_all(&mut entry.own, &rates, now, count);
        } else {
            entry.put_in_hand(count, now_ms);
        }
        for (remaining, _) in &mut entry.policies {
            *remaining += count;
        }
    }

    fn entry(&self, bucket: NetworkBucket, key: &str, now_ms: i64) -> RefMut<'_, Entry> {
        let name = name(bucket, key);
        RefMut::map(self.keys.borrow_mut(), |keys| {
            keys.get_or_insert_with(name, |entry| entry.is_idle(now_ms), |_| Entry::default())
        })
    }

    fn refuse(
        &self,
        entry: &mut Entry,
        bucket: NetworkBucket,
        need: u32,
        states: &[PolicyState; MAX_POLICIES],
        now_ms: i64,
    ) -> LeaseAnswer {
        let mut refusal = QuotaExceeded {
            notice: entry.notice(bucket),
            until_ms: now_ms + 1,
            violated: [false; MAX_POLICIES],
        };
        let policies = bucket.policies().iter().zip(states);
        for ((policy, state), violated) in policies.zip(&mut refusal.violated) {
            if state.retry_ms > 0 {
                *violated = true;
                let window_ms = i64::from(bucket.rate(*policy, &self.quotas).window_s()) * 1000;
                let wait_ms = state.retry_ms.max(window_ms / PART_OF_WINDOW);
                refusal.until_ms = refusal.until_ms.max(now_ms + wait_ms);
            }
        }
        entry.refused = Some((refusal, need));
        LeaseAnswer::Refused(refusal)
    }

    fn rates(&self, bucket: NetworkBucket) -> Each<Rate> {
        let mut rates = [None; MAX_POLICIES];
        for (rate, policy) in rates.iter_mut().zip(bucket.policies()) {
            *rate = Some(bucket.rate(*policy, &self.quotas));
        }
        rates
    }

    fn own_rates(&self, bucket: NetworkBucket) -> Each<Rate> {
        self.rates(bucket).map(|rate| rate.map(Rate::quarter))
    }

    /// A quarter of each quota for this isolate, or nothing at all.
    fn alone(
        &self,
        entry: &mut Entry,
        bucket: NetworkBucket,
        need: u32,
        now_ms: i64,
    ) -> LeaseAnswer {
        if bucket.unreachable() == Unreachable::Closed {
            return LeaseAnswer::Closed;
        }
        let now = now_ms.saturating_mul(1000); // microseconds
        let rates = self.own_rates(bucket);
        let least = rates.iter().flatten().map(|rate| rate.quota()).min();
        let here = least.map_or(need, |least| need.min(least));
        let is_granted = object::take_all(&mut entry.own, &rates, now, here);
        let waiting = if is_granted { 0 } else { here };
        let states = object::standings_of(&mut entry.own, &rates, now, waiting);
        entry.note(&states, now_ms);
        if is_granted {
            return LeaseAnswer::Granted(Granted {
                notice: entry.notice(bucket),
                count: here,
                is_alone: true,
            });
        }
        self.refuse(entry, bucket, need, &states, now_ms)
    }
}

/// What a key is remembered by.
fn name(bucket: NetworkBucket, key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 1);
    name.push(char::from(b'0' + bucket.number()));
    name.push_str(key);
    name
}

#[cfg(test)]
mod tests;
