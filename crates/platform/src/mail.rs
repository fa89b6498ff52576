//! The mail port. A message is taken over whole, or the error says whether trying again is of use.

use super::LocalFuture;

pub mod compose;
pub mod smtp;

/// How mail is sent, if it is.
#[derive(Debug)]
pub struct MailSettings {
    /// The address that mail comes from.
    pub from: String,
    /// Who takes it over.
    pub transport: Transport,
}

/// Who takes mail over.
#[derive(Debug)]
pub enum Transport {
    /// Nobody: what needs mail says so.
    Off,
    /// Cloudflare, through the `send_email` binding `EMAIL`.
    Binding,
    /// A mail server.
    Smtp(smtp::Smtp),
}

impl MailSettings {
    /// Whether nothing is sent.
    pub const fn is_off(&self) -> bool {
        matches!(self.transport, Transport::Off)
    }
}

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

impl MailError {
    /// What the `send_email` binding's code says; one that is not known may be anything. The codes
    /// of the sender are about our configuration, not about the message.
    pub fn of_binding(code: Option<&str>) -> Self {
        let code = code.unwrap_or("no code");
        let why = format!("{code} from the binding EMAIL");
        let is_permanent = match code {
            "E_VALIDATION_ERROR"
            | "E_FIELD_MISSING"
            | "E_TOO_MANY_RECIPIENTS"
            | "E_RECIPIENT_NOT_ALLOWED"
            | "E_RECIPIENT_SUPPRESSED"
            | "E_CONTENT_TOO_LARGE" => true,
            _ => code.starts_with("E_HEADER"),
        };
        if is_permanent {
            Self::Permanent(why)
        } else {
            Self::Temporary(why)
        }
    }
}

/// The way to mailboxes (the `send_email` binding, or SMTP).
pub trait Mail {
    /// Whether there is a way to send any.
    fn is_set_up(&self) -> bool {
        true
    }

    /// Hands one message over. An error after the last byte was sent does not say that it was not
    /// taken: whoever tries again may send it twice.
    fn send<'a>(&'a self, message: &'a MailMessage) -> LocalFuture<'a, Result<(), MailError>>;
}

#[cfg(test)]
mod tests {
    use super::MailError;

    #[test]
    fn codes_of_the_binding_are_sorted() {
        for (code, is_permanent) in [
            (Some("E_VALIDATION_ERROR"), true),
            (Some("E_RECIPIENT_SUPPRESSED"), true),
            (Some("E_RECIPIENT_NOT_ALLOWED"), true),
            (Some("E_CONTENT_TOO_LARGE"), true),
            (Some("E_HEADER_NOT_ALLOWED"), true),
            (Some("E_HEADERS_TOO_LARGE"), true),
            (Some("E_RATE_LIMIT_EXCEEDED"), false),
            (Some("E_DAILY_LIMIT_EXCEEDED"), false),
            (Some("E_DELIVERY_FAILED"), false),
            (Some("E_INTERNAL_SERVER_ERROR"), false),
            (Some("E_SENDER_NOT_VERIFIED"), false),
            (Some("E_SENDER_DOMAIN_NOT_AVAILABLE"), false),
            (Some("E_OF_NEXT_YEAR"), false),
            (None, false),
        ] {
            let error = MailError::of_binding(code);
            assert_eq!(
                matches!(error, MailError::Permanent(_)),
                is_permanent,
                "{code:?}"
            );
        }
    }
}
