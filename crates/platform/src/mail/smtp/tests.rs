use std::rc::Rc;

use proptest::prelude::*;

use super::*;

const PLAIN: &str = "AHdyZW4AaHVudGVyMg==";

/// A mail server that answers each line it gets, and keeps what came with whether it came over TLS.
struct Server {
    is_tls: bool,
    can_secure: bool,
    /// What it has to say.
    outgoing: Vec<u8>,
    /// The bytes that a read gives at once.
    chunk: usize,
    said: Vec<(bool, String)>,
    answer: fn(&str, bool) -> &'static str,
}

impl Server {
    fn new(greeting: &str, answer: fn(&str, bool) -> &'static str) -> Self {
        Self {
            is_tls: false,
            can_secure: true,
            outgoing: greeting.as_bytes().to_vec(),
            chunk: 1,
            said: Vec::new(),
            answer,
        }
    }

    fn lines(&self) -> Vec<&str> {
        self.said.iter().map(|(_, line)| line.as_str()).collect()
    }

    fn data(&self) -> &str {
        let is_data = |line: &&str| line.ends_with("\r\n.\r\n");
        self.lines().into_iter().find(is_data).unwrap_or_default()
    }
}

impl Wire for Server {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> LocalFuture<'a, Result<(), WireError>> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let reply = (self.answer)(text.trim_end(), self.is_tls);
        self.outgoing.extend_from_slice(reply.as_bytes());
        self.said.push((self.is_tls, text));
        Box::pin(async { Ok(()) })
    }

    fn read(&mut self) -> LocalFuture<'_, Result<Vec<u8>, WireError>> {
        Box::pin(async {
            if self.outgoing == b"(silence)" {
                return Err(WireError("no answer in time".to_owned()));
            }
            let length = self.chunk.min(self.outgoing.len());
            Ok(self.outgoing.drain(..length).collect())
        })
    }

    fn secure(&mut self) -> LocalFuture<'_, Result<(), WireError>> {
        self.is_tls = true;
        let can_secure = self.can_secure;
        Box::pin(async move {
            can_secure
                .then_some(())
                .ok_or_else(|| WireError("bad certificate".to_owned()))
        })
    }
}

fn smtp(is_tls: bool) -> Smtp {
    Smtp {
        host: "smtp.guild.gg".to_owned(),
        port: 587,
        is_tls,
        user: "wren".to_owned(),
        password: Rc::new(Secret::new(b"hunter2".to_vec())),
    }
}

fn message() -> MailMessage {
    MailMessage {
        id: "mail_1".to_owned(),
        written_ms: 1_795_305_600_000,
        to: "lee@guild.gg".to_owned(),
        subject: "Hello".to_owned(),
        text: ".Hello\n..\n.\nBye\n".to_owned(),
        html: "<p>Hello</p>".to_owned(),
    }
}

fn send(server: &mut Server, smtp: &Smtp, message: &MailMessage) -> Result<(), MailError> {
    pollster::block_on(submit(server, smtp, "builds@guild.gg", message))
}

fn is_temporary(outcome: &Result<(), MailError>) -> bool {
    matches!(outcome, Err(MailError::Temporary(_)))
}

fn is_permanent(outcome: &Result<(), MailError>) -> bool {
    matches!(outcome, Err(MailError::Permanent(_)))
}

/// A server as providers have them.
fn usual(line: &str, is_tls: bool) -> &'static str {
    match line.split([' ', ':']).next().unwrap_or_default() {
        "EHLO" if is_tls => {
            "250-smtp.guild.gg hello\r\n250-SIZE 1000\r\n250-SMTPUTF8\r\n250 AUTH LOGIN PLAIN\r\n"
        }
        "EHLO" => "250-smtp.guild.gg hello\r\n250 starttls\r\n",
        "STARTTLS" => "220 go ahead\r\n",
        "AUTH" => "235 2.7.0 welcome\r\n",
        "MAIL" | "RCPT" => "250 2.1.0 fine\r\n",
        "DATA" => "354 send it\r\n",
        "QUIT" => "221 bye\r\n",
        _ => "250 2.0.0 queued\r\n",
    }
}

