//! A mail as the bytes that a mail server takes (RFC 5322, MIME). Nothing of a message can become a header,
//! an address or a command, and each line ends in CR LF.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

use super::{MailError, MailMessage};

/// Beside the address that mail comes from.
pub const SENDER_NAME: &str = "WvW Builder";

const SUBJECT_MAX: usize = 200;
const ID_MAX: usize = 100;
const ADDRESS_MAX: usize = 254;
const LOCAL_PART_MAX: usize = 64;

/// Whether `address` can stand in a header and in an SMTP command just as it is: no quoting, no
/// comments, a domain in ASCII. Letters beyond ASCII may be before the `@` only (RFC 6531).
pub fn is_plain_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let is_special = |c: char| c.is_control() || c.is_whitespace() || "@\"(),:;<>[\\]".contains(c);
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(is_plain)
    };
    address.len() <= ADDRESS_MAX
        && (1..=LOCAL_PART_MAX).contains(&local.len())
        && !local.contains(is_special)
        && domain.split('.').all(is_label)
}

/// Refuses what no adapter may send.
pub fn check(message: &MailMessage) -> Result<(), MailError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let refuse = |why: &str| Err(MailError::Permanent(why.to_owned()));
    if !is_plain_address(&message.to) {
        return refuse("the address is not one that can be sent to");
    }
    let characters = message.subject.chars().count();
    if message.subject.contains(char::is_control) || !(1..=SUBJECT_MAX).contains(&characters) {
        return refuse("the subject is not one line of 1 to 200 characters");
    }
    if !(1..=ID_MAX).contains(&message.id.len()) || !message.id.bytes().all(is_plain) {
        return refuse("the id is not 1 to 100 plain characters");
    }
    Ok(())
}

/// The message from the address `from`, with a text and an HTML part.
pub fn compose(from: &str, message: &MailMessage) -> Result<Vec<u8>, MailError> {
    check(message)?;
    // An underscore behind `=` is in no quoted-printable text.
    let boundary = format!("=_{}", message.id);
    let mut mail = [
        ("From", format!("{SENDER_NAME} <{from}>")),
        ("To", message.to.clone()),
        ("Subject", unstructured(&message.subject)),
        ("Date", date(message.written_ms)),
        (
            "Message-ID",
            format!("<{}@{}>", message.id, domain_of(from)),
        ),
        // No out-of-office note in answer (RFC 3834).
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("MIME-Version", "1.0".to_owned()),
        (
            "Content-Type",
            format!("multipart/alternative; boundary=\"{boundary}\""),
        ),
    ]
    .map(|(name, value)| [name, ": ", &value, "\r\n"].concat())
    .concat();
    for (kind, body) in [("plain", &message.text), ("html", &message.html)] {
        let _ = write!(
            mail,
            "\r\n--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n{}",
            quoted_printable(body)
        );
    }
    let _ = write!(mail, "\r\n--{boundary}--\r\n");
    Ok(mail.into_bytes())
}

/// What stands behind the `@`.
pub fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// As in `Sun, 22 Nov 2026 00:00:00 +0000`.
fn date(ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(ms.div_euclid(1000))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let name = |names: &'static str, number: u8| {
        let from = 3 * usize::from(number);
        names.get(from..from + 3).unwrap_or_default()
    };
    let weekday = name(
        "SunMonTueWedThuFriSat",
        at.weekday().number_days_from_sunday(),
    );
    let month = name(
        "JanFebMarAprMayJunJulAugSepOctNovDec",
        u8::from(at.month()) - 1,
    );
    let (day, year) = (at.day(), at.year());
    let (hour, minute, second) = at.to_hms();
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} +0000")
}

/// Bytes of an encoded word: with what stands around them they fit a line of 76 (RFC 2047).
const WORD_BYTES: usize = 39;

/// The value of a header that is prose: beyond ASCII it becomes encoded words, a line each.
fn unstructured(text: &str) -> String {
    if text.is_ascii() && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for c in text.chars() {
        match words.last_mut() {
            Some(word) if word.len() + c.len_utf8() <= WORD_BYTES => word.push(c),
            _ => words.push(c.into()),
        }
    }
    let encoded = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
    encoded.collect::<Vec<_>>().join("\r\n ")
}

/// Characters of a line beside the `=` at its end (RFC 2045, section 6.7).
const LINE_MAX: usize = 75;

