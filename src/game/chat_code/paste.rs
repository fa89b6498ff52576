//! Finds the one build template link in a text that a person pasted: decorated, escaped, or among
//! words. The codec itself takes nothing but a link.

use std::borrow::Cow;

use super::{ChatCodeError, FIXED_LEN, MAX_TEXT_LEN, decode};
use crate::game::model::BuildTemplate;
use crate::http::query::decode as decode_percent;
use crate::text::characters::is_hidden;

/// Length of the longest text that is searched, in code points.
pub const MAX_PASTE_LEN: usize = 2 * MAX_TEXT_LEN;
/// Base64 characters of the shortest template.
const SHORTEST_BARE: usize = FIXED_LEN.div_ceil(3) * 4;
/// What base64 of a build template's type byte begins with.
const TEMPLATE_PREFIX: &str = "DQ";

/// Decodes the build template link in `text`.
///
/// Taken are links in HTML or percent escapes, with Markdown or invisible characters around or in
/// them, wrapped lines, the old form `[*...]`, and the base64 alone. Links of other kinds beside one
/// template are passed over; two different templates are refused.
pub fn read(text: &str) -> Result<BuildTemplate, ChatCodeError> {
    decode(&find(text)?)
}

fn find(text: &str) -> Result<String, ChatCodeError> {
    let text = plain(text);
    if text.trim().is_empty() {
        return Err(ChatCodeError::Empty);
    }
    let mut links = wrapped(&text);
    if links.is_empty() {
        links = bare(&text);
    }
    let mut found: Vec<String> = Vec::new();
    for link in links {
        if !found.contains(&link) {
            found.push(link);
        }
    }
    let is_template = |link: &String| link["[&".len()..].starts_with(TEMPLATE_PREFIX);
    if found.len() > 1 && found.iter().any(is_template) {
        found.retain(is_template);
    }
    match found.len() {
        0 => Err(ChatCodeError::MissingWrapper),
        1 => Ok(found.remove(0)),
        count => Err(ChatCodeError::SeveralCodes { count }),
    }
}

/// The text without escapes and without what cannot be seen.
fn plain(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    // Twice, for what was escaped twice.
    for _ in 0..2 {
        // In base64 a plus sign means itself.
        if text.contains('%')
            && let Some(decoded) = decode_percent(&text.replace('+', "%2B"))
        {
            text = decoded.into();
        }
        if text.contains(['&', '\\']) {
            text = unescaped(&text).into();
        }
    }
    text.chars()
        .filter(|&c| c != '\\' && !is_hidden(c))
        .collect()
}

/// Without the character references (HTML, section 13.5) and JSON escapes of what stands in a link.
fn unescaped(text: &str) -> String {
    const REFERENCES: [(&str, &[&str]); 7] = [
        (
            "&",
            &["&amp;", "&AMP;", "&#38;", "&#x26;", "&#X26;", "\\u0026"],
        ),
        ("[", &["&#91;", "&#x5b;", "&#x5B;", "&lsqb;", "&lbrack;"]),
        ("]", &["&#93;", "&#x5d;", "&#x5D;", "&rsqb;", "&rbrack;"]),
        (
            "=",
            &[
                "&#61;", "&#x3d;", "&#x3D;", "&equals;", "\\u003d", "\\u003D",
            ],
        ),
        ("+", &["&#43;", "&#x2b;", "&#x2B;", "&plus;"]),
        ("/", &["&#47;", "&#x2f;", "&#x2F;", "&sol;"]),
        (
            "\u{200b}",
            &["&#8203;", "&#x200b;", "&#x200B;", "&ZeroWidthSpace;"],
        ),
    ];
    let mut text = text.to_owned();
    for (character, spellings) in REFERENCES {
        for spelling in spellings {
            if text.contains(spelling) {
                text = text.replace(spelling, character);
            }
        }
    }
    text
}

/// The links in brackets, as the game writes them.
fn wrapped(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("[&").into_iter().chain(rest.find("[*")).min() {
        rest = &rest[start + "[&".len()..];
        let Some(end) = rest.find(['[', ']']) else {
            break;
        };
        if rest[end..].starts_with(']') {
            let body = rest[..end].split_whitespace();
            links.push(format!("[&{}]", body.collect::<String>()));
        }
    }
    links
}

