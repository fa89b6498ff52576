//! The port to people's mailboxes.
//! Promises that a message is taken over whole, or that it is said whether trying again is of use.
//! Leaves when, and how often, to send what to the features.

use super::LocalFuture;

/// One mail to one person, as text and as HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailMessage {
    /// The same for each attempt at the same mail, and of no other: its `Message-ID` is made of it, by
    /// which a mailbox may tell a second copy. ASCII letters, digits, `-` and `_`.
    pub id: String,
    /// When it was written, in milliseconds since 1970: its `Date`.
    pub written_ms: i64,
    /// The address alone, without a name.
    pub to: String,
    /// One line.
    pub subject: String,
    /// For readers of plain text.
    pub text: String,
    /// The same for the others; loads nothing from anywhere.
    pub html: String,
}

/// A mail that was not taken over. The text is for the log: it holds no address and no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It may be taken later.
    #[error("mail, for now: {0}")]
    Temporary(String),
    /// The same message will be refused again.
    #[error("mail, for good: {0}")]
    Permanent(String),
}

/// The way to mailboxes (the `send_email` binding, or SMTP).
pub trait Mail {
    /// Hands one message over. An error after the last byte was sent does not say that it was not
    /// taken: whoever tries again may send it twice.
    fn send<'a>(&'a self, message: &'a MailMessage) -> LocalFuture<'a, Result<(), MailError>>;
}
