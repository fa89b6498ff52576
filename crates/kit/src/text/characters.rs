//! Characters that nobody sees, or that change what others look like: ranges of the Unicode Character
//! Database 17.0, as far as they matter for names.

type Ranges = &'static [(char, char)];

fn is_in(ranges: Ranges, c: char) -> bool {
    ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&c))
}

/// `Default_Ignorable_Code_Point`, `Bidi_Control`, separators of lines, interlinear annotation, private use and noncharacters.
const HIDDEN: Ranges = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{e000}', '\u{f8ff}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffc}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{10ffff}'),
];

/// Combining marks: of all scripts together, then of single ones as far as they pile up.
const GENERAL_MARKS: Ranges = &[
    ('\u{300}', '\u{36f}'),
    ('\u{483}', '\u{489}'),
    ('\u{1ab0}', '\u{1aff}'),
    ('\u{1dc0}', '\u{1dff}'),
    ('\u{20d0}', '\u{20ff}'),
    ('\u{3099}', '\u{309a}'),
    ('\u{fe20}', '\u{fe2f}'),
];
const SCRIPT_MARKS: Ranges = &[
    ('\u{591}', '\u{5bd}'),
    ('\u{5bf}', '\u{5c7}'),
    ('\u{610}', '\u{61a}'),
    ('\u{64b}', '\u{65f}'),
    ('\u{670}', '\u{670}'),
    ('\u{6d6}', '\u{6ed}'),
    ('\u{730}', '\u{74a}'),
    ('\u{8d3}', '\u{902}'),
    ('\u{93a}', '\u{93a}'),
    ('\u{93c}', '\u{93c}'),
    ('\u{941}', '\u{948}'),
    ('\u{94d}', '\u{94d}'),
    ('\u{951}', '\u{957}'),
    ('\u{9bc}', '\u{9bc}'),
    ('\u{9c1}', '\u{9c4}'),
    ('\u{9cd}', '\u{9cd}'),
    ('\u{e31}', '\u{e31}'),
    ('\u{e34}', '\u{e3a}'),
    ('\u{e47}', '\u{e4e}'),
    ('\u{eb1}', '\u{eb1}'),
    ('\u{eb4}', '\u{ebc}'),
    ('\u{ec8}', '\u{ece}'),
    ('\u{f71}', '\u{f84}'),
    ('\u{f8d}', '\u{fbc}'),
    ('\u{102d}', '\u{1030}'),
    ('\u{1032}', '\u{1037}'),
];

/// `Extended_Pictographic`, rounded up to blocks.
const PICTURES: Ranges = &[
    ('\u{a9}', '\u{a9}'),
    ('\u{ae}', '\u{ae}'),
    ('\u{203c}', '\u{203c}'),
    ('\u{2049}', '\u{2049}'),
    ('\u{2122}', '\u{2122}'),
    ('\u{2139}', '\u{2139}'),
    ('\u{2194}', '\u{21aa}'),
    ('\u{231a}', '\u{23ff}'),
    ('\u{24c2}', '\u{24c2}'),
    ('\u{25aa}', '\u{27bf}'),
    ('\u{2934}', '\u{2935}'),
    ('\u{2b05}', '\u{2b55}'),
    ('\u{3030}', '\u{303d}'),
    ('\u{3297}', '\u{3299}'),
    ('\u{1f000}', '\u{1faff}'),
];

const SKIN_TONES: Ranges = &[('\u{1f3fb}', '\u{1f3ff}')];
/// Scripts whose letters U+200C and U+200D join or part.
const JOINED: Ranges = &[('\u{620}', '\u{8ff}'), ('\u{900}', '\u{dff}')];
const ZWJ: char = '\u{200d}';
const ZWNJ: char = '\u{200c}';
/// Shows a character as a picture.
const AS_PICTURE: char = '\u{fe0f}';
/// Shows it as text.
const AS_TEXT: char = '\u{fe0e}';
const BLACK_FLAG: char = '\u{1f3f4}';
/// What follows the flag: England, Scotland, Wales.
const SUBDIVISIONS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];
const TAGS_START: u32 = 0xe_0000;
const TAG_END: char = '\u{e007f}';

/// Whether nobody sees it, or it changes the direction of others.
pub fn is_hidden(c: char) -> bool {
    is_in(HIDDEN, c)
}

