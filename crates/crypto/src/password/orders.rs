//! Sequences: rows and columns of keyboards, alphabets, digits, also several by turns (`1q2w3e4r`).

use super::strength::PieceKind;

/// Read both ways. Keyboards of the US, Germany, France and Russia; their columns; the columns and
/// diagonals of a block of digits; each second digit and letter.
const ORDERS: [&str; 52] = [
    "01234567890",
    "13579",
    "02468",
    "acegikmoqsuwy",
    "bdfhjlnprtvxz",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "!@#$%^&*()_+",
    "qwertzuiopü+",
    "asdfghjklöä#",
    "yxcvbnm,.-",
    "!\"§$%&/()=?",
    "azertyuiop^$",
    "qsdfghjklmù*",
    "wxcvbn,;:!",
    "&é\"'(-è_çà)=",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
    "8ik,",
    "9ol.",
    "0p;/",
    "zse4",
    "xdr5",
    "cft6",
    "vgy7",
    "bhu8",
    "nji9",
    "mko0",
    "1qay",
    "6zhn",
    "1aqw",
    "2zsx",
    "!qaz",
    "@wsx",
    "#edc",
    "147",
    "258",
    "369",
    "159",
    "357",
    "741",
    "852",
    "963",
];
/// The first of [`ORDERS`] that is a keyboard's.
const KEYBOARDS: usize = 5;
/// Two characters are the same.
const SAME: u128 = 1;
/// One comes after the other in an alphabet.
const NEXT_LETTER: u128 = 1 << 1;
const PREVIOUS_LETTER: u128 = 1 << 2;
const FIRST_ORDER: usize = 3;
/// How many orders may take turns, and the shortest piece that counts then.
const TURNS: [(usize, usize); 4] = [(1, 3), (2, 8), (3, 9), (4, 12)];
const LETTERS_BY_TURNS: usize = 12;

/// The ways in which `b` can follow `a`, a bit each.
fn relation(a: char, b: char) -> u128 {
    let mut found = if a == b { SAME } else { 0 };
    if a.is_alphabetic() && b.is_alphabetic() {
        match u32::from(b).wrapping_sub(u32::from(a)) {
            1 => found |= NEXT_LETTER,
            u32::MAX => found |= PREVIOUS_LETTER,
            _ => {}
        }
    }
    for (index, order) in ORDERS.iter().enumerate() {
        let pairs = order.chars().zip(order.chars().skip(1));
        for pair in pairs {
            if pair == (a, b) {
                found |= 1 << (FIRST_ORDER + 2 * index);
            } else if pair == (b, a) {
                found |= 1 << (FIRST_ORDER + 2 * index + 1);
            }
        }
    }
    found
}

/// A piece that goes along orders: where it ends, the shortest part of it that still does, and what
/// it is.
pub struct Run {
    /// Past its last character.
    pub end: usize,
    /// Fewest characters.
    pub min: usize,
    /// What it is.
    pub kind: PieceKind,
}

/// The longest pieces that begin at `start`, one for each number of orders that take turns.
pub fn runs_at(text: &[char], start: usize) -> impl Iterator<Item = Run> {
    TURNS.into_iter().filter_map(move |(turns, min)| {
        let mut ways = [u128::MAX; 4];
        let mut end = start + turns;
        while end < text.len() {
            let way = &mut ways[(end - start) % turns];
            let left = *way & relation(text[end - turns], text[end]);
            if left == 0 {
                break;
            }
            *way = left;
            end += 1;
        }
        let end = end.min(text.len());
        // Letters that take turns may be chance, in words.
        let is_word = turns > 1 && text[start..end].iter().all(|c| c.is_alphabetic());
        let min = if is_word { LETTERS_BY_TURNS } else { min };
        (end >= start + min).then(|| Run {
            end,
            min,
            kind: kind_of(&ways[..turns]),
        })
    })
}

fn kind_of(ways: &[u128]) -> PieceKind {
    let plain = (1_u128 << (FIRST_ORDER + 2 * KEYBOARDS)) - 1;
    if ways.iter().all(|way| way & SAME != 0) {
        PieceKind::Repetition
    } else if ways.iter().all(|way| way & plain != 0) {
        PieceKind::Sequence
    } else {
        PieceKind::Keyboard
    }
}
