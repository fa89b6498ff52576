//! Queues and other servers in memory: messages wait until the test takes them, and the test answers
//! for everyone.

use std::cell::RefCell;
use std::rc::Rc;

use super::TestClock;
use crate::{
    Clock as _, HttpAnswer, HttpClient, HttpError, HttpFailure, HttpRequest, Lane, LocalFuture,
    Message, Queue,
};

/// A message that lies in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// Which queue.
    pub lane: Lane,
    /// Its text.
    pub body: String,
    /// When it may be taken, in milliseconds since 1970.
    pub due_ms: i64,
}

/// All queues. Mails lie apart: nearly every call on accounts wakes one.
#[derive(Clone)]
pub struct MemoryQueue {
    clock: TestClock,
    messages: Rc<RefCell<Vec<Queued>>>,
    mails: Rc<RefCell<Vec<Queued>>>,
}

impl MemoryQueue {
    /// Empty queues.
    pub fn new(clock: TestClock) -> Self {
        Self {
            clock,
            messages: Rc::default(),
            mails: Rc::default(),
        }
    }

    fn of(&self, lane: Lane) -> &Rc<RefCell<Vec<Queued>>> {
        match lane {
            Lane::First | Lane::Slow => &self.messages,
            Lane::Mail => &self.mails,
        }
    }

    /// All messages but mails', in the order in which they came.
    pub fn messages(&self) -> Vec<Queued> {
        self.messages.borrow().clone()
    }

    /// Takes the messages of one queue that are due.
    pub fn take_due(&self, lane: Lane) -> Vec<String> {
        let now = self.clock.now_ms();
        let is_due = |message: &mut Queued| message.lane == lane && message.due_ms <= now;
        let mut messages = self.of(lane).borrow_mut();
        messages
            .extract_if(.., is_due)
            .map(|message| message.body)
            .collect()
    }

    /// Takes everything but mails.
    pub fn take_all(&self) -> Vec<Queued> {
        self.messages.take()
    }
}

impl Queue for MemoryQueue {
    fn send(&self, lane: Lane, messages: Vec<Message>) {
        let now = self.clock.now_ms();
        let queued = messages.into_iter().map(|message| Queued {
            lane,
            body: message.body,
            due_ms: now + i64::from(message.delay_seconds) * 1000,
        });
        self.of(lane).borrow_mut().extend(queued);
    }
}

type Answering = Box<dyn FnMut(&HttpRequest) -> Result<HttpAnswer, HttpError>>;

/// Every other server. Until the test answers for them, none can be reached.
#[derive(Clone, Default)]
pub struct MemoryWeb {
    requests: Rc<RefCell<Vec<HttpRequest>>>,
    answering: Rc<RefCell<Option<Answering>>>,
}

impl MemoryWeb {
    /// Answers all requests from now on by `answering`.
    pub fn answer_with(
        &self,
        answering: impl FnMut(&HttpRequest) -> Result<HttpAnswer, HttpError> + 'static,
    ) {
        *self.answering.borrow_mut() = Some(Box::new(answering));
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<HttpRequest> {
        self.requests.borrow().clone()
    }

    /// Takes the requests so far.
    pub fn take_requests(&self) -> Vec<HttpRequest> {
        self.requests.take()
    }

    /// An answer of this status, without a body.
    pub const fn status(status: u16) -> Result<HttpAnswer, HttpError> {
        Ok(HttpAnswer {
            status,
            retry_after: None,
            body: Vec::new(),
        })
    }

    /// An exchange that fails before anything came back.
    pub fn fails(failure: HttpFailure) -> Result<HttpAnswer, HttpError> {
        Err(HttpError {
            failure,
            cause: format!("{failure:?}"),
            begun: None,
        })
    }
}

impl HttpClient for MemoryWeb {
    fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpAnswer, HttpError>> {
        Box::pin(async move {
            self.requests.borrow_mut().push(request.clone());
            match self.answering.borrow_mut().as_mut() {
                Some(answering) => answering(&request),
                None => Self::fails(HttpFailure::Connection),
            }
        })
    }
}