/// Whether it goes over or under the one before, whatever that is.
pub fn is_general_mark(c: char) -> bool {
    is_in(GENERAL_MARKS, c)
}

/// Whether it goes over or under the one before.
pub fn is_mark(c: char) -> bool {
    is_general_mark(c) || is_in(SCRIPT_MARKS, c)
}

/// Whether there is nothing to see of it.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_hidden(c) || is_mark(c) || c == '\u{2800}'
}

/// The first hidden character of `text` that stands where it has no business.
pub fn find_hidden(text: &str) -> Option<char> {
    let all: Vec<char> = text.chars().collect();
    let mut at = 0;
    while let Some(c) = all.get(at) {
        if is_hidden(*c) {
            match allowed(&all, at) {
                0 => return Some(*c),
                length => at += length,
            }
        } else {
            at += 1;
        }
    }
    None
}

/// How many hidden characters from `at` on are part of an emoji or of a word.
fn allowed(all: &[char], at: usize) -> usize {
    let Some(before) = at.checked_sub(1).map(|at| all[at]) else {
        return 0;
    };
    let next = all.get(at + 1).copied();
    let is_picture = |c: char| is_in(PICTURES, c);
    match all[at] {
        AS_PICTURE | AS_TEXT => {
            let is_keycap = before.is_ascii_digit() || matches!(before, '#' | '*');
            usize::from(is_picture(before) || is_keycap && next == Some('\u{20e3}'))
        }
        joiner @ (ZWJ | ZWNJ) => {
            let is_script = |c: char| {
                JOINED.iter().any(|script| {
                    let (first, last) = *script;
                    (first..=last).contains(&c)
                        && next.is_some_and(|next| (first..=last).contains(&next))
                })
            };
            let is_emoji = joiner == ZWJ
                && (is_picture(before) || before == AS_PICTURE || is_in(SKIN_TONES, before))
                && next.is_some_and(is_picture);
            usize::from(is_emoji || is_script(before))
        }
        _ if before == BLACK_FLAG => {
            let tags = |word: &&'static str| {
                let tags = word
                    .chars()
                    .filter_map(|c| char::from_u32(TAGS_START + u32::from(c)));
                let expected: Vec<char> = tags.chain([TAG_END]).collect();
                all[at..].starts_with(&expected)
            };
            SUBDIVISIONS
                .into_iter()
                .find(tags)
                .map_or(0, |word| word.len() + 1)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_marks() {
        for (first, last) in GENERAL_MARKS.iter().chain(SCRIPT_MARKS) {
            for c in [*first, *last] {
                let is_mark = unicode_normalization::char::is_combining_mark(c);
                assert!(is_mark || !c.is_alphanumeric(), "{c:?}");
            }
        }
    }

    #[test]
    fn hidden_characters_belong_into_emoji_and_some_scripts_only() {
        for text in [
            "👩\u{200d}🚀",
            "👨🏽\u{200d}💻",
            "🏳\u{fe0f}\u{200d}🌈",
            "❤\u{fe0f}\u{200d}🔥",
            "1\u{fe0f}\u{20e3}",
            "⚔\u{fe0f}",
            "☠\u{fe0e}",
            "🇵🇱",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "אבג",
            "محمد",
        ] {
            assert_eq!(find_hidden(text), None, "{text:?}");
        }
        let misplaced = "\u{200b}|a\u{200b}b|a\u{200d}b|a\u{200c}b|👩\u{200d}|\u{200d}👩|\
            👩\u{200d}\u{200d}🚀|می\u{200c}|a\u{fe0f}|⚔\u{fe0f}\u{fe0f}|1\u{fe0f}|\
            🏴\u{e0067}\u{e0062}|🏴\u{e0061}\u{e0062}\u{e0063}\u{e0064}\u{e0065}\u{e007f}|\
            a\u{e0061}|\u{202e}abc|\u{2066}abc\u{2069}|\u{feff}a|a\u{ad}b|\u{3164}|\
            \u{ffa0}|\u{115f}|\u{180e}|\u{e000}|\u{fff9}|\u{2028}|\u{fe00}|\u{e0100}";
        for text in misplaced.split('|') {
            assert!(find_hidden(text).is_some(), "{text:?}");
        }
    }
}
