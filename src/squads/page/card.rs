//! The preview image of a shared page, which chat programs show under a link. Its size is fixed, and it
//! has no player names, since the font lacks many letters. `bitmap` draws, `png` encodes.

use super::bitmap::{self, Bitmap, COLORS, Color, LETTER_WIDTH, WIDTH};
use super::png;
use super::view::{Bar, PageView, ShownBuild, ShownSlot, ShownSubgroup};

/// Colours, by their places in [`PALETTE`].
const PAPER: Color = 0;
const PANEL: Color = 1;
const TEXT: Color = 2;
const MUTED: Color = 3;
const GOOD: Color = 4;
const SHORT: Color = 5;
const BAD: Color = 6;
/// The nine professions follow, in the order of their codes.
const PROFESSIONS: Color = 7;
const PALETTE: [[u8; 3]; COLORS] = [
    [0x16, 0x18, 0x1c],
    [0x24, 0x28, 0x2f],
    [0xe8, 0xea, 0xed],
    [0xa4, 0xab, 0xb5],
    [0x6f, 0xd6, 0xa0],
    [0xf0, 0xb3, 0x5e],
    [0xff, 0x8f, 0x85],
    [0x5f, 0xb8, 0xe8],
    [0xe0, 0xb0, 0x4a],
    [0xc0, 0x84, 0x52],
    [0x86, 0xc0, 0x5a],
    [0xb0, 0x86, 0x90],
    [0xe8, 0x6a, 0x5c],
    [0xc0, 0x78, 0xd8],
    [0x4f, 0xb0, 0x8c],
    [0xa8, 0x4c, 0x58],
];

const MARGIN: usize = 40;
const INNER: usize = WIDTH - 2 * MARGIN;
const GAP: usize = 8;
const COLUMNS_TOP: usize = 176;
const COLUMNS_HEIGHT: usize = 350;
/// The widest column: more would look empty.
const COLUMN_WIDEST: usize = 272;
const ROW: usize = 42;
const ROWS: usize = 5;
const STICKS_TOP: usize = COLUMNS_TOP + 270;
const STICKS_HEIGHT: usize = 66;
/// Letters are doubled this many times.
const LARGE: u32 = 2;
const MIDDLE: u32 = 1;

pub fn draw(view: &PageView) -> Vec<u8> {
    let mut bitmap = Bitmap::new(PAPER);
    bitmap.fill([0, 0, WIDTH, 10], BAD);
    title(&mut bitmap, view);
    columns(&mut bitmap, &view.subgroups);
    footer(&mut bitmap, view);
    png::encode(&bitmap, &PALETTE)
}

/// How many letters of this size fit into `width`.
const fn fitting(width: usize, doublings: u32) -> usize {
    width / (LETTER_WIDTH << doublings)
}

/// At most `count` letters, the last ones dots if something is left out.
fn cut(text: &str, count: usize) -> String {
    if text.chars().count() <= count {
        return text.to_owned();
    }
    let kept: String = text.chars().take(count.saturating_sub(2)).collect();
    format!("{}..", kept.trim_end())
}

