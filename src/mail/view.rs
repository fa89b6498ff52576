//! The words of mails, as text and as HTML. Every value is escaped by the template, a subject has none of a
//! user's own words, and a mail loads nothing from anywhere.

use askama::Template;
use kit::time::rfc3339;

use super::content::MailContent;

/// A mail in words.
pub struct Written {
    /// One line.
    pub subject: String,
    /// For readers of plain text.
    pub text: String,
    /// The same for the others.
    pub html: String,
}

struct Link {
    label: &'static str,
    url: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    letter: &'a Letter,
    origin: &'a str,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct Plain<'a> {
    letter: &'a Letter,
    origin: &'a str,
}

/// What stands in a mail, before it takes a form.
struct Letter {
    subject: &'static str,
    paragraphs: Vec<String>,
    link: Option<Link>,
    after: Vec<String>,
}

impl Letter {
    fn new(subject: &'static str, paragraphs: &[&str]) -> Self {
        Self {
            subject,
            paragraphs: paragraphs.iter().map(|text| (*text).to_owned()).collect(),
            link: None,
            after: Vec::new(),
        }
    }

    fn link(mut self, origin: &str, page: &str, token: &str, label: &'static str) -> Self {
        let url = [origin, page, "?token=", token].concat();
        self.link = Some(Link { label, url });
        self
    }

    fn after(mut self, text: &str) -> Self {
        self.after.push(text.to_owned());
        self
    }
}

const NOT_YOU: &str =
    "If this was not you, choose a new password at once: that ends all logins. The page is";

/// Writes a mail. `origin` is our own URL.
pub fn write(content: &MailContent, origin: &str) -> Result<Written, askama::Error> {
    let letter = &letter(content, origin);
    Ok(Written {
        subject: letter.subject.to_owned(),
        text: Plain { letter, origin }.render()?,
        html: Html { letter, origin }.render()?,
    })
}

fn letter(content: &MailContent, origin: &str) -> Letter {
    let not_you = format!("{NOT_YOU} {origin}/reset");
    match content {
        MailContent::Verify { token } => Letter::new(
            "Is this your address?",
            &["Someone, most likely you, has given this address to WvW Builder. Open the link and press the button there to show that it is yours. The link works once, for 24 hours."],
        )
        .link(origin, "/verify", token, "Show that it is mine")
        .after("If it was not you, do nothing. An address that nobody has proved is worth nothing to whoever gave it."),
        // A request is never written: its answer is.
        MailContent::AlreadyRegistered | MailContent::ResetRequested => Letter::new(
            "You have an account already",
            &["Someone, perhaps you, has tried to register with this address, which has an account that was proved. Nothing has changed.",
              "If it was you: log in with the password that you chose then, or choose a new one."],
        )
        .after(&format!("A new password is chosen at {origin}/reset")),
        MailContent::Reset { token } => Letter::new(
            "Choose a new password",
            &["Someone, most likely you, has asked for a new password. Open the link to choose one. It works once, for one hour. A second factor that is on stays on."],
        )
        .link(origin, "/reset", token, "Choose a new password")
        .after("If it was not you, do nothing: your password stays as it is."),
        MailContent::NewDevice { at, user_agent } => {
            let client = user_agent.as_deref().map_or_else(String::new, |text| {
                format!(" The client calls itself: {}", one_line(text))
            });
            let when = format!("{}.{client}", moment(*at));
            Letter::new(
                "A login from a device that we do not know",
                &["Someone has logged in to your account with the right password, from a device and a network that it was not used from lately.", &when, &not_you],
            )
        }
        MailContent::AddressChanged { token } => Letter::new(
            "Your account has another address now",
            &["Your account was moved from this address to another one.",
              "If this was not you, put this address back. The link works for 7 days. It ends all logins and revokes all API keys, and a new password has to be chosen."],
        )
        .link(origin, "/undo", token, "Put this address back"),
        MailContent::PasswordChanged { at } => Letter::new(
            "Your password was changed",
            &["The password of your account was changed, and other logins have ended.", &moment(*at), &not_you],
        ),
        MailContent::FactorAdded { token } => Letter::new(
            "Your account has a second factor now",
            &["From now on a login takes a code of the authenticator app, or a recovery code.",
              &not_you,
              "If it is not your app and you have no recovery code, ask for the factor's removal. It is taken away 72 hours after you ask, unless someone who logs in with it stops that. The link works for 30 days."],
        )
        .link(origin, "/remove-factor", token, "Ask for its removal"),
        MailContent::FactorRemovalBegun { due_at } => Letter::new(
            "Your second factor will be taken away",
            &["Someone who reads your mail has asked that the second factor of your account be taken away.",
              &format!("It goes on {}.", moment(*due_at)),
              "If this was not you, log in with your second factor and stop it: DELETE /api/v1/auth/two-factor/removal. Someone else reads your mail, so choose a new password for your mailbox too."],
        ),
        MailContent::FactorRemovalStopped => Letter::new(
            "Your second factor stays",
            &["Someone who logged in with the second factor of your account has stopped its removal.", &not_you],
        ),
        MailContent::FactorRemoved { at } => Letter::new(
            "Your account has no second factor any more",
            &["A login takes the password alone now.", &moment(*at), &not_you],
        ),
        MailContent::ApiKeyMade { name, scopes } => Letter::new(
            "An API key was made",
            &[&format!("Its name: {}", one_line(name)), &format!("It allows: {scopes}"), &not_you,
              "Choosing a new password keeps API keys, unless you ask for their end as well."],
        ),
    }
}

/// A point in time, for people.
fn moment(ms: i64) -> String {
    let text = rfc3339(ms);
    format!("{}, {} UTC", &text[..10], &text[11..16])
}

/// Text of someone's own, without what would begin a line or hide another one.
fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_nothing_is_loaded() {
        let content = MailContent::NewDevice {
            at: 0,
            user_agent: Some("<img src=x onerror=alert(1)>\r\nBcc: a@b.gg".to_owned()),
        };
        let written = write(&content, "https://builds.guild.gg").unwrap();
        assert!(!written.html.contains("<img"), "{}", written.html);
        assert!(written.html.contains("&#60;img"), "{}", written.html);
        assert!(!written.text.contains("\nBcc"), "{}", written.text);
        assert!(written.text.contains("1970-01-01, 00:00 UTC"));
    }

