//! `MAIL_...` and `SMTP_...`: how mail is sent. Production says how, or that it sends none, by name.

use std::rc::Rc;

use super::{Environment, Reader};
use crate::platform::smtp::Smtp;
use crate::platform::{MailSettings, Transport, is_plain_address};
use crate::secret::Secret;

/// The binding of [`Transport::Binding`] in `wrangler.toml`.
const BINDING: &str = "EMAIL";

impl<F: Fn(&str) -> Option<String>> Reader<'_, F> {
    pub(super) fn mail(&mut self, environment: Environment) -> MailSettings {
        let has_binding = self.get(BINDING).is_some();
        let transport = match self.get("MAIL_TRANSPORT").as_deref() {
            Some("off") => Transport::Off,
            None if environment == Environment::Development && !has_binding => Transport::Off,
            None if environment == Environment::Development => Transport::Binding,
            Some("cloudflare") => {
                if !has_binding {
                    self.refuse(
                        "MAIL_TRANSPORT",
                        "is cloudflare, so wrangler.toml needs a send_email binding with the name EMAIL",
                    );
                }
                Transport::Binding
            }
            Some("smtp") => Transport::Smtp(self.smtp(environment)),
            _ => {
                self.refuse("MAIL_TRANSPORT", "must be cloudflare, smtp, or off: without mail nobody can prove an address or reset a password");
                Transport::Off
            }
        };
        let from = self.get("MAIL_FROM").unwrap_or_default();
        let is_address = from.is_ascii() && is_plain_address(&from);
        if !is_address && !matches!(transport, Transport::Off) {
            self.refuse(
                "MAIL_FROM",
                "must be the address alone that mail comes from, such as builds@guild.gg",
            );
        }
        MailSettings { from, transport }
    }

    fn smtp(&mut self, environment: Environment) -> Smtp {
        let host = self.get("SMTP_HOST").unwrap_or_default();
        if !is_host(&host, environment) {
            self.refuse(
                "SMTP_HOST",
                "must be the name of your provider's mail server, such as smtp.guild.gg",
            );
        }
        let port = self.number(
            "SMTP_PORT",
            587,
            1..=65_535,
            "must be the port for submission, such as 587 or 465",
        );
        if port == 25 {
            self.refuse("SMTP_PORT", "must not be 25, which Cloudflare does not let through: take the port for submission, such as 587 or 465");
        }
        let is_tls = match self.get("SMTP_TLS").as_deref() {
            None => port == 465,
            Some("implicit") => true,
            Some("starttls") => false,
            Some(_) => {
                self.refuse(
                    "SMTP_TLS",
                    "must be starttls or implicit; there is no way without TLS",
                );
                true
            }
        };
        let [user, password] = ["SMTP_USER", "SMTP_PASSWORD"].map(|name| {
            let text = self.get(name).unwrap_or_default();
            if text.is_empty() || text.len() > 500 || text.contains(char::is_control) {
                self.refuse(name, "must be 1 to 500 bytes without control characters");
            }
            text
        });
        Smtp {
            host,
            port: u16::try_from(port).unwrap_or_default(),
            is_tls,
            user,
            password: Rc::new(Secret::new(password.into_bytes())),
        }
    }
}

/// Whether `text` is a host's name in lower case; in production one of the open internet.
fn is_host(text: &str, environment: Environment) -> bool {
    let is_label = |label: &str| {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !label.is_empty() && label.bytes().all(is_plain)
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    let is_public = text.contains('.') && last.bytes().any(|b| b.is_ascii_lowercase());
    text.len() <= 253
        && text.split('.').all(is_label)
        && (is_public || environment == Environment::Development)
}