/// `text` in printable ASCII, each line ended by CR LF.
fn quoted_printable(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + text.len() / 8);
    for line in text
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .split_terminator('\n')
    {
        let mut width = 0;
        for (at, byte) in line.bytes().enumerate() {
            let is_last = at + 1 == line.len();
            let is_plain = match byte {
                b'=' => false,
                b' ' | b'\t' => !is_last,
                _ => byte.is_ascii_graphic(),
            };
            let length = if is_plain { 1 } else { 3 };
            if width + length > LINE_MAX {
                encoded.push_str("=\r\n");
                width = 0;
            }
            width += length;
            if is_plain {
                encoded.push(char::from(byte));
            } else {
                let _ = write!(encoded, "={byte:02X}");
            }
        }
        encoded.push_str("\r\n");
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message() -> MailMessage {
        MailMessage {
            id: "mail_01kb3c9x".to_owned(),
            written_ms: 1_795_305_600_999,
            to: "wren@guild.gg".to_owned(),
            subject: "Prove your address".to_owned(),
            text: "Open this:\nhttps://builds.guild.gg/x\n".to_owned(),
            html: "<p>Open <a href=\"https://builds.guild.gg/x\">this</a></p>".to_owned(),
        }
    }

    fn composed(message: &MailMessage) -> String {
        String::from_utf8(compose("builds@guild.gg", message).unwrap()).unwrap()
    }

    #[test]
    fn a_mail_has_its_headers_and_both_parts() {
        let text = composed(&message());
        for line in [
            "From: WvW Builder <builds@guild.gg>",
            "To: wren@guild.gg",
            "Subject: Prove your address",
            "Message-ID: <mail_01kb3c9x@guild.gg>",
            "Date: Sun, 22 Nov 2026 00:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: multipart/alternative; boundary=\"=_mail_01kb3c9x\"",
            "Content-Type: text/plain; charset=utf-8",
            "https://builds.guild.gg/x",
            "Content-Type: text/html; charset=utf-8",
            "<p>Open <a href=3D\"https://builds.guild.gg/x\">this</a></p>",
            "--=_mail_01kb3c9x--",
        ] {
            assert!(text.split("\r\n").any(|each| each == line), "{line}");
        }
        // The same again for a second attempt: a mailbox can tell.
        assert_eq!(text, composed(&message()));
    }

    #[test]
    fn a_subject_beyond_ascii_is_encoded() {
        let mut message = message();
        message.subject =
            "Grüße aus dem Nebel 🐉, und alles Übrige, was in keine Zeile passt".to_owned();
        let text = composed(&message);
        let (headers, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(headers.is_ascii(), "{headers}");
        assert!(headers.contains("Subject: =?utf-8?B?"), "{headers}");
        assert!(headers.split("\r\n").all(|line| line.len() <= 76));
    }

    #[test]
    fn nothing_of_a_message_becomes_a_header_or_a_command() {
        let breaks = ["\r\n", "\n", "\r", "\0", "\u{b}", "\u{85}", "\u{7f}"];
        for break_ in breaks {
            let injected = format!("x{break_}Bcc: eve@evil.gg");
            let mut message = message();
            message.subject.clone_from(&injected);
            assert!(compose("builds@guild.gg", &message).is_err(), "{break_:?}");
            for to in [
                format!("wren@guild.gg{break_}Bcc: eve@evil.gg"),
                format!("wren@guild.gg>{break_}RCPT TO:<eve@evil.gg"),
                format!("wr{break_}en@guild.gg"),
            ] {
                let message = MailMessage {
                    to,
                    ..self::message()
                };
                assert!(compose("builds@guild.gg", &message).is_err(), "{break_:?}");
            }
            let message = MailMessage {
                id: injected,
                ..self::message()
            };
            assert!(compose("builds@guild.gg", &message).is_err(), "{break_:?}");
        }
        for to in [
            "",
            "wren",
            "@guild.gg",
            "wren@",
            "wren@guild..gg",
            "wren@guild.gg,eve@evil.gg",
            "eve@evil.gg wren@guild.gg",
            "wren@guild.gg> SIZE=1",
            "<wren@guild.gg>",
            "\"wren\"@guild.gg",
            "wren@eve@guild.gg",
            "wren@[127.0.0.1]",
            "wren@grüße.gg",
            "Wren <wren@guild.gg>",
        ] {
            assert!(!is_plain_address(to), "{to}");
        }
        for to in ["wren@guild.gg", "o'neil+wvw@a-b.guild.gg", "grüße@guild.gg"] {
            assert!(is_plain_address(to), "{to}");
        }
    }

    #[test]
    fn a_body_cannot_end_the_message_or_become_another() {
        let mut message = message();
        message.text = "a\r.\r\nb\n.\n\rc\r\n.\r\nMAIL FROM:<eve@evil.gg>\r\n".to_owned();
        message.html = "<p>\r.\n</p>".to_owned();
        let text = composed(&message);
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\r' => assert_eq!(bytes.get(at + 1), Some(&b'\n')),
                b'\n' => assert_eq!(bytes[at - 1], b'\r'),
                _ => {}
            }
        }
        assert_eq!(text.matches("Subject:").count(), 1);
    }

    #[test]
    fn quoted_printable_keeps_everything_in_short_lines_of_ascii() {
        for (text, expected) in [
            ("", ""),
            ("a=b", "a=3Db\r\n"),
            ("a\rb\r\nc", "a\r\nb\r\nc\r\n"),
            ("a \n\tb\t", "a=20\r\n\tb=09\r\n"),
            ("ü\0", "=C3=BC=00\r\n"),
            ("a\n\nb\n", "a\r\n\r\nb\r\n"),
        ] {
            assert_eq!(quoted_printable(text), expected);
        }
        for length in 70..160 {
            for character in ["x", "ü", "=", " "] {
                let encoded = quoted_printable(&character.repeat(length));
                assert!(encoded.is_ascii());
                assert!(encoded.split("\r\n").all(|line| line.len() <= 76));
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_message_stays_in_its_place(
            subject in "[^\\p{Cc}]{1,200}",
            text in any::<String>(),
            html in any::<String>(),
        ) {
            let message = MailMessage { subject, text, html, ..message() };
            let text = composed(&message);
            prop_assert!(text.is_ascii());
            prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
            let (headers, body) = text.split_once("\r\n\r\n").unwrap();
            let names: Vec<_> = headers
                .split("\r\n")
                .filter(|line| !line.starts_with(' '))
                .map(|line| line.split(": ").next().unwrap())
                .collect();
            prop_assert_eq!(names, [
                "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version",
                "Content-Type",
            ]);
            prop_assert_eq!(body.matches("--=_mail_01kb3c9x\r\n").count(), 2);
            prop_assert_eq!(body.matches("--=_mail_01kb3c9x").count(), 3);
        }
    }
}
