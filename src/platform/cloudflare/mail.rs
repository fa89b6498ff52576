//! Mail on Cloudflare Workers.
//! Promises to say so when there is no way to send any; leaves retries to the features.

use crate::platform::{LocalFuture, Mail, MailError, MailMessage};

/// Mail is not set up.
pub struct Unconfigured;

impl Mail for Unconfigured {
    fn send<'a>(&'a self, _: &'a MailMessage) -> LocalFuture<'a, Result<(), MailError>> {
        Box::pin(async {
            let why = "mail is not configured".to_owned();
            Err(MailError::Permanent(why))
        })
    }
}
