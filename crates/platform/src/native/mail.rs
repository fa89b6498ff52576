//! Mailboxes in memory. A message arrives at once unless the test says otherwise.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::TestClock;
use crate::mail::compose::check;
use crate::{Clock as _, LocalFuture, Mail, MailError, MailMessage};

/// Everyone's mailbox.
#[derive(Clone)]
pub struct MemoryMail {
    clock: TestClock,
    sent: Rc<RefCell<Vec<MailMessage>>>,
    attempts: Rc<Cell<usize>>,
    failure: Rc<RefCell<Option<MailError>>>,
    is_missing: Rc<Cell<bool>>,
    delay_ms: Rc<Cell<u32>>,
}

impl MemoryMail {
    /// Empty mailboxes.
    pub fn new(clock: TestClock) -> Self {
        Self {
            clock,
            sent: Rc::default(),
            attempts: Rc::default(),
            failure: Rc::default(),
            is_missing: Rc::default(),
            delay_ms: Rc::default(),
        }
    }

    /// All messages that were taken over, in order.
    pub fn sent(&self) -> Vec<MailMessage> {
        self.sent.borrow().clone()
    }

    /// Takes the messages so far.
    pub fn take_sent(&self) -> Vec<MailMessage> {
        self.sent.take()
    }

    /// How often someone tried to send, with or without success.
    pub fn attempts(&self) -> usize {
        self.attempts.get()
    }

    /// Makes every attempt fail with this error, or succeed again.
    pub fn fail_with(&self, failure: Option<MailError>) {
        self.failure.replace(failure);
    }

    /// Makes every attempt fail for now.
    pub fn fail_temporarily(&self) {
        self.fail_with(Some(MailError::Temporary("421 try again".to_owned())));
    }

    /// Makes every attempt fail for good.
    pub fn fail_permanently(&self) {
        self.fail_with(Some(MailError::Permanent("550 no such user".to_owned())));
    }

    /// Takes away any way to send mail.
    pub fn set_missing(&self) {
        self.is_missing.set(true);
        self.fail_permanently();
    }

    /// Makes every attempt take so long; see [`TestClock`] for what that means here.
    pub fn set_delay_ms(&self, ms: u32) {
        self.delay_ms.set(ms);
    }
}

/// A mail that loads something tells whoever serves it that, when and where it was read.
///
/// # Panics
/// When `html` would.
fn assert_loads_nothing(html: &str) {
    let lower = html.to_ascii_lowercase();
    for loading in [
        "<img",
        "<link",
        "<script",
        "<iframe",
        "<object",
        "<video",
        "<audio",
        "<svg",
        " src=",
        " srcset=",
        " background=",
        "url(",
        "@import",
    ] {
        assert!(!lower.contains(loading), "{loading} in {html}");
    }
}

impl Mail for MemoryMail {
    fn is_set_up(&self) -> bool {
        !self.is_missing.get()
    }

    fn send<'a>(&'a self, message: &'a MailMessage) -> LocalFuture<'a, Result<(), MailError>> {
        Box::pin(async move {
            self.attempts.set(self.attempts.get() + 1);
            match self.delay_ms.get() {
                0 => {}
                ms => self.clock.sleep(ms).await,
            }
            assert_loads_nothing(&message.html);
            check(message)?;
            if let Some(failure) = self.failure.borrow().clone() {
                return Err(failure);
            }
            self.sent.borrow_mut().push(message.clone());
            Ok(())
        })
    }
}