#[test]
fn a_message_is_handed_over_after_starttls_and_auth() {
    let mut server = Server::new("220-smtp.guild.gg\r\n220 ESMTP\r\n", usual);
    send(&mut server, &smtp(false), &message()).unwrap();
    let commands: Vec<(bool, &str)> = server.said.iter().map(|(t, l)| (*t, l.as_str())).collect();
    let auth = format!("AUTH PLAIN {PLAIN}\r\n");
    assert_eq!(
        commands[..7],
        [
            (false, "EHLO guild.gg\r\n"),
            (false, "STARTTLS\r\n"),
            (true, "EHLO guild.gg\r\n"),
            (true, auth.as_str()),
            (true, "MAIL FROM:<builds@guild.gg>\r\n"),
            (true, "RCPT TO:<lee@guild.gg>\r\n"),
            (true, "DATA\r\n"),
        ]
    );
    let data = server.data();
    assert!(
        data.contains("\r\n..Hello\r\n...\r\n..\r\nBye\r\n"),
        "{data}"
    );
    assert_eq!(data.matches("\r\n.\r\n").count(), 1);
    assert_eq!(commands[8..], [(true, "QUIT\r\n")]);
}

#[test]
fn tls_from_the_start_needs_no_starttls() {
    let mut server = Server::new("220 ESMTP\r\n", usual);
    server.is_tls = true;
    send(&mut server, &smtp(true), &message()).unwrap();
    assert!(!server.lines().contains(&"STARTTLS\r\n"));
    assert!(server.said.iter().all(|(is_tls, _)| *is_tls));
}

#[test]
fn auth_login_is_for_servers_without_plain() {
    fn answer(line: &str, is_tls: bool) -> &'static str {
        match line {
            "EHLO guild.gg" if is_tls => "250-hi\r\n250 AUTH=LOGIN\r\n",
            "AUTH LOGIN" => "334 VXNlcm5hbWU6\r\n",
            "d3Jlbg==" => "334 UGFzc3dvcmQ6\r\n",
            "aHVudGVyMg==" => "235 welcome\r\n",
            _ => usual(line, is_tls),
        }
    }
    let mut server = Server::new("220 ESMTP\r\n", answer);
    send(&mut server, &smtp(false), &message()).unwrap();
    assert!(server.lines().contains(&"aHVudGVyMg==\r\n"));
}

/// A server that answers one command in its own way.
macro_rules! replying {
    ($command:literal, $reply:literal) => {
        |line, is_tls| {
            if line.starts_with($command) || line.ends_with($command) {
                concat!($reply, "\r\n")
            } else {
                usual(line, is_tls)
            }
        }
    };
}

/// What a server must not have been told before TLS, or without it.
fn assert_nothing_was_given_away(server: &Server) {
    for (is_tls, line) in &server.said {
        let is_harmless = line.starts_with("EHLO") || line.starts_with("STARTTLS");
        assert!(*is_tls || is_harmless, "in the clear: {line}");
    }
}

#[test]
fn nothing_leaves_without_tls() {
    let answers: [fn(&str, bool) -> &'static str; 5] = [
        replying!("EHLO guild.gg", "250-hi\r\n250 AUTH PLAIN LOGIN"),
        replying!("STARTTLS", "454 4.7.0 not now"),
        replying!("STARTTLS", "502 what"),
        // Put in by someone on the way, to be taken for the server's word over TLS.
        replying!("STARTTLS", "220 go ahead\r\n250-hi\r\n250 AUTH PLAIN"),
        replying!(
            "EHLO guild.gg",
            "250-hi\r\n250 STARTTLS\r\n220 go\r\n250 AUTH PLAIN"
        ),
    ];
    for answer in answers {
        let mut server = Server::new("220 ESMTP\r\n", answer);
        server.chunk = 4096;
        let outcome = send(&mut server, &smtp(false), &message());
        assert!(is_temporary(&outcome), "{outcome:?}");
        assert_nothing_was_given_away(&server);
        assert!(!server.is_tls && server.data().is_empty());
    }
    let mut server = Server::new("220 ESMTP\r\n", usual);
    server.can_secure = false;
    let outcome = send(&mut server, &smtp(false), &message());
    assert_eq!(
        outcome,
        Err(MailError::Temporary("bad certificate".to_owned()))
    );
    assert_eq!(server.said.len(), 2);
}

#[test]
fn what_was_offered_before_tls_counts_for_nothing() {
    let mut server = Server::new("220 ESMTP\r\n", |line, is_tls| match line {
        "EHLO guild.gg" if is_tls => "250 hi\r\n",
        "EHLO guild.gg" => "250-hi\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
        _ => usual(line, is_tls),
    });
    let outcome = send(&mut server, &smtp(false), &message());
    assert!(is_temporary(&outcome), "{outcome:?}");
    assert_eq!(server.lines().len(), 3);
}

