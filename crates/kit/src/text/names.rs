//! The rule for text that one user writes and others see: in NFC, with something to see, nothing hidden,
//! and not like a name of the service or its administrators.

use super::Unicode;
use super::characters::{find_hidden, is_blank, is_general_mark, is_mark};

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// Who: a person or a team.
    Party,
    /// What: a build, a composition, a player of a roster, a tag.
    Thing,
    /// One line of remarks.
    Line,
    /// Remarks of several lines.
    Lines,
    /// An address of mail.
    Address,
}

/// What is wrong with a text: a stable code and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub struct NameError {
    /// Stable, `snake_case`.
    pub code: &'static str,
    /// What to do.
    pub detail: String,
}

/// Marks in a row: Vietnamese has none in NFC, Hebrew with all its points four.
const MAX_GENERAL_MARKS: usize = 3;
const MAX_MARKS: usize = 5;
/// What only the service may be called, as [`skeleton`] writes it: wherever it stands, and alone.
const RESERVED: [&str; 3] = ["adrn1n1strat", "rnoderator", "vvvvvbu11der"];
const RESERVED_ALONE: [&str; 9] = [
    "adrn1n",
    "adrn1ns",
    "sysadrn1n",
    "superadrn1n",
    "systern",
    "support",
    "staff",
    "off1c1a1",
    "arenanet",
];

/// In NFC; a name also without blanks around it, and with one between its words.
pub fn tidy(kind: NameKind, text: &str, unicode: &dyn Unicode) -> String {
    let text = unicode.nfc(text);
    match kind {
        NameKind::Party | NameKind::Thing => {
            let words: Vec<&str> = text.split_whitespace().collect();
            words.join(" ")
        }
        NameKind::Line | NameKind::Lines | NameKind::Address => text,
    }
}

/// Whether `c` is a control character that a text of this kind cannot have.
pub fn is_control(kind: NameKind, c: char) -> bool {
    c.is_control() && !(kind == NameKind::Lines && matches!(c, '\n' | '\r' | '\t'))
}

/// Judges a text that [`tidy`] has made and that has no control characters.
pub fn check(kind: NameKind, text: &str, unicode: &dyn Unicode) -> Result<(), NameError> {
    let refuse = |code, detail: String| Err(NameError { code, detail });
    if let Some(c) = find_hidden(text) {
        return refuse(
            "invisible_character",
            format!(
                "U+{:04X} is invisible here, or changes how other characters are read. Leave it out.",
                u32::from(c)
            ),
        );
    }
    if has_pile(text) {
        return refuse(
            "too_many_marks",
            format!("Put at most {MAX_GENERAL_MARKS} marks over and under a letter."),
        );
    }
    if matches!(kind, NameKind::Line | NameKind::Lines) {
        return Ok(());
    }
    if !text.is_empty() && (text.chars().all(is_blank) || text.starts_with(is_mark)) {
        return refuse(
            "nothing_visible",
            "Must show something, and not begin with a mark that needs a letter before it."
                .to_owned(),
        );
    }
    if imitates_service(kind, text, unicode) {
        return refuse(
            "reserved_name",
            "Is, or looks like, what only this service and its administrators are called. Use another.".to_owned(),
        );
    }
    if text.split(|c: char| !c.is_alphanumeric()).any(is_mixed) {
        return refuse(
            "mixed_scripts",
            "Write each word in letters of one alphabet: these look like letters of another."
                .to_owned(),
        );
    }
    if kind == NameKind::Address && unicode.nfc(&unicode.nfkd(text)) != text {
        return refuse(
            "styled_letters",
            "Write the address in plain letters, not in full-width or styled ones.".to_owned(),
        );
    }
    Ok(())
}

fn has_pile(text: &str) -> bool {
    let (mut general, mut all) = (0, 0);
    text.chars().any(|c| {
        general = if is_general_mark(c) { general + 1 } else { 0 };
        all = if is_mark(c) { all + 1 } else { 0 };
        general > MAX_GENERAL_MARKS || all > MAX_MARKS
    })
}

/// Whether the text reads like the service or an administrator of it. What is not a person or a team
/// may be called so in plain letters; an address is its provider's to give, and may have digits too.
fn imitates_service(kind: NameKind, text: &str, unicode: &dyn Unicode) -> bool {
    let skeleton = skeleton(text, unicode);
    let is_reserved = RESERVED.iter().any(|name| skeleton.contains(name))
        || RESERVED_ALONE.contains(&skeleton.as_str());
    is_reserved
        && match kind {
            NameKind::Party => true,
            NameKind::Address => !text.is_ascii(),
            NameKind::Thing | NameKind::Line | NameKind::Lines => !is_plain(text),
        }
}

/// Whether the letters are those that they look like.
fn is_plain(text: &str) -> bool {
    text.is_ascii()
        && !text.contains(|c: char| c.is_ascii_digit() || matches!(c, '@' | '$' | '|' | '!'))
}

/// Letters and digits only, and all that look alike the same.
fn skeleton(text: &str, unicode: &dyn Unicode) -> String {
    let mut out = String::new();
    for c in unicode.nfkd(text).chars().filter(|c| !is_mark(*c)) {
        let c = latin(c).unwrap_or(c);
        for c in c.to_lowercase() {
            match latin(c).unwrap_or(c) {
                'm' => out.push_str("rn"),
                'w' => out.push_str("vv"),
                'i' | 'l' | '|' | '!' => out.push('1'),
                '0' => out.push('o'),
                '3' => out.push('e'),
                '4' | '@' => out.push('a'),
                '5' | '$' => out.push('s'),
                '7' => out.push('t'),
                other if other.is_alphanumeric() => out.push(other),
                _ => {}
            }
        }
    }
    out
}

