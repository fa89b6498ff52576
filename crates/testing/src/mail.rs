//! Mailboxes for tests: what is due is sent when the test says so, and no token of a link may be logged.

use wvw_builder::platform::{Lane, MailMessage};

use super::paths::VERIFY;
use super::{Player, TestApp};

const VERIFICATION: &str = "/api/v1/auth/email/verification";

impl TestApp {
    /// Lets the consumer work on all mails that were woken, until none is. Gives what was sent.
    pub fn mails(&self) -> Vec<MailMessage> {
        self.test.mail.take_sent();
        for _ in 0..20 {
            let due = self.test.queue.take_due(Lane::Mail);
            if due.is_empty() {
                break;
            }
            self.consume("wvw-builder-mail", &due);
        }
        let sent = self.test.mail.take_sent();
        for mail in &sent {
            if mail.text.contains("?token=") {
                self.keep_secret(&token_of(mail));
            }
        }
        sent
    }

    /// The mails to one address.
    pub fn mails_to(&self, email: &str) -> Vec<MailMessage> {
        let mut sent = self.mails();
        sent.retain(|mail| mail.to.eq_ignore_ascii_case(email));
        sent
    }

    /// The one mail to an address.
    #[track_caller]
    pub fn mail_to(&self, email: &str) -> MailMessage {
        let mut sent = self.mails_to(email);
        let subjects: Vec<_> = sent.iter().map(|mail| mail.subject.clone()).collect();
        assert_eq!(sent.len(), 1, "{email}: {subjects:?}");
        sent.remove(0)
    }

    /// The token of the link in the one mail to an address.
    #[track_caller]
    pub fn link_to(&self, email: &str) -> String {
        token_of(&self.mail_to(email))
    }

    /// Has a player prove the address that they have, or wait for.
    #[track_caller]
    pub fn prove_address(&self, player: &Player) {
        self.mails();
        self.act_as(player, VERIFICATION).expect(202);
        let mails = self.mails();
        let token = token_of(mails.last().expect("a mail"));
        self.use_link(VERIFY, &token).expect(204);
    }

    /// A player whose address is proved; their mailbox is empty.
    #[track_caller]
    pub fn proved(&self, name: &str) -> Player {
        let player = self.player(name);
        self.prove_address(&player);
        player
    }

    /// Sends the token of a link.
    pub fn use_link(&self, path: &str, token: &str) -> super::Answer {
        self.post(path, &serde_json::json!({ "token": token }))
            .send()
    }

    /// Expects that the link does nothing any more.
    #[track_caller]
    pub fn expect_dead_link(&self, path: &str, token: &str) {
        self.use_link(path, token)
            .expect_problem(410, "invalid_link");
    }
}

/// The token of the link in a mail.
#[track_caller]
pub fn token_of(mail: &MailMessage) -> String {
    let (_, rest) = mail.text.split_once("?token=").expect("a link");
    let token = rest.split_whitespace().next().expect("a token");
    assert!(mail.html.contains(token), "both forms have the link");
    token.to_owned()
}
