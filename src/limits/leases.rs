//! What an isolate knows of each key: what it was handed to spend, and who has to wait.
//! Promises that its memory is bounded, and that forgetting it never lets more through.
//! Leaves asking the object to `counter`, and what the object answers to `object`.

use std::cell::{RefCell, RefMut};
use std::collections::HashMap;

use super::gcra::{MAX_WINDOW_S, Rate, Tat};
use super::object::{self, Answer, Ask, Each, LEASE_MS, Standing};
use super::policies::{MAX_POLICIES, Quotas, Set, Unreachable};

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
/// An object that could not be asked is left alone for this long, in milliseconds.
pub const AWAY_MS: i64 = 1_000;
/// A refusal holds for this part of the window at least, so that twenty isolates do not all ask
/// for each single token. So much of a quota, half a percent, may come late.
const PART_OF_WINDOW: i64 = 200;
/// Nobody waits longer than the longest window: what is longer is a clock's mistake.
const LONGEST_WAIT_MS: i64 = MAX_WINDOW_S as i64 * 1000;

/// How a key stands under each policy of its set: what an answer tells the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// The set.
    pub set: Set,
    /// Each of its policies: what is left, and when all of it is there again, in ms since 1970.
    pub policies: [(u32, i64); MAX_POLICIES],
}

/// Why a request has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// How its key stands.
    pub notice: Notice,
    /// When it may come again, in milliseconds since 1970.
    pub until_ms: i64,
    /// Which policies refuse, in the order of the set.
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
pub enum Found {
    /// Go on: it has been deducted.
    Granted(Granted),
    /// Not now.
    Refused(Refusal),
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
    refused: Option<(Refusal, u32)>,
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