/// The Latin letter that a letter of another alphabet, a small capital, a letter with a stroke or an
/// enclosed letter looks like (UTS #39, confusables).
fn latin(c: char) -> Option<char> {
    const LOOK_ALIKES: [(&str, char); 26] = [
        ("аАαΑᴀɑᎪꓮⲀⲁ", 'a'),
        ("ВвΒʙЬᏴꓐⲂ", 'b'),
        ("сСϲᴄᏟꓚⲤⲥ", 'c'),
        ("ԁᴅᎠꓓđꮷᏧ", 'd'),
        ("еЕΕεᴇєЄᎬꓰⲈ", 'e'),
        ("ғꓝ", 'f'),
        ("ɡɢԌᏀᏻꓖց", 'g'),
        ("һҺНнΗʜᎻᏂꓧⲎհħ", 'h'),
        ("іІιΙıɪᎥꓲⲒⲓɨ", 'i'),
        ("јЈᴊᎫꓙյ", 'j'),
        ("кКκΚᴋᏦꓗⲔⲕ", 'k'),
        ("ӏӀʟᏞꓡⳐլł", 'l'),
        ("мМΜᴍᎷꓟⲘⲙ", 'm'),
        ("пΝɴꓠⲚⲛո", 'n'),
        ("оОοΟσᴏօՕꓳⲞⲟø", 'o'),
        ("рРρΡᴘᏢꓑⲢⲣ", 'p'),
        ("ԛզ", 'q'),
        ("гᴦʀᎡᏒꓣ", 'r'),
        ("ѕЅꜱᏚᏕꓢՏ", 's'),
        ("тТτΤᴛᎢꓔⲦⲧŧ", 't'),
        ("υᴜսՍꓴ", 'u'),
        ("νѵᴠᏙꓦ", 'v'),
        ("ԝᴡωшᎳᏔꓪ", 'w'),
        ("хХχΧꓫⲬⲭ", 'x'),
        ("уУүΥγʏᎩꓬⲨⲩ", 'y'),
        ("ᏃꓜⲌ", 'z'),
    ];
    // Negative circled, negative squared and regional indicator letters, which have no compatibility form.
    for first in ['\u{1f150}', '\u{1f170}', '\u{1f1e6}'] {
        if let Some(place @ 0..26) = u32::from(c).checked_sub(u32::from(first)) {
            return char::from_u32(u32::from('a') + place);
        }
    }
    let is_cherokee_small = ('\u{ab70}'..='\u{abbf}').contains(&c);
    let c = if is_cherokee_small {
        c.to_uppercase().next()?
    } else {
        c
    };
    let found = LOOK_ALIKES.iter().find(|(letters, _)| letters.contains(c));
    found.map(|(_, letter)| *letter)
}

/// Letters of the Latin alphabet that Cyrillic ones look like.
const LIKE_CYRILLIC: &str = "ABCEHIJKMOPSTXYaceijopsxyhk";

/// Alphabets with letters of Latin shape that nobody writes into a Latin word: Armenian, Cherokee,
/// Canadian syllabics, Coptic, Tifinagh, Lisu, and those of old and small scripts.
const SELDOM: [(char, char); 9] = [
    ('\u{531}', '\u{58f}'),
    ('\u{13a0}', '\u{13ff}'),
    ('\u{1400}', '\u{167f}'),
    ('\u{2c80}', '\u{2cff}'),
    ('\u{2d30}', '\u{2d7f}'),
    ('\u{a4d0}', '\u{a63f}'),
    ('\u{ab70}', '\u{abbf}'),
    ('\u{10280}', '\u{107ff}'),
    ('\u{11800}', '\u{118ff}'),
];

fn is_seldom(c: char) -> bool {
    let is_in = |(first, last): &(char, char)| (*first..=*last).contains(&c);
    c.is_alphabetic() && SELDOM.iter().any(is_in)
}

/// Whether a word mixes alphabets so that it looks like one of them alone.
fn is_mixed(word: &str) -> bool {
    let is_latin =
        |c: char| c.is_alphabetic() && (c < '\u{250}' || ('\u{1e00}'..'\u{1f00}').contains(&c));
    let is_greek = |c: char| ('\u{370}'..'\u{400}').contains(&c);
    let is_cyrillic = |c: char| ('\u{400}'..'\u{530}').contains(&c);
    if word.chars().any(is_latin) && word.chars().any(is_seldom) {
        return true;
    }
    let letters = || word.chars().filter(|c| c.is_alphabetic());
    let foreign = || letters().filter(|c| is_greek(*c) || is_cyrillic(*c));
    if !letters().any(is_latin) || foreign().next().is_none() {
        return false;
    }
    let looks_latin = foreign().all(|c| latin(c).is_some());
    let latins = || letters().filter(|c| is_latin(*c));
    let looks_cyrillic = foreign().all(is_cyrillic) && latins().all(|c| LIKE_CYRILLIC.contains(c));
    looks_latin || looks_cyrillic
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
