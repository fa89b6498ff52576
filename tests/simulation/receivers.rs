//! Receivers of ten kinds, and what each of them must never see.
//! Promises that whatever they see wrong is written down with the kind that saw it.
//! Leaves what must hold at the end to the simulation.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use wvw_builder::platform::native::{MemoryWeb, SeededRandom, TestPlatform};
use wvw_builder::platform::{
    Clock as _, HttpAnswer, HttpError, HttpFailure, HttpRequest, Random as _,
};

use crate::world::{DAY_MS, HOUR_MS};

/// Small numbers from a seed.
pub struct Dice(pub SeededRandom);

impl Dice {
    pub fn roll(&self, sides: u32) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes) % sides
    }

    pub fn one_in(&self, sides: u32) -> bool {
        self.roll(sides) == 0
    }
}

/// How a receiver answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Good,
    Flaky,
    Broken,
    Busy,
    Gone,
    Hanging,
    Unreachable,
    Moved,
    DownForDays,
    Rated,
}

pub const KINDS: [Kind; 10] = [
    Kind::Good,
    Kind::Flaky,
    Kind::Broken,
    Kind::Busy,
    Kind::Gone,
    Kind::Hanging,
    Kind::Unreachable,
    Kind::Moved,
    Kind::DownForDays,
    Kind::Rated,
];

/// What a receiver has seen of one event.
#[derive(Default)]
pub struct Seen {
    body: String,
    attempts: usize,
    pub succeeded: bool,
    /// No attempt before this time by the Worker's clock, if the last one was written down.
    not_before: i64,
}

#[derive(Default)]
pub struct Log {
    pub seen: HashMap<(String, String), Seen>,
    /// When endpoints with a rate were called.
    pub rated: HashMap<usize, Vec<i64>>,
    pub violations: Vec<String>,
}

/// Answers for all receivers and writes down what they see.
pub fn answer(
    test: &TestPlatform,
    kinds: &[Kind],
    log: &Rc<RefCell<Log>>,
    dice: &Rc<Dice>,
    is_strict: bool,
) {
    let (kinds, log, dice) = (kinds.to_vec(), Rc::clone(log), Rc::clone(dice));
    let clock = test.clock.clone();
    let begun = clock.now_ms();
    let waits = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    test.web.answer_with(move |request| {
        let place: usize = request.url["https://r".len()..]
            .split('.')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let (kind, now) = (kinds[place], clock.now_ms());
        let result = respond(kind, now - begun, &dice);
        // An exchange takes time.
        clock.advance_ms(i64::from(dice.roll(40)));
        let mut log = log.borrow_mut();
        if kind == Kind::Rated {
            log.rated.entry(place).or_default().push(now);
        }
        let problem = note(&mut log, request, &result, now, clock.now_ms(), &waits);
        if let Some(problem) = problem.filter(|_| is_strict) {
            log.violations.push(format!("{kind:?}: {problem}"));
        }
        result
    });
}

fn note(
    log: &mut Log,
    request: &HttpRequest,
    result: &Result<HttpAnswer, HttpError>,
    began: i64,
    ended: i64,
    waits: &[i64],
) -> Option<String> {
    let id = request
        .headers
        .iter()
        .find(|(name, _)| name == "webhook-id");
    let key = (request.url.clone(), id.expect("an id").1.clone());
    let body = request.body.as_ref().expect("a body").as_str();
    let seen = log.seen.entry(key).or_default();
    let problem = if seen.attempts > 0 && seen.body != body {
        Some("another body under the same id".to_owned())
    } else if seen.succeeded {
        Some("an attempt after success".to_owned())
    } else if began < seen.not_before {
        Some(format!("{} ms too early", seen.not_before - began))
    } else {
        None
    };
    body.clone_into(&mut seen.body);
    seen.succeeded |= matches!(result, Ok(answer) if (200..300).contains(&answer.status));
    let asked = match result {
        Ok(answer) => answer
            .retry_after
            .as_deref()
            .and_then(|text| text.parse().ok()),
        Err(_) => None,
    };
    let own = waits.get(seen.attempts).copied().unwrap_or(0) * 900;
    seen.not_before = ended + own.max(asked.unwrap_or(0_i64) * 1_000);
    seen.attempts += 1;
    problem
}

fn respond(kind: Kind, age: i64, dice: &Dice) -> Result<HttpAnswer, HttpError> {
    let with_wait = |status: u16, seconds: u32| {
        Ok(HttpAnswer {
            status,
            retry_after: Some(seconds.to_string()),
            body: b"busy".to_vec(),
        })
    };
    match kind {
        Kind::Flaky if dice.one_in(2) => MemoryWeb::status(503),
        Kind::Good | Kind::Rated | Kind::Flaky => MemoryWeb::status(204),
        Kind::Broken => MemoryWeb::status(500),
        Kind::Busy if dice.one_in(2) => with_wait(429, dice.roll(3_600)),
        Kind::Gone if age > 6 * HOUR_MS => MemoryWeb::status(410),
        Kind::DownForDays if age < 4 * DAY_MS => MemoryWeb::fails(HttpFailure::Connection),
        Kind::Busy | Kind::Gone | Kind::DownForDays => MemoryWeb::status(200),
        Kind::Hanging => MemoryWeb::fails(HttpFailure::Timeout),
        Kind::Unreachable => MemoryWeb::fails(HttpFailure::Connection),
        Kind::Moved => MemoryWeb::status(308),
    }
}