    #[test]
    fn every_mail_has_both_forms_and_its_own_link_only() {
        let token = || "wvwm_TOKEN".to_owned();
        let all = [
            (MailContent::Verify { token: token() }, "/verify?token="),
            (MailContent::AlreadyRegistered, ""),
            (MailContent::Reset { token: token() }, "/reset?token="),
            (
                MailContent::NewDevice {
                    at: 0,
                    user_agent: None,
                },
                "",
            ),
            (
                MailContent::AddressChanged { token: token() },
                "/undo?token=",
            ),
            (MailContent::PasswordChanged { at: 0 }, ""),
            (
                MailContent::FactorAdded { token: token() },
                "/remove-factor?token=",
            ),
            (MailContent::FactorRemovalBegun { due_at: 0 }, ""),
            (MailContent::FactorRemovalStopped, ""),
            (MailContent::FactorRemoved { at: 0 }, ""),
            (
                MailContent::ApiKeyMade {
                    name: "a bot".to_owned(),
                    scopes: "builds:read".to_owned(),
                },
                "",
            ),
        ];
        for (content, link) in all {
            let written = write(&content, "https://builds.guild.gg").unwrap();
            for form in [&written.text, &written.html] {
                assert!(form.contains(&written.subject), "{content:?}");
                assert_eq!(form.contains("TOKEN"), !link.is_empty(), "{form}");
                assert!(form.contains(link), "{form}");
                for foreign in ["<img", "<link", "<script", "src=", "url("] {
                    assert!(!form.contains(foreign), "{form}");
                }
            }
            assert!(
                written
                    .subject
                    .chars()
                    .all(|c| c.is_ascii_graphic() || c == ' ')
            );
        }
    }
}
