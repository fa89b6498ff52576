//! Submits one message to a mail server (RFC 6409) over any connection. User name, password and message
//! leave only over TLS (only [`Secured`] can send them), and replies are bounded.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kit::secret::Secret;
use zeroize::Zeroizing;

use super::compose::{compose, domain_of};
use super::{MailError, MailMessage};
use crate::LocalFuture;

/// A mail server that takes mail over from those who log in.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its name, which is also in its certificate.
    pub host: String,
    /// The port for submission.
    pub port: u16,
    /// TLS from the first byte, else after the command STARTTLS.
    pub is_tls: bool,
    /// Who logs in.
    pub user: String,
    /// With what.
    pub password: Rc<Secret>,
}

/// A connection that failed: in words for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WireError(pub String);

/// A connection to a mail server. Each call is over in a bounded time.
pub trait Wire {
    /// Sends all of `bytes`.
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> LocalFuture<'a, Result<(), WireError>>;
    /// Gives what has come, at least a byte; nothing when the server has closed.
    fn read(&mut self) -> LocalFuture<'_, Result<Vec<u8>, WireError>>;
    /// Begins TLS, with a certificate for the server's name.
    fn secure(&mut self) -> LocalFuture<'_, Result<(), WireError>>;
}

/// Whatever keeps us from handing over any message is not the message's fault: it goes out when
/// that has been mended.
impl From<WireError> for MailError {
    fn from(error: WireError) -> Self {
        Self::Temporary(error.0)
    }
}

/// More than any server says at once.
const REPLY_MAX: usize = 8192;

/// What a server said: a code, and the lines behind it.
struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    /// The code, and the enhanced code (RFC 3463) where there is one. No more: servers like to
    /// repeat the address.
    fn codes(&self) -> String {
        let text = self.lines.first().map_or("", String::as_str);
        let word = text.split(' ').next().unwrap_or_default();
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if word.len() <= 9 && word.split('.').count() == 3 && word.split('.').all(digits) {
            return format!("{} {word}", self.code);
        }
        self.code.to_string()
    }

    /// Whether the server offers an extension, and with what parameters.
    fn offers(&self, extension: &str) -> Option<&str> {
        // The first line is the greeting.
        self.lines.iter().skip(1).find_map(|line| {
            let (name, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
            name.eq_ignore_ascii_case(extension).then_some(rest)
        })
    }
}

/// A connection on which commands and replies take turns.
struct Turns<'a> {
    wire: &'a mut dyn Wire,
    /// What came and was not looked at yet.
    pending: Vec<u8>,
}

impl Turns<'_> {
    async fn reply(&mut self) -> Result<Reply, MailError> {
        loop {
            if let Some((reply, length)) = parse(&self.pending)? {
                self.pending.drain(..length);
                return Ok(reply);
            }
            if self.pending.len() > REPLY_MAX {
                return temporary("a reply of the mail server does not end");
            }
            let more = self.wire.read().await?;
            if more.is_empty() {
                return temporary("the mail server closed the connection");
            }
            self.pending.extend_from_slice(&more);
        }
    }

    /// Sends a command, or data, and gives the reply.
    async fn say(&mut self, bytes: &[u8]) -> Result<Reply, MailError> {
        // Someone between us and the server could have put it there before TLS began.
        if !self.pending.is_empty() {
            return temporary("the mail server answered what was not asked");
        }
        self.wire.write(bytes).await?;
        self.reply().await
    }

    /// Says hello; gives what the server can do.
    async fn hello(&mut self, domain: &str) -> Result<Reply, MailError> {
        let reply = self.say(format!("EHLO {domain}\r\n").as_bytes()).await?;
        expect_way(&reply, 250, "EHLO")?;
        Ok(reply)
    }
}

/// The complete reply at the beginning of `bytes`, and its length in bytes.
fn parse(bytes: &[u8]) -> Result<Option<(Reply, usize)>, MailError> {
    let mut lines = Vec::new();
    let mut length = 0;
    let mut code = None;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.last() != Some(&b'\n') {
            return Ok(None);
        }
        length += line.len();
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end();
        let number = line
            .get(..3)
            .filter(|n| n.bytes().all(|b| b.is_ascii_digit()));
        let number: Option<u16> = number.and_then(|number| number.parse().ok());
        let is_last = match line.as_bytes().get(3) {
            None | Some(b' ') => true,
            Some(b'-') => false,
            Some(_) => return temporary("the mail server does not speak SMTP"),
        };
        if number.is_none() || code.is_some_and(|code| Some(code) != number) {
            return temporary("the mail server does not speak SMTP");
        }
        code = number;
        lines.push(line.get(4..).unwrap_or_default().to_owned());
        if is_last {
            let code = number.unwrap_or_default();
            return Ok(Some((Reply { code, lines }, length)));
        }
    }
    Ok(None)
}

fn temporary<T>(why: &str) -> Result<T, MailError> {
    Err(MailError::Temporary(why.to_owned()))
}

