//! What the Durable Object of one key decides: state and question in, state and answer out.
//! Promises that no more is handed out than the quotas have, and all policies or none are charged.
//! Leaves storage, alarms and calls to `platform`, and what is handed out to `leases`.

use std::fmt::Write as _;

use super::gcra::{Rate, Tat};
use super::policies::MAX_POLICIES;

/// How long an isolate may spend what it was handed, in milliseconds.
pub const LEASE_MS: i64 = 2_000;
/// The most that is handed out at once.
const MAX_LEASE: u32 = 100;
/// Quotas below this many a minute are asked for one by one.
const MIN_LEASED_PER_MINUTE: u64 = 600;
/// A policy whose window is no longer than a lease lives, in seconds.
const SHORT_WINDOW_S: u32 = 2;

/// What an isolate asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The quotas, in the order of the set's policies.
    pub rates: Vec<Rate>,
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
pub struct Standing {
    /// How much is left.
    pub remaining: u32,
    /// Milliseconds until all of it is there again.
    pub reset_ms: i64,
    /// Milliseconds until there is enough for what was asked; 0 when there was.
    pub retry_ms: i64,
}

impl Standing {
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
pub struct Answer {
    /// What was handed out: at least what was needed, or 0 for a refusal.
    pub granted: u32,
    /// Each policy, in the order of the question.
    pub standings: Vec<Standing>,
}

/// The answer, and what the object has to keep for the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// For the isolate: an [`Answer`] as text.
    pub answer: String,
    /// For the storage.
    pub state: String,
    /// When all quotas are whole again and the state is worth nothing, in milliseconds since 1970.
    pub forget_at_ms: i64,
}

/// Numbers separated by blanks: the one form of all texts here.
fn numbers(text: &str) -> Option<Vec<i64>> {
    let words = text.split_ascii_whitespace();
    words.map(|word| word.parse().ok()).collect()
}

fn written(numbers: impl IntoIterator<Item = i64>) -> String {
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
        let head = [
            i64::from(self.need),
            i64::from(self.may_lease),
            i64::from(self.back),
            self.back_age_ms,
        ];
        let rates = self.rates.iter();
        let rates = rates.flat_map(|rate| [rate.quota().into(), rate.window_s().into()]);
        written(head.into_iter().chain(rates))
    }

    /// Reads what [`Self::to_text`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = numbers(text)?;
        let (head, rates) = numbers.split_at_checked(4)?;
        let rates: Option<Vec<Rate>> = rates
            .chunks(2)
            .map(|rate| Some(Rate::new(count(*rate.first()?)?, count(*rate.get(1)?)?)))
            .collect();
        let rates = rates.filter(|rates| (1..=MAX_POLICIES).contains(&rates.len()))?;
        Some(Self {
            rates,
            need: count(head[0])?,
            may_lease: head[1] != 0,
            back: count(head[2])?,
            back_age_ms: head[3],
        })
    }
}

impl Answer {
    fn to_text(&self) -> String {
        let standings = self.standings.iter();
        let standings = standings.flat_map(|s| [i64::from(s.remaining), s.reset_ms, s.retry_ms]);
        written([i64::from(self.granted)].into_iter().chain(standings))
    }

    /// Reads an object's answer.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = numbers(text)?;
        let (granted, standings) = numbers.split_first()?;
        let standings: Option<Vec<Standing>> = standings
            .chunks(3)
            .map(|part| {
                let [remaining, reset_ms, retry_ms] = *part else {
                    return None;
                };
                Some(Standing {
                    remaining: count(remaining)?,
                    reset_ms,
                    retry_ms,
                })
            })
            .collect();
        Some(Self {
            granted: count(*granted)?,
            standings: standings?,
        })
    }
}

/// The stored times; a policy that the state does not know yet is whole.
fn read_state(text: &str, policies: usize) -> Vec<Tat> {
    let numbers = numbers(text).unwrap_or_default();
    let mut tats: Vec<Tat> = numbers
        .chunks(2)
        .map(|tat| Tat {
            us: tat[0],
            parts: tat.get(1).copied().and_then(count).unwrap_or_default(),
        })
        .collect();
    tats.resize(policies, Tat::default());
    tats
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
    // would be spent in no time, and nothing that is held back is missed for longer than that.
    let part = if rate.window_s() <= SHORT_WINDOW_S {
        4
    } else {
        20
    };
    (remaining / part).clamp(1, MAX_LEASE).max(need)
}

/// Answers one question. `None` when the question cannot be read.
pub fn decide(state: &str, ask: &str, now_ms: i64) -> Option<Decision> {
    let ask = Ask::parse(ask)?;
    let now = now_ms.saturating_mul(1000); // microseconds
    let mut tats = read_state(state, ask.rates.len());
    for (tat, rate) in tats.iter_mut().zip(&ask.rates) {
        // What was handed out longer ago than the window has come back by itself.
        if (0..i64::from(rate.window_s()) * 1000).contains(&ask.back_age_ms) {
            *tat = rate.give_back(*tat, now, ask.back);
        }
    }
    let pairs = tats.iter().zip(&ask.rates);
    let shares = pairs.map(|(tat, rate)| share(*rate, rate.remaining(*tat, now), ask.need));
    let wanted = match shares.min() {
        Some(share) if ask.may_lease => share,
        _ => ask.need,
    };
    let pairs = tats.iter().zip(&ask.rates);
    let taken: Option<Vec<Tat>> = pairs
        .map(|(tat, rate)| rate.take(*tat, now, wanted))
        .collect();
    let granted = if taken.is_some() { wanted } else { 0 };
    let retry_for = if granted == 0 { ask.need } else { 0 };
    let tats = taken.unwrap_or(tats);
    let standings = tats.iter().zip(&ask.rates);
    let answer = Answer {
        granted,
        standings: standings
            .map(|(tat, rate)| Standing::of(*rate, *tat, now, retry_for))
            .collect(),
    };
    Some(Decision {
        answer: answer.to_text(),
        forget_at_ms: forget_at_ms(&tats),
        state: written(tats.iter().flat_map(|tat| [tat.us, tat.parts.into()])),
    })
}

/// When the whole of a stored state will have passed, in milliseconds since 1970.
pub fn forgotten_at_ms(state: &str) -> i64 {
    forget_at_ms(&read_state(
        state,
        state.split_ascii_whitespace().count() / 2,
    ))
}

fn forget_at_ms(tats: &[Tat]) -> i64 {
    let last = tats.iter().map(|tat| tat.us).max().unwrap_or_default();
    // A part of a microsecond, and of a millisecond, is still to come.
    last.saturating_add(1).div_euclid(1000) + 1
}

/// Rounded up.
fn milliseconds(us: i64) -> i64 {
    (us + 999) / 1000
}