#[test]
fn refusals_are_sorted() {
    type Case = (fn(&str, bool) -> &'static str, MailError);
    let later = |why: &str| MailError::Temporary(why.to_owned());
    let never = |why: &str| MailError::Permanent(why.to_owned());
    let cases: [Case; 7] = [
        (
            replying!("AUTH", "535 5.7.8 wrong, wren"),
            later("535 5.7.8 to AUTH"),
        ),
        (
            replying!("MAIL", "421 4.3.2 closing"),
            later("421 4.3.2 to MAIL"),
        ),
        (replying!("MAIL", "553 not yours"), never("553 to MAIL")),
        (
            replying!("RCPT", "451 4.7.1 <lee@guild.gg>: later"),
            later("451 4.7.1 to RCPT"),
        ),
        (
            replying!("RCPT", "550 5.1.1 <lee@guild.gg>: nobody"),
            never("550 5.1.1 to RCPT"),
        ),
        (
            replying!("DATA", "554 <lee@guild.gg> no"),
            never("554 to DATA"),
        ),
        (
            replying!("\r\n.", "552-5.3.4 too\r\n552 5.3.4 large"),
            never("552 5.3.4 to the message"),
        ),
    ];
    for (answer, expected) in cases {
        let mut server = Server::new("220 ESMTP\r\n", answer);
        let outcome = send(&mut server, &smtp(false), &message());
        assert_eq!(outcome, Err(expected));
    }
}

#[test]
fn a_server_that_says_nothing_nonsense_or_too_much_is_left() {
    let endless: String = "220-x\r\n".repeat(3000);
    let line = "2".repeat(9000);
    for greeting in [
        "(silence)",
        "",
        "220",
        "HTTP/1.1 400 Bad Request\r\n",
        "22\r\n",
        "220-one\r\n250 two\r\n",
        "554 no service\r\n",
        "2é0 hi\r\n",
        endless.as_str(),
        line.as_str(),
    ] {
        let mut server = Server::new(greeting, usual);
        server.chunk = 4096;
        let outcome = send(&mut server, &smtp(false), &message());
        assert!(is_temporary(&outcome), "{greeting}: {outcome:?}");
        assert!(server.said.is_empty());
    }
}

#[test]
fn an_address_beyond_ascii_needs_a_server_that_takes_it() {
    let message = MailMessage {
        to: "grüße@guild.gg".to_owned(),
        ..message()
    };
    let mut server = Server::new("220 ESMTP\r\n", usual);
    send(&mut server, &smtp(false), &message).unwrap();
    assert!(
        server
            .lines()
            .contains(&"MAIL FROM:<builds@guild.gg> SMTPUTF8 BODY=8BITMIME\r\n")
    );
    assert!(server.lines().contains(&"RCPT TO:<grüße@guild.gg>\r\n"));
    let mut server = Server::new("220 ESMTP\r\n", |line, is_tls| match line {
        "EHLO guild.gg" if is_tls => "250-hi\r\n250 AUTH PLAIN\r\n",
        _ => usual(line, is_tls),
    });
    let outcome = send(&mut server, &smtp(false), &message);
    assert!(is_permanent(&outcome), "{outcome:?}");
    assert!(!server.lines().iter().any(|line| line.starts_with("MAIL")));
}

#[test]
fn a_message_that_breaks_the_rules_is_refused_before_anyone_is_called() {
    let message = MailMessage {
        to: "lee@guild.gg>\r\nDATA".to_owned(),
        ..message()
    };
    let mut server = Server::new("220 ESMTP\r\n", usual);
    let outcome = send(&mut server, &smtp(false), &message);
    assert!(is_permanent(&outcome), "{outcome:?}");
    assert!(server.said.is_empty());
}

proptest! {
    #[test]
    fn whatever_a_server_says_is_read_or_refused(bytes in "(22[0-9][ -]?|[\\PC\r]{0,6}|\n){0,12}") {
        if let Ok(Some((reply, length))) = parse(bytes.as_bytes()) {
            prop_assert!(length <= bytes.len() && bytes.as_bytes()[length - 1] == b'\n');
            prop_assert!(!reply.lines.is_empty());
            prop_assert!(reply.codes().len() <= 13);
        }
    }
}