/// The text in letters that the font has; `None` when too little of it would be left to tell it by.
fn in_font(text: &str) -> Option<String> {
    let is_mark = |letter: &char| matches!(letter, '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let whole: Vec<char> = text.chars().filter(|letter| !is_mark(letter)).collect();
    let known = whole.iter().copied().filter(|letter| bitmap::has(*letter));
    let known: String = known.collect();
    let known = known.split_whitespace().collect::<Vec<_>>().join(" ");
    (known.chars().count() * 2 > whole.len()).then_some(known)
}

fn title(bitmap: &mut Bitmap, view: &PageView) {
    let name = in_font(&view.title).unwrap_or_else(|| format!("{} composition", view.mode));
    if name.chars().count() <= fitting(INNER, LARGE) {
        bitmap.text([MARGIN, 36], LARGE, TEXT, &name);
    } else {
        line(bitmap, 56, TEXT, &name);
    }
    let mut text = format!("{}, {}", view.mode, view.count());
    if let Some(team) = view.team.as_deref().and_then(in_font) {
        text = format!("{text}, {team}");
    }
    line(bitmap, 122, MUTED, &text);
}

/// Writes a line over the whole width, cut where it is too long.
fn line(bitmap: &mut Bitmap, top: usize, color: Color, text: &str) {
    let text = cut(text, fitting(INNER, MIDDLE));
    bitmap.text([MARGIN, top], MIDDLE, color, &text);
}

fn columns(bitmap: &mut Bitmap, groups: &[ShownSubgroup]) {
    let count = groups.len().max(1);
    let pitch = ((INNER + GAP) / count).min(COLUMN_WIDEST + GAP);
    for (index, group) in groups.iter().enumerate() {
        let left = MARGIN + index * pitch;
        column(bitmap, group, left, pitch - GAP);
    }
}

fn column(bitmap: &mut Bitmap, group: &ShownSubgroup, left: usize, width: usize) {
    bitmap.fill([left, COLUMNS_TOP, width, COLUMNS_HEIGHT], PANEL);
    let head = if width >= 180 { "Group " } else { "" };
    let head = format!("{head}{}", group.number);
    bitmap.text([left + 8, COLUMNS_TOP + 6], MIDDLE, MUTED, &head);
    let players: Vec<&ShownSlot> = group.slots.iter().filter(|slot| !slot.is_open()).collect();
    // The last row says how many more there are.
    let is_cut = players.len() > ROWS;
    let shown = if is_cut { ROWS - 1 } else { players.len() };
    let letters = fitting(width - 18, MIDDLE);
    for (row, slot) in players.iter().take(shown).enumerate() {
        let top = COLUMNS_TOP + 50 + row * ROW;
        bitmap.fill([left, top, 6, ROW - 4], color_of(slot));
        let name = slot.specialization.unwrap_or("-");
        let name: String = name.chars().take(letters).collect();
        bitmap.text([left + 12, top], MIDDLE, TEXT, &name);
    }
    if players.len() > shown {
        let top = COLUMNS_TOP + 50 + shown * ROW;
        let more = format!("+{}", players.len() - shown);
        bitmap.text([left + 12, top], MIDDLE, MUTED, &more);
    }
    sticks(bitmap, &group.bars, left, width);
}

fn color_of(slot: &ShownSlot) -> Color {
    let found = slot
        .profession
        .and_then(crate::game::model::profession_by_id);
    match (found, &slot.build) {
        (Some(profession), _) => PROFESSIONS - 1 + profession.code,
        (None, ShownBuild::None | ShownBuild::Private | ShownBuild::Shown { .. }) => MUTED,
    }
}

/// A bar for each function: as high as its coverage, in the colour of its word.
fn sticks(bitmap: &mut Bitmap, bars: &[Bar], left: usize, width: usize) {
    let pitch = (width - 12) / bars.len().max(1);
    let thickness = pitch.saturating_sub(2).clamp(1, 16);
    for (index, bar) in bars.iter().enumerate() {
        let x = left + 8 + index * pitch;
        let height = STICKS_HEIGHT * bar.step() as usize / 100;
        let color = if bar.step() == 100 { GOOD } else { SHORT };
        bitmap.fill(
            [x, STICKS_TOP + STICKS_HEIGHT - height, thickness, height],
            color,
        );
        if height == 0 {
            // What is not there at all still has its place.
            bitmap.fill([x, STICKS_TOP + STICKS_HEIGHT - 6, thickness, 6], BAD);
        }
    }
}

fn footer(bitmap: &mut Bitmap, view: &PageView) {
    let (color, text) = match view.shortfalls.len() {
        0 if view.players == 0 => (MUTED, "Nobody is planned yet".to_owned()),
        0 => (GOOD, "Lacks nothing that counts".to_owned()),
        count => {
            // As many as the line has room for, and at least one.
            let line = |shown: usize| {
                let text = format!("Lacks {}", view.worst(shown));
                if count > shown {
                    format!("{text} and {} more", count - shown)
                } else {
                    text
                }
            };
            let room = fitting(INNER, MIDDLE);
            let fits = (2..=count.min(3)).rev().map(line);
            let text = fits.into_iter().find(|text| text.chars().count() <= room);
            (BAD, text.unwrap_or_else(|| line(1)))
        }
    };
    let text = in_font(&text).unwrap_or_default();
    line(bitmap, 546, color, &text);
    bitmap.text([MARGIN, 592], 0, MUTED, "WvW Builder");
}

#[cfg(test)]
mod tests;
