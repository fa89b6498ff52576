//! Receivers of ten kinds. Whatever they see that must not be is noted with the kind that saw it.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use wvw_builder::platform::native::{MemoryWeb, TestClock, TestDatabase};
use wvw_builder::platform::{
    Clock as _, HttpAnswer, HttpClient, HttpError, HttpFailure, HttpRequest, LocalFuture,
};

use crate::faults::Dice;
use crate::world::{DAY_MS, HOUR_MS};
use testing::databases::step_aside;
use testing::webhooks::{answer_of, header};

/// The waits of the schedule, in seconds.
const WAITS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

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

impl Kind {
    pub fn any(dice: &Dice) -> Self {
        match dice.roll(10) {
            0 => Self::Good,
            1 => Self::Flaky,
            2 => Self::Broken,
            3 => Self::Busy,
            4 => Self::Gone,
            5 => Self::Hanging,
            6 => Self::Unreachable,
            7 => Self::Moved,
            8 => Self::DownForDays,
            _ => Self::Rated,
        }
    }
}

/// An endpoint's URL and a `webhook-id`.
pub type Key = (String, String);

/// What a receiver has seen of one event.
#[derive(Default)]
pub struct Seen {
    body: String,
    pub attempts: usize,
    pub succeeded: bool,
    /// The place in the schedule of the last attempt, and no other before this time by the Worker's
    /// clock, if that attempt was written down.
    step: i64,
    not_before: i64,
}

#[derive(Default)]
pub struct Log {
    pub seen: HashMap<Key, Seen>,
    /// Under which id a body came to an endpoint: it names its event.
    ids: HashMap<(String, String), String>,
    /// Attempts that are being made.
    under_way: HashSet<Key>,
    /// Endpoints that were disabled, or deleted, before what is going on now began.
    pub disabled: HashSet<String>,
    pub deleted: HashSet<String>,
    /// When endpoints with a rate were called, by a clock that never steps.
    pub rated: HashMap<usize, Vec<i64>>,
    pub violations: Vec<String>,
}

/// All receivers.
pub struct Receivers {
    pub kinds: Vec<Kind>,
    pub log: Rc<RefCell<Log>>,
    pub dice: Rc<Dice>,
    pub clock: TestClock,
    pub database: TestDatabase,
    /// When the run began, and by how much the Worker's clock has stepped since.
    pub begun: i64,
    pub stepped: Rc<Cell<i64>>,
}

/// An attempt under way, until it is over or its isolate is killed.
struct UnderWay<'l> {
    log: &'l RefCell<Log>,
    key: Key,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.log.borrow_mut().under_way.remove(&self.key);
    }
}

impl HttpClient for Receivers {
    fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpAnswer, HttpError>> {
        Box::pin(async move {
            let digits = request.url["https://r".len()..].split('.').next();
            let place = digits.and_then(|digits| digits.parse().ok());
            let place: usize = place.expect("a receiver of ours");
            let id = header(&request, "webhook-id").to_owned();
            let key = (request.url.clone(), id);
            let kind = self.kinds[place];
            let began = self.clock.now_ms();
            let step = self.begin(kind, &key, &request, began);
            let _under_way = UnderWay {
                log: &self.log,
                key: key.clone(),
            };
            self.linger().await;
            let result = self.respond(kind);
            // An exchange takes time.
            self.clock.advance_ms(self.dice.up_to(40));
            self.end(kind, place, key, step, &result, began);
            self.linger().await;
            result
        })
    }
}

impl Receivers {
    async fn linger(&self) {
        for _ in 0..self.dice.roll(4) {
            step_aside().await;
        }
    }

    /// Whether this attempt may be made. Gives its place in the schedule.
    fn begin(&self, kind: Kind, key: &Key, request: &HttpRequest, now: i64) -> i64 {
        let (url, id) = key;
        let rows = self.database.execute(&format!(
            "SELECT w.disabled_at IS NOT NULL OR u.disabled_at IS NOT NULL, d.state, d.claim IS NOT NULL, d.next_attempt_at, d.step, \
             w.is_proven = 1 OR e.type = 'ping' FROM webhooks w JOIN users u ON u.id = w.user_id \
             LEFT JOIN webhook_events e ON e.id = '{id}' LEFT JOIN webhook_deliveries d \
             ON d.webhook_id = w.id AND d.event_id = '{id}' WHERE w.url = '{url}'"
        ));
        let mut log = self.log.borrow_mut();
        let mut wrong = Vec::new();
        let mut step = 0;
        if let Some(row) = rows.first() {
            let is_disabled = row.integer(0).expect("0 or 1") == 1;
            if is_disabled && log.disabled.contains(url) {
                wrong.push("called though it is disabled".to_owned());
            }
            let state = row.optional_text(1).expect("a state");
            let leased = row.optional_integer(2).expect("0 or 1") == Some(1);
            let expires_at = row.optional_integer(3).expect("a time").unwrap_or(0);
            if state != Some("pending") || !leased || expires_at <= now {
                let left = expires_at - now;
                wrong.push(format!("no live lease: {state:?} {leased} {left}"));
            }
            if row.optional_integer(5).expect("0 or 1") != Some(1) {
                wrong.push("called though it is unproved".to_owned());
            }
            step = row.optional_integer(4).expect("a step").unwrap_or(0);
        } else if log.deleted.contains(url) {
            wrong.push("called though it is deleted".to_owned());
        }
        if !log.under_way.insert(key.clone()) {
            wrong.push("two attempts at once".to_owned());
        }
        let body = request.body.as_ref().expect("a body").as_str();
        let known = log.ids.entry((url.clone(), body.to_owned()));
        let known = known.or_insert_with(|| id.clone());
        if known != id {
            wrong.push("another id for the same event".to_owned());
        }
        let seen = log.seen.entry(key.clone()).or_default();
        if seen.attempts > 0 && seen.body != body {
            wrong.push("another body under the same id".to_owned());
        }
        // Written down as a failure, and not begun again by its owner.
        if seen.attempts > 0 && step == seen.step + 1 && now < seen.not_before {
            wrong.push(format!("{} ms too early", seen.not_before - now));
        }
        body.clone_into(&mut seen.body);
        seen.attempts += 1;
        let wrong = wrong.into_iter().map(|what| format!("{kind:?}: {what}"));
        log.violations.extend(wrong);
        step
    }

    fn end(
        &self,
        kind: Kind,
        place: usize,
        key: Key,
        step: i64,
        result: &Result<HttpAnswer, HttpError>,
        began: i64,
    ) {
        let mut log = self.log.borrow_mut();
        if kind == Kind::Rated {
            let times = log.rated.entry(place).or_default();
            times.push(began - self.stepped.get());
        }
        let seen = log.seen.entry(key).or_default();
        seen.succeeded |= matches!(result, Ok(answer) if (200..300).contains(&answer.status));
        let asked = match result {
            Ok(answer) => answer.retry_after.as_deref().and_then(|it| it.parse().ok()),
            Err(_) => None,
        };
        let own = usize::try_from(step).ok().and_then(|step| WAITS.get(step));
        let own = own.copied().unwrap_or(0) * 900;
        seen.step = step;
        seen.not_before = self.clock.now_ms() + own.max(asked.unwrap_or(0_i64) * 1_000);
    }

    fn respond(&self, kind: Kind) -> Result<HttpAnswer, HttpError> {
        let (dice, age) = (&self.dice, self.clock.now_ms() - self.begun);
        let with_wait = |status: u16, seconds: u32| {
            Ok(HttpAnswer {
                retry_after: Some(seconds.to_string()),
                ..answer_of(status, b"busy".to_vec())
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
}