/// The reply to what any message needs: a refusal is for now, whatever it is.
fn expect_way(reply: &Reply, code: u16, command: &str) -> Result<(), MailError> {
    if reply.code == code {
        return Ok(());
    }
    Err(MailError::Temporary(format!(
        "{} to {command}",
        reply.codes()
    )))
}

/// The reply to what belongs to this message: 5xx refuses it for good.
fn expect_message(reply: &Reply, codes: &[u16], command: &str) -> Result<(), MailError> {
    if codes.contains(&reply.code) {
        return Ok(());
    }
    let why = format!("{} to {command}", reply.codes());
    match reply.code {
        500..=599 => Err(MailError::Permanent(why)),
        _ => Err(MailError::Temporary(why)),
    }
}

/// A connection over TLS, with what the server offers on it.
struct Secured<'a> {
    turns: Turns<'a>,
    offers: Reply,
}

impl<'a> Secured<'a> {
    /// Waits for the greeting and begins TLS, unless the connection has it from the start.
    async fn open(wire: &'a mut dyn Wire, is_tls: bool, domain: &str) -> Result<Self, MailError> {
        let mut turns = Turns {
            wire,
            pending: Vec::new(),
        };
        expect_way(&turns.reply().await?, 220, "the connection")?;
        if !is_tls {
            if turns.hello(domain).await?.offers("STARTTLS").is_none() {
                return temporary("the mail server offers no STARTTLS");
            }
            expect_way(&turns.say(b"STARTTLS\r\n").await?, 220, "STARTTLS")?;
            if !turns.pending.is_empty() {
                return temporary("the mail server answered what was not asked");
            }
            turns.wire.secure().await?;
        }
        // What was offered before TLS counts for nothing (RFC 3207, section 4.2).
        let offers = turns.hello(domain).await?;
        Ok(Self { turns, offers })
    }

    async fn authenticate(&mut self, smtp: &Smtp) -> Result<(), MailError> {
        let user = smtp.user.as_bytes();
        let password = smtp.password.expose();
        let methods = self.offers.offers("AUTH").unwrap_or_default();
        let offers = |method: &str| methods.split(' ').any(|m| m.eq_ignore_ascii_case(method));
        let reply = if offers("PLAIN") {
            let both = Zeroizing::new([b"\0", user, b"\0", password].concat());
            self.turns.say(&line("AUTH PLAIN ", &both)).await?
        } else if offers("LOGIN") {
            expect_way(&self.turns.say(b"AUTH LOGIN\r\n").await?, 334, "AUTH")?;
            expect_way(&self.turns.say(&line("", user)).await?, 334, "AUTH")?;
            self.turns.say(&line("", password)).await?
        } else {
            return temporary("the mail server offers neither AUTH PLAIN nor AUTH LOGIN");
        };
        expect_way(&reply, 235, "AUTH")
    }

    async fn hand_over(&mut self, from: &str, to: &str, mail: &[u8]) -> Result<(), MailError> {
        let parameters = match (to.is_ascii(), self.offers.offers("SMTPUTF8")) {
            (true, _) => "",
            (false, Some(_)) => " SMTPUTF8 BODY=8BITMIME",
            (false, None) => {
                let why = "the mail server takes addresses in ASCII only";
                return Err(MailError::Permanent(why.to_owned()));
            }
        };
        let command = format!("MAIL FROM:<{from}>{parameters}\r\n");
        let reply = self.turns.say(command.as_bytes()).await?;
        expect_message(&reply, &[250], "MAIL")?;
        let command = format!("RCPT TO:<{to}>\r\n");
        let reply = self.turns.say(command.as_bytes()).await?;
        expect_message(&reply, &[250, 251], "RCPT")?;
        expect_message(&self.turns.say(b"DATA\r\n").await?, &[354], "DATA")?;
        let reply = self.turns.say(&stuffed(mail)).await?;
        expect_message(&reply, &[250], "the message")
    }
}

/// A line of a command and base64.
fn line(command: &str, bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let encoded = Zeroizing::new(STANDARD.encode(bytes));
    Zeroizing::new([command, &encoded, "\r\n"].concat().into_bytes())
}

/// The message with its end: a line that begins with a dot gets another.
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(mail.len() + 64);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            bytes.push(b'.');
        }
        bytes.extend_from_slice(line);
    }
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b".\r\n");
    bytes
}

/// Hands `message` over on a connection that was just made; `from` is our address.
pub async fn submit(
    wire: &mut dyn Wire,
    smtp: &Smtp,
    from: &str,
    message: &MailMessage,
) -> Result<(), MailError> {
    let mail = compose(from, message)?;
    let mut secured = Secured::open(wire, smtp.is_tls, domain_of(from)).await?;
    secured.authenticate(smtp).await?;
    secured.hand_over(from, &message.to, &mail).await?;
    // The message is theirs: what becomes of the farewell does not matter.
    let _ = secured.turns.wire.write(b"QUIT\r\n").await;
    Ok(())
}

#[cfg(test)]
mod tests;