    fn refusal(&self, need: u32, now_ms: i64) -> Option<&Refusal> {
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
    fn note(&mut self, standings: &[Standing; MAX_POLICIES], now_ms: i64) {
        let in_hand = self.leased;
        self.policies =
            standings.map(|standing| (standing.remaining + in_hand, now_ms + standing.reset_ms));
    }

    fn notice(&self, set: Set) -> Notice {
        Notice {
            set,
            policies: self.policies,
        }
    }

    fn spend(&mut self, set: Set, need: u32) -> Found {
        self.leased -= need;
        for (remaining, _) in &mut self.policies {
            *remaining = remaining.saturating_sub(need);
        }
        Found::Granted(Granted {
            notice: self.notice(set),
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
    /// By the set's number and the key.
    keys: RefCell<HashMap<String, Entry>>,
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
    pub fn take(&self, set: Set, key: &str, need: u32, now_ms: i64) -> Found {
        let entry = &mut *self.entry(set, key, now_ms);
        if let Some(refusal) = entry.refusal(need, now_ms) {
            return Found::Refused(*refusal);
        }
        let is_enough = entry.is_leased(now_ms) && entry.leased >= need;
        if is_enough && (entry.is_away(now_ms) || !entry.is_low(need, now_ms)) {
            return entry.spend(set, need);
        }
        if entry.is_away(now_ms) {
            return self.alone(entry, set, need, now_ms);
        }
        let may_lease = !entry.is_asking(now_ms);
        // Of a lease that is too small for this request, what is in hand goes back with the question:
        // together with what the object has left it may be enough.
        if !is_enough {
            entry.end_lease();
        }
        entry.asked_ms = Some(now_ms);
        Found::Ask(Ask {
            rates: self.rates(set),
            need,
            may_lease,
            back: std::mem::take(&mut entry.back),
            back_age_ms: now_ms - entry.back_since_ms,
        })
    }

    /// Takes the object's answer for a request that costs `need`.
    pub fn answered(&self, set: Set, key: &str, need: u32, answer: &Answer, now_ms: i64) -> Found {
        let entry = &mut *self.entry(set, key, now_ms);
        entry.asked_ms = None;
        entry.put_in_hand(answer.granted, now_ms);
        // Where leases are small there is none to spare, and after a refusal nothing to ask for;
        // one that was asked for singly says nothing about the lease beside it.
        if answer.granted != need {
            entry.low = answer.granted / LOW_PART;
        }
        entry.note(&answer.standings, now_ms);
        if entry.leased >= need {
            entry.refused = None;
            return entry.spend(set, need);
        }
        self.refuse(entry, set, need, &answer.standings, now_ms)
    }

    /// The object could not be asked.
    pub fn unreachable(&self, set: Set, key: &str, need: u32, now_ms: i64) -> Found {
        let entry = &mut *self.entry(set, key, now_ms);
        entry.asked_ms = None;
        entry.away_until_ms = now_ms + AWAY_MS;
        self.alone(entry, set, need, now_ms)
    }

    /// Takes back what was granted to a request and not meant for it, to where it was taken from.
    pub fn give_back(&self, set: Set, key: &str, granted: &Granted, now_ms: i64) {
        let entry = &mut *self.entry(set, key, now_ms);
        let count = granted.count;
        if granted.is_alone {
            let (rates, now) = (self.own_rates(set), now_ms.saturating_mul(1000));
            object::give_back_all(&mut entry.own, &rates, now, count);
        } else {
            entry.put_in_hand(count, now_ms);
        }
        for (remaining, _) in &mut entry.policies {
            *remaining += count;
        }
    }

    /// Keys that it knows.
    pub fn len(&self) -> usize {
        self.keys.borrow().len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn entry(&self, set: Set, key: &str, now_ms: i64) -> RefMut<'_, Entry> {
        let mut name = String::with_capacity(key.len() + 1);
        name.push(char::from(b'0' + set as u8));
        name.push_str(key);
        RefMut::map(self.keys.borrow_mut(), |keys| {
            if keys.len() >= MAX_KEYS && !keys.contains_key(&name) {
                keys.retain(|_, entry| !entry.is_idle(now_ms));
                // All in use at once: a flood from everywhere. The objects still know what counts.
                if keys.len() >= MAX_KEYS {
                    keys.clear();
                }
            }
            keys.entry(name).or_default()
        })
    }

    fn refuse(
        &self,
        entry: &mut Entry,
        set: Set,
        need: u32,
        standings: &[Standing; MAX_POLICIES],
        now_ms: i64,
    ) -> Found {
        let mut refusal = Refusal {
            notice: entry.notice(set),
            until_ms: now_ms + 1,
            violated: [false; MAX_POLICIES],
        };
        let policies = set.policies().iter().zip(standings);
        for ((policy, standing), violated) in policies.zip(&mut refusal.violated) {
            if standing.retry_ms > 0 {
                *violated = true;
                let window_ms = i64::from(self.quotas[*policy as usize].window_s()) * 1000;
                let wait_ms = standing.retry_ms.max(window_ms / PART_OF_WINDOW);
                refusal.until_ms = refusal.until_ms.max(now_ms + wait_ms);
            }
        }
        entry.refused = Some((refusal, need));
        Found::Refused(refusal)
    }

    fn rates(&self, set: Set) -> Each<Rate> {
        let mut rates = [None; MAX_POLICIES];
        for (rate, policy) in rates.iter_mut().zip(set.policies()) {
            *rate = Some(self.quotas[*policy as usize]);
        }
        rates
    }

    fn own_rates(&self, set: Set) -> Each<Rate> {
        self.rates(set).map(|rate| rate.map(Rate::quarter))
    }

    /// A quarter of each quota for this isolate, or nothing at all.
    fn alone(&self, entry: &mut Entry, set: Set, need: u32, now_ms: i64) -> Found {
        if set.unreachable() == Unreachable::Closed {
            return Found::Closed;
        }
        let now = now_ms.saturating_mul(1000); // microseconds
        let rates = self.own_rates(set);
        let least = rates.iter().flatten().map(|rate| rate.quota()).min();
        let here = least.map_or(need, |least| need.min(least));
        let is_granted = object::take_all(&mut entry.own, &rates, now, here);
        let waiting = if is_granted { 0 } else { here };
        let standings = object::standings_of(&mut entry.own, &rates, now, waiting);
        entry.note(&standings, now_ms);
        if is_granted {
            return Found::Granted(Granted {
                notice: entry.notice(set),
                count: here,
                is_alone: true,
            });
        }
        self.refuse(entry, set, need, &standings, now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::policies::POLICIES;
    use crate::platform::native::TEST_EPOCH_MS as NOW;

    fn leases() -> Leases {
        Leases::new(POLICIES.map(|policy| policy.default))
    }

    fn answer(granted: u32, retry_ms: i64) -> Answer {
        let standing = Standing {
            remaining: 500,
            reset_ms: 30_000,
            retry_ms,
        };
        Answer {
            granted,
            standings: [standing, Standing::default()],
        }
    }

    fn is_granted(found: &Found) -> bool {
        matches!(found, Found::Granted(_))
    }

    #[test]
    fn a_lease_is_spent_within_its_two_seconds_and_the_rest_goes_back() {
        let leases = leases();
        let take = |now_ms| leases.take(Set::ApiKey, "a", 1, now_ms);
        assert!(matches!(take(NOW), Found::Ask(ask) if ask.back == 0 && ask.may_lease));
        assert!(is_granted(&leases.answered(
            Set::ApiKey,
            "a",
            1,
            &answer(10, 0),
            NOW
        )));
        assert!(is_granted(&take(NOW + 1_999)));
        let Found::Ask(ask) = take(NOW + 2_000) else {
            panic!("the lease has ended");
        };
        assert_eq!((ask.back, ask.back_age_ms), (8, 2_000));
        // Given back once.
        assert!(matches!(take(NOW + 2_001), Found::Ask(ask) if ask.back == 0));
    }

    #[test]
    fn while_a_question_is_under_way_no_other_asks_for_a_lease() {
        let leases = leases();
        let may_lease = |now_ms| match leases.take(Set::ApiKey, "a", 1, now_ms) {
            Found::Ask(ask) => ask.may_lease,
            found => panic!("{found:?}"),
        };
        assert!(may_lease(NOW));
        assert!(!may_lease(NOW + 1));
        // The first one's client may have left: its answer never comes.
        assert!(may_lease(NOW + 1_001));
    }

    #[test]
    fn one_request_asks_for_the_next_lease_while_others_spend_the_rest() {
        let leases = leases();
        let take = |now_ms| leases.take(Set::ApiKey, "a", 1, now_ms);
        let answered = |count| leases.answered(Set::ApiKey, "a", 1, &answer(count, 0), NOW);
        answered(32);
        // One was spent by the question.
        for _ in 0..29 {
            assert!(is_granted(&take(NOW)));
        }
        assert!(matches!(take(NOW + 1), Found::Ask(ask) if ask.may_lease && ask.back == 0));
        assert!(is_granted(&take(NOW + 1)));
        assert!(
            is_granted(&answered(0)),
            "the last one, when there is no more"
        );
        // A lease that is spent slowly is spent to its end.
        answered(32);
        for number in 0..31 {
            assert!(is_granted(&take(NOW + 1_000)), "{number}");
        }
        assert!(matches!(take(NOW + 1_000), Found::Ask(_)));
    }

    #[test]
    fn a_clock_that_steps_back_prolongs_nothing() {
        let leases = leases();
        let take = |set, now_ms| leases.take(set, "a", 1, now_ms);
        leases.answered(Set::ApiKey, "a", 1, &answer(10, 0), NOW);
        assert!(matches!(take(Set::ApiKey, NOW - 10), Found::Ask(_)));
        leases.answered(Set::Refresh, "a", 1, &answer(0, 5_000), NOW);
        assert!(matches!(take(Set::Refresh, NOW + 4_999), Found::Refused(_)));
        assert!(matches!(
            take(Set::Refresh, NOW - 100_000_000),
            Found::Ask(_)
        ));
        leases.unreachable(Set::Login, "a", 1, NOW);
        assert_eq!(take(Set::Login, NOW + 1), Found::Closed);
        assert!(matches!(take(Set::Login, NOW - 10), Found::Ask(_)));
    }

    #[test]
    fn a_refusal_is_for_what_costs_as_much_or_more() {
        let leases = leases();
        leases.answered(Set::Refresh, "a", 5, &answer(0, 5_000), NOW);
        for (need, is_refused) in [(4, false), (5, true), (6, true)] {
            let found = leases.take(Set::Refresh, "a", need, NOW);
            assert_eq!(matches!(found, Found::Refused(_)), is_refused, "{need}");
        }
    }

    #[test]
    fn a_refusal_holds_for_half_a_percent_of_the_window() {
        let mut quotas = POLICIES.map(|policy| policy.default);
        quotas[0] = Rate::new(100_000, 60);
        let leases = Leases::new(quotas);
        let found = leases.answered(Set::Anonymous, "a", 1, &answer(0, 1), NOW);
        assert!(matches!(found, Found::Refused(refusal) if refusal.until_ms == NOW + 300));
    }

    #[test]
    fn memory_is_bounded_and_keeps_refusals_longest() {
        let leases = leases();
        leases.answered(Set::Anonymous, "refused", 1, &answer(0, 60_000), NOW);
        for number in 0..3 * MAX_KEYS {
            // Each idle by the time the next ones come.
            let now_ms = NOW + i64::try_from(number).unwrap();
            leases.answered(
                Set::Anonymous,
                &number.to_string(),
                1,
                &answer(1, 0),
                now_ms,
            );
            assert!(leases.len() <= MAX_KEYS);
        }
        let found = leases.take(Set::Anonymous, "refused", 1, NOW + 30_000);
        assert!(matches!(found, Found::Refused(_)));
        // A flood from everywhere at once: bounded all the same.
        for number in 0..3 * MAX_KEYS {
            let key = format!("at once {number}");
            leases.answered(Set::Anonymous, &key, 1, &answer(0, 60_000), NOW);
            assert!(leases.len() <= MAX_KEYS);
        }
    }
}