/// Words that are a template's base64 without its brackets.
fn bare(text: &str) -> Vec<String> {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    text.split(|c| !is_base64(c))
        .filter(|word| word.len() >= SHORTEST_BARE && word.starts_with(TEMPLATE_PREFIX))
        .map(|word| format!("[&{word}]"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::chat_code::encode;

    const B: &str = "DQctOhcaSTqJHQAAhQEAAIQBAACEHQAAbR0AAAAAAAAAAAAAAAAAAAAAAAA=";

    #[test]
    fn a_decorated_link_is_the_link() {
        let c = format!("[&{B}]");
        let escaped = |text: &str| {
            text.bytes().fold(String::new(), |out, byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out + &char::from(byte).to_string(),
                _ => out + &format!("%{byte:02X}"),
            })
        };
        let broken = format!("[&{}\r\n  {}]", &B[..30], &B[30..]);
        let split = format!("[&{}\u{200b}{}]", &B[..30], &B[30..]);
        for text in [
            c.clone(),
            format!(" {c}\n"),
            format!("`{c}`"),
            format!("```\n{c}\n```"),
            format!("**{c}**"),
            format!("<{c}>"),
            format!("\u{200b}{c}"),
            format!("\u{feff}{c}\u{2060}"),
            format!("[&amp;{B}]"),
            format!("[&amp;amp;{B}]"),
            format!("&#91;&#38;{}&#93;", B.replace('=', "&#61;")),
            format!("\\[&{B}\\]"),
            format!("Support: {c}"),
            format!("{c} (Zerg, 2026) [ask me]"),
            format!("{c} = {c}"),
            format!("[&AgEAWgAA] with {c}"),
            escaped(&c),
            escaped(&escaped(&c)),
            format!("[\\u0026{}]", B.replace('=', "\\u003d")),
            c.replace('=', "%3D"),
            escaped(&c)
                .to_lowercase()
                .replace(&B.to_lowercase()[..59], &B[..59]),
            format!("https://guild.gg/?code={}&x=1", escaped(&c)),
            c.replace('[', "%5B").replace(']', "%5D"),
            format!("[*{B}]"),
            B.into(),
            format!("Support: {B}"),
            format!("\"{B}\""),
            format!("[&{B}"),
            format!("{B}]"),
            broken,
            split,
        ] {
            let read = read(&text).map(|template| encode(&template));
            assert_eq!(read.as_deref(), Ok(c.as_str()), "{text:?}");
        }
    }

    #[test]
    fn escapes_of_base64_come_back() {
        let mut template = decode(&format!("[&{B}]")).expect("a template");
        template.mechanic = [0xff; 16];
        let code = encode(&template);
        assert!(code.contains('/'));
        let sent = code.replace('/', "%2F").replace('[', "%5b");
        assert_eq!(read(&sent), Ok(template));
    }

    #[test]
    fn two_templates_are_too_many() {
        let other = B.replace("DQct", "DQcu");
        for text in [
            format!("[&{B}] [&{other}]"),
            format!("[&{B}][&{other}]"),
            format!("{B} or {other}"),
        ] {
            assert_eq!(read(&text), Err(ChatCodeError::SeveralCodes { count: 2 }));
        }
        let items = "[&AgEAWgAA] [&AgEAWwAA]";
        assert_eq!(read(items), Err(ChatCodeError::SeveralCodes { count: 2 }));
    }

    #[test]
    fn without_a_template_the_reason_is_the_true_one() {
        assert_eq!(read(" \u{200b}\n"), Err(ChatCodeError::Empty));
        for text in ["hello", "[hello]", "[& and so on", "DQct", "%5B"] {
            assert_eq!(read(text), Err(ChatCodeError::MissingWrapper), "{text}");
        }
        let item = ChatCodeError::NotABuildTemplate { type_byte: 2 };
        assert_eq!(read("sell [&AgEAWgAA]!"), Err(item));
        let cut = read(&format!("`[&{}]`", &B[..40])).expect_err("cut off");
        assert_eq!(cut.code(), "truncated");
    }
}
