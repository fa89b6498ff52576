//! The decision of the Durable Object of one key, as a pure function of state and request.
//! It never grants more than the quotas have, and charges all policies or none. `platform` has storage,
//! alarms and calls.

use std::fmt::Write as _;

use super::gcra::{Rate, Tat};
use super::policies::MAX_POLICIES;
#[cfg(not(target_arch = "wasm32"))]
use platform::native::ObjectRules;

/// How long an isolate may spend what it was handed, in milliseconds.
pub const LEASE_MS: i64 = 2_000;
/// The most that is handed out at once.
const MAX_LEASE: u32 = 100;
/// Quotas below this many a minute are asked for one by one.
const MIN_LEASED_PER_MINUTE: u64 = 600;
/// A policy whose window is no longer than a lease lives, in seconds.
const SHORT_WINDOW_S: u32 = 2;

/// One value for each policy of a bucket; `None` where it has no second one.
pub type Each<T> = [Option<T>; MAX_POLICIES];

/// What an isolate asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The quotas.
    pub rates: Each<Rate>,
    /// What the request costs.
    pub need: u32,
    /// Whether more than that may be handed out.
    pub may_lease: bool,
    /// What was handed out before and not spent.
    pub back: u32,
    /// Milliseconds since that was handed out.
    pub back_age_ms: i64,
}

/// One policy after the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PolicyState {
    /// How much is left.
    pub remaining: u32,
    /// Milliseconds until all of it is there again.
    pub reset_ms: i64,
    /// Milliseconds until there is enough for what was asked; 0 when there was.
    pub retry_ms: i64,
}

impl PolicyState {
    /// How `tat` stands, and how long `need` more have to wait.
    pub fn of(rate: Rate, tat: Tat, now: i64, need: u32) -> Self {
        Self {
            remaining: rate.remaining(tat, now),
            reset_ms: milliseconds(rate.reset_us(tat, now)),
            retry_ms: milliseconds(rate.retry_after_us(tat, now, need)),
        }
    }
}

/// What the object answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectAnswer {
    /// What was handed out: at least what was needed, or 0 for a refusal.
    pub granted: u32,
    /// How each policy stands; nothing where there is none.
    pub states: [PolicyState; MAX_POLICIES],
}

/// The answer, and what the object has to keep for the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// For the isolate: an [`ObjectAnswer`] as text.
    pub answer: String,
    /// For the storage.
    pub state: String,
    /// When all quotas are whole again and the state is worth nothing, in milliseconds since 1970.
    pub forget_at_ms: i64,
}

/// Reads whole numbers separated by blanks, the one form of all texts here: as many as `numbers`
/// has, no more and no fewer.
fn read(text: &str, numbers: &mut [i64]) -> Option<()> {
    let mut words = text.split_ascii_whitespace();
    for number in numbers {
        *number = words.next()?.parse().ok()?;
    }
    words.next().is_none().then_some(())
}

fn written(numbers: &[i64]) -> String {
    let mut text = String::new();
    for number in numbers {
        // Writing to a String cannot fail.
        let _ = write!(text, "{number} ");
    }
    text
}

fn count(number: i64) -> Option<u32> {
    u32::try_from(number).ok()
}

impl Ask {
    /// As text, for the way to the object.
    pub fn to_text(&self) -> String {
        let mut numbers = [0; 4 + 2 * MAX_POLICIES];
        numbers[0] = self.need.into();
        numbers[1] = self.may_lease.into();
        numbers[2] = self.back.into();
        numbers[3] = self.back_age_ms;
        for (index, rate) in self.rates.iter().flatten().enumerate() {
            numbers[4 + 2 * index] = rate.quota().into();
            numbers[5 + 2 * index] = rate.window_s().into();
        }
        written(&numbers)
    }

    /// Reads what [`Self::to_text`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = [0; 4 + 2 * MAX_POLICIES];
        read(text, &mut numbers)?;
        let mut rates = [None; MAX_POLICIES];
        for (index, rate) in rates.iter_mut().enumerate() {
            let (quota, window_s) = (
                count(numbers[4 + 2 * index])?,
                count(numbers[5 + 2 * index])?,
            );
            *rate = (quota > 0).then_some(Rate::new(quota, window_s));
        }
        rates[0].is_some().then_some(Self {
            rates,
            need: count(numbers[0])?,
            may_lease: numbers[1] != 0,
            back: count(numbers[2])?,
            back_age_ms: numbers[3],
        })
    }
}

impl ObjectAnswer {
    fn to_text(&self) -> String {
        let mut numbers = [0; 1 + 3 * MAX_POLICIES];
        numbers[0] = self.granted.into();
        for (index, state) in self.states.iter().enumerate() {
            numbers[1 + 3 * index] = state.remaining.into();
            numbers[2 + 3 * index] = state.reset_ms;
            numbers[3 + 3 * index] = state.retry_ms;
        }
        written(&numbers)
    }

    /// Reads an object's answer.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = [0; 1 + 3 * MAX_POLICIES];
        read(text, &mut numbers)?;
        let mut states = [PolicyState::default(); MAX_POLICIES];
        for (index, state) in states.iter_mut().enumerate() {
            state.remaining = count(numbers[1 + 3 * index])?;
            state.reset_ms = numbers[2 + 3 * index];
            state.retry_ms = numbers[3 + 3 * index];
        }
        Some(Self {
            granted: count(numbers[0])?,
            states,
        })
    }
}

/// The stored times. Nothing is stored of an object that was never asked: all is whole.
fn read_state(text: &str) -> [Tat; MAX_POLICIES] {
    let mut numbers = [0; 2 * MAX_POLICIES];
    let mut tats = [Tat::default(); MAX_POLICIES];
    if read(text, &mut numbers).is_some() {
        for (index, tat) in tats.iter_mut().enumerate() {
            tat.us = numbers[2 * index];
            tat.parts = count(numbers[2 * index + 1]).unwrap_or_default();
        }
    }
    tats
}

fn write_state(tats: &[Tat; MAX_POLICIES]) -> String {
    let mut numbers = [0; 2 * MAX_POLICIES];
    for (index, tat) in tats.iter().enumerate() {
        numbers[2 * index] = tat.us;
        numbers[2 * index + 1] = tat.parts.into();
    }
    written(&numbers)
}

/// Each policy's time with its quota.
fn pairs<'a>(
    tats: &'a mut [Tat; MAX_POLICIES],
    rates: &'a Each<Rate>,
) -> impl Iterator<Item = (&'a mut Tat, Rate)> {
    let pairs = tats.iter_mut().zip(rates);
    pairs.filter_map(|(tat, rate)| rate.map(|rate| (tat, rate)))
}

/// How much to hand out under one policy, when `remaining` of it are left. What is handed out is
/// deducted at once, so the more there is the less a share hurts, and near the end each one is
/// asked for: what one isolate would hold back, another could not use.
fn share(rate: Rate, remaining: u32, need: u32) -> u32 {
    let per_minute_in_window = u64::from(rate.quota()) * 60;
    let is_slow = per_minute_in_window < MIN_LEASED_PER_MINUTE * u64::from(rate.window_s());
    if is_slow || u64::from(remaining) * 4 < u64::from(rate.quota()) {
        return need;
    }
    // A short window refills while the lease is being spent: a twentieth of one second's quota
    // would be spent in no time (two requests of 50, half a question a request), and nothing that is
    // held back is missed for longer than that.
    let part = if rate.window_s() <= SHORT_WINDOW_S {
        4
    } else {
        20
    };
    (remaining / part).clamp(1, MAX_LEASE).max(need)
}

/// Takes `count` under all policies, or under none and gives false.
pub fn take_all(tats: &mut [Tat; MAX_POLICIES], rates: &Each<Rate>, now: i64, count: u32) -> bool {
    let mut after = *tats;
    for (tat, rate) in pairs(&mut after, rates) {
        let Some(taken) = rate.take(*tat, now, count) else {
            return false;
        };
        *tat = taken;
    }
    *tats = after;
    true
}

/// Puts `count` back under all policies.
pub fn give_back_all(tats: &mut [Tat; MAX_POLICIES], rates: &Each<Rate>, now: i64, count: u32) {
    for (tat, rate) in pairs(tats, rates) {
        *tat = rate.give_back(*tat, now, count);
    }
}

/// How all policies stand, and how long `need` more have to wait under each.
pub fn standings_of(
    tats: &mut [Tat; MAX_POLICIES],
    rates: &Each<Rate>,
    now: i64,
    need: u32,
) -> [PolicyState; MAX_POLICIES] {
    let mut states = [PolicyState::default(); MAX_POLICIES];
    for (state, (tat, rate)) in states.iter_mut().zip(pairs(tats, rates)) {
        *state = PolicyState::of(rate, *tat, now, need);
    }
    states
}

/// Answers one question. `None` when the question cannot be read.
pub fn decide(state: &str, ask: &str, now_ms: i64) -> Option<Decision> {
    let ask = Ask::parse(ask)?;
    let now = now_ms.saturating_mul(1000); // microseconds
    let mut tats = read_state(state);
    let mut wanted = u32::MAX;
    for (tat, rate) in pairs(&mut tats, &ask.rates) {
        // What was handed out longer ago than the window has come back by itself.
        if (0..i64::from(rate.window_s()) * 1000).contains(&ask.back_age_ms) {
            *tat = rate.give_back(*tat, now, ask.back);
        }
        wanted = wanted.min(share(rate, rate.remaining(*tat, now), ask.need));
    }
    if !ask.may_lease {
        wanted = ask.need;
    }
    let is_granted = take_all(&mut tats, &ask.rates, now, wanted);
    let (granted, waiting) = if is_granted {
        (wanted, 0)
    } else {
        (0, ask.need)
    };
    let answer = ObjectAnswer {
        granted,
        states: standings_of(&mut tats, &ask.rates, now, waiting),
    };
    Some(Decision {
        answer: answer.to_text(),
        state: write_state(&tats),
        forget_at_ms: forget_at_ms(&tats),
    })
}

/// The same for [`MemoryLimiter`](platform::native::MemoryLimiter), which is told what to decide.
#[cfg(not(target_arch = "wasm32"))]
pub const RULES: ObjectRules = ObjectRules {
    decide: |state, ask, now_ms| {
        decide(state, ask, now_ms).map(|decision| (decision.answer, decision.state))
    },
    forgotten_at_ms,
};

/// When a stored state is worth nothing any more, in milliseconds since 1970.
pub fn forgotten_at_ms(state: &str) -> i64 {
    forget_at_ms(&read_state(state))
}

fn forget_at_ms(tats: &[Tat; MAX_POLICIES]) -> i64 {
    let last = tats.iter().map(|tat| tat.us).max().unwrap_or_default();
    // A part of a microsecond, and of a millisecond, is still to come.
    last.saturating_add(1).div_euclid(1000) + 1
}

/// Rounded up.
fn milliseconds(us: i64) -> i64 {
    (us + 999) / 1000
}
