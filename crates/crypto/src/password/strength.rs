//! Password strength: what an attacker has to guess, beyond words, sequences and repetitions. Four words in
//! a row pass, whatever the words.

use zeroize::Zeroizing;

use super::orders;

/// The most common passwords and words in them, and words of 15 letters and more that common lists
/// have, one a line, in lower case, sorted. Written by `scripts/passwords.mjs`.
const COMMON: &str = include_str!("common.txt");
/// Words of the game and of this product, which whoever guesses here tries first.
const GAME: &str = "\
    wvwbuilder wvw builder guildwars guild wars gw2 gw1 arenanet anet tyria elona cantha ascalon \
    kryta orr lionsarch divinity hoelbrak ratasum mists guardian warrior revenant engineer \
    ranger thief elementalist mesmer necromancer dragonhunter firebrand willbender berserker \
    spellbreaker bladesworn herald renegade vindicator scrapper holosmith mechanist druid \
    soulbeast untamed daredevil deadeye specter tempest weaver catalyst chronomancer mirage \
    virtuoso reaper scourge harbinger commander zerg squad roamer roaming havoc borderlands \
    eternalbattlegrounds stonemist keep tower siege golem minstrel asura charr human norn \
    sylvari zhaitan mordremoth";

/// What a piece is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// Digits or letters in their order, a date, or nothing but a few digits.
    Sequence,
    /// Keys that are neighbours.
    Keyboard,
    /// What stands before, once more, also backwards.
    Repetition,
    /// Of the list of common ones, also with substitutes and backwards.
    Common,
    /// One word, and digits or signs around it.
    OneWord,
    /// The user's address or name.
    Personal,
    /// A word of the game or the product.
    Game,
    /// A character that is none of this.
    Other,
}

/// What guessing a piece costs, in bits or so: a letter that nothing foretells, a digit or sign, a
/// word of the list, one of the few that are tried first, and whatever follows a rule. A phrase of
/// four words of any kind is worth more than [`ENOUGH`], and so are three common ones.
const LETTER: u32 = 4;
const SIGN: u32 = 2;
const WORD: u32 = 11;
const FEW: u32 = 10;
const RULE: u32 = 3;
/// A few letters in a row of a keyboard are in many words, and a word may well come twice.
const SHORT: usize = 4;
const SHORT_RULE: u32 = 9;
const AGAIN: u32 = 6;
const YEAR: u32 = 2;
/// What is worth no more is refused, where passwords have 15 characters or more.
const ENOUGH: u32 = 29;
/// The longest word of which there is only one in a password that is refused for it.
const ONE_WORD_MAX: usize = 12;
const ONE_WORD_MIN: usize = 4;
/// The shortest word that is found backwards, and the shortest piece that is found once more.
const BACKWARDS_MIN: usize = 6;
const AGAIN_MIN: usize = 4;

/// Why `text` is easily guessed; `None`: it is not. `own` are words of the user's address and name,
/// in lower case; `min_length` is what is configured.
pub fn weakness(text: &str, own: &[String], min_length: usize) -> Option<PieceKind> {
    let sent = Zeroizing::new(text.chars().collect::<Vec<char>>());
    let fold = |c: &char| c.to_lowercase().next().unwrap_or(*c);
    let whole = Zeroizing::new(sent.iter().map(fold).collect::<Vec<char>>());
    let is_gap = |c: &&char| !matches!(c, ' ' | '-' | '_' | '.' | ',');
    let dense = Zeroizing::new(whole.iter().filter(is_gap).copied().collect::<Vec<char>>());
    if is_phrase(&whole, &dense) {
        return None;
    }
    let enough = ENOUGH.min(SIGN * u32::try_from(min_length).unwrap_or(ENOUGH));
    let (worth, kind) = cheapest(&dense, own);
    if worth <= enough {
        return Some(kind);
    }
    if is_repetition(&dense, min_length) {
        return Some(PieceKind::Repetition);
    }
    is_one_word(&dense, &sent).then_some(PieceKind::OneWord)
}

/// Whether it repeats what is too short to be a password, the last time perhaps cut off.
fn is_repetition(text: &[char], min_length: usize) -> bool {
    let length = text.len();
    (1..=length / 2)
        .take_while(|unit| *unit < min_length)
        .any(|unit| text[unit..] == text[..length - unit])
}

/// Whether it is four words or more with something between them.
fn is_phrase(whole: &[char], dense: &[char]) -> bool {
    let is_order = |word: &[char]| orders::runs_at(word, 0).any(|run| run.end == word.len());
    let is_word = |word: &&[char]| {
        word.len() > 1 && word.iter().all(|c| c.is_alphabetic()) && !is_order(word)
    };
    let parts = whole.split(|c| !c.is_alphanumeric());
    let words: Vec<&[char]> = parts.clone().filter(is_word).collect();
    let different = words
        .iter()
        .enumerate()
        .filter(|(index, word)| !words[..*index].contains(word))
        .count();
    // "I", "a", "à", "y": not a word that is spelled out.
    let is_letter = |part: &&[char]| matches!(part, [letter] if letter.is_alphabetic());
    let letters = parts.filter(is_letter).count().min(2);
    // Not an alphabet with gaps either.
    let is_spaced_order =
        (0..3).any(|start| orders::runs_at(dense, start).any(|run| run.end + 3 > dense.len()));
    words.len() + letters >= 4 && different + letters >= 3 && !is_spaced_order
}

/// Whether all letters are one word, with digits or signs around it.
fn is_one_word(dense: &[char], sent: &[char]) -> bool {
    let is_letter = |at: usize| dense.get(at).is_some_and(|c| c.is_alphabetic());
    // A digit between two letters stands for one.
    let is_part =
        |at: &usize| is_letter(*at) || *at > 0 && is_letter(*at - 1) && is_letter(*at + 1);
    let Some(start) = (0..dense.len()).find(is_part) else {
        return false;
    };
    let length = (start..dense.len()).take_while(is_part).count();
    let is_only = !(start + length..dense.len()).any(is_letter);
    // What a generator makes has its capitals anywhere.
    let (upper, lower) = sent.iter().fold((0, 0), |(upper, lower), c| {
        (
            upper + usize::from(c.is_uppercase()),
            lower + usize::from(c.is_lowercase()),
        )
    });
    let is_word_case = upper <= 2 || lower == 0;
    (ONE_WORD_MIN..=ONE_WORD_MAX).contains(&length)
        && length < dense.len()
        && is_only
        && is_word_case
}

/// The way to a place in the text that costs least.
#[derive(Clone, Copy)]
struct Step {
    worth: u32,
    from: usize,
    kind: PieceKind,
}

/// Every way from the beginning to each place, the cheapest one kept.
struct Ways(Vec<Step>);

impl Ways {
    fn offer(&mut self, from: usize, to: usize, price: u32, kind: PieceKind) {
        let worth = self.0[from].worth.saturating_add(price);
        if worth < self.0[to].worth {
            self.0[to] = Step { worth, from, kind };
        }
    }
}

/// What `text` is worth when each piece of it is guessed in the cheapest way, and what tells most of
/// it.
fn cheapest(text: &[char], own: &[String]) -> (u32, PieceKind) {
    let unreached = Step {
        worth: u32::MAX,
        from: 0,
        kind: PieceKind::Other,
    };
    let mut ways = Ways(vec![unreached; text.len() + 1]);
    ways.0[0].worth = 0;
    let words = find_words(text, own);
    for start in 0..text.len() {
        let is_plain = |c: char| c.is_ascii() && !c.is_ascii_alphabetic();
        let price = if is_plain(text[start]) { SIGN } else { LETTER };
        ways.offer(start, start + 1, price, PieceKind::Other);
        for (_, end, price, kind) in words.iter().filter(|word| word.0 == start) {
            ways.offer(start, *end, *price, *kind);
        }
        let before = ways.0[start].kind;
        let is_after_rule =
            matches!(before, PieceKind::Sequence | PieceKind::Keyboard) && start > 0;
        for run in orders::runs_at(text, start) {
            for end in start + run.min..=run.end {
                let is_short =
                    end - start <= SHORT && text[start].is_alphabetic() && !is_after_rule;
                let price = if is_short { SHORT_RULE } else { RULE };
                ways.offer(start, end, price, run.kind);
            }
        }
        for end in start + AGAIN_MIN..=start + again(text, start) {
            ways.offer(start, end, AGAIN, PieceKind::Repetition);
        }
        if let Some((length, price)) = date(&text[start..]) {
            ways.offer(start, start + length, price, PieceKind::Sequence);
        }
    }
    let is_number = text.iter().all(char::is_ascii_digit);
    let kind = match reason(&ways.0) {
        PieceKind::Keyboard if is_number => PieceKind::Sequence,
        kind => kind,
    };
    (ways.0[text.len()].worth, kind)
}

/// The kind that says most: a word before a rule, and of rules the one that tells most characters.
fn reason(steps: &[Step]) -> PieceKind {
    let mut told = [
        (PieceKind::Sequence, 0),
        (PieceKind::Keyboard, 0),
        (PieceKind::Repetition, 0),
    ];
    let mut word = None;
    let mut at = steps.len() - 1;
    while at > 0 {
        let Step { from, kind, .. } = steps[at];
        if let Some((_, length)) = told.iter_mut().find(|(rule, _)| *rule == kind) {
            *length += at - from;
        }
        word = match (word, kind) {
            (_, PieceKind::Personal) | (Some(PieceKind::Personal), _) => Some(PieceKind::Personal),
            (_, PieceKind::Game) | (Some(PieceKind::Game), _) => Some(PieceKind::Game),
            (_, PieceKind::Common) => Some(PieceKind::Common),
            _ => word,
        };
        at = from;
    }
    let [first, rest @ ..] = told;
    let most = rest
        .into_iter()
        .fold(first, |a, b| if b.1 > a.1 { b } else { a });
    word.unwrap_or(most.0)
}

/// Where known words stand: start, end, worth and kind.
fn find_words(text: &[char], own: &[String]) -> Vec<(usize, usize, u32, PieceKind)> {
    let starts_of = |letter: char| {
        let places = text.iter().enumerate();
        let is_it = places.filter(move |(_, found)| writes(**found, letter));
        is_it.map(|(start, _)| start).collect::<Vec<usize>>()
    };
    let starts: Vec<Vec<usize>> = ('a'..='z').map(starts_of).collect();
    let common = COMMON.lines().map(|word| (word, WORD, PieceKind::Common));
    let game = GAME.split(' ').map(|word| (word, FEW, PieceKind::Game));
    let own = own
        .iter()
        .map(|word| (word.as_str(), FEW, PieceKind::Personal));
    let mut found = Vec::new();
    let mut look =
        |first: Option<char>, word: &mut dyn FnMut(usize) -> Option<usize>, worth, kind| {
            let Some(first) = first else { return };
            let index = usize::try_from(u32::from(first))
                .unwrap_or(0)
                .wrapping_sub(usize::from(b'a'));
            let others;
            let starts = if let Some(known) = starts.get(index) {
                known
            } else {
                others = starts_of(first);
                &others
            };
            for start in starts {
                if let Some(length) = word(*start) {
                    found.push((*start, start + length, worth, kind));
                }
            }
        };
    for (word, worth, kind) in own.chain(game).chain(common) {
        let mut forwards = |start: usize| matched(&text[start..], word.chars());
        look(word.chars().next(), &mut forwards, worth, kind);
        if word.len() >= BACKWARDS_MIN {
            let mut backwards = |start: usize| matched(&text[start..], word.chars().rev());
            look(word.chars().next_back(), &mut backwards, worth, kind);
        }
    }
    found
}

/// How many characters of `text` write `word`.
fn matched(text: &[char], word: impl Iterator<Item = char>) -> Option<usize> {
    let mut length = 0;
    for letter in word {
        if !text.get(length).is_some_and(|found| writes(*found, letter)) {
            return None;
        }
        length += 1;
    }
    Some(length)
}

/// Whether `found` is the letter or a usual substitute.
fn writes(found: char, letter: char) -> bool {
    found == letter
        || match letter {
            'a' => matches!(found, '4' | '@'),
            'b' => found == '8',
            'c' => matches!(found, '(' | '<'),
            'e' => matches!(found, '3' | '€'),
            'g' => matches!(found, '9' | '6'),
            'i' | 'l' => matches!(found, '1' | '!' | '|'),
            'o' => found == '0',
            's' => matches!(found, '5' | '$'),
            't' => matches!(found, '7' | '+'),
            'z' => found == '2',
            _ => false,
        }
}

/// How many characters from `start` on stand before it already, forwards or backwards.
fn again(text: &[char], start: usize) -> usize {
    let same = |pairs: &dyn Fn(usize) -> Option<(usize, usize)>| {
        (0..)
            .map_while(pairs)
            .take_while(|(before, at)| text[*before] == text[*at])
            .count()
    };
    let ways = (0..start).map(|from| {
        let forwards = same(&|step| {
            let (before, at) = (from + step, start + step);
            (before < start && at < text.len()).then_some((before, at))
        });
        let backwards = same(&|step| {
            let at = start + step;
            (step <= from && at < text.len()).then(|| (from - step, at))
        });
        forwards.max(backwards)
    });
    ways.max().unwrap_or(0)
}

/// A year or a date of six or eight digits at the beginning: its length and its worth.
fn date(text: &[char]) -> Option<(usize, u32)> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?.iter();
        digits
            .map(|c| c.to_digit(10))
            .try_fold(0, |sum, digit| Some(sum * 10 + digit?))
    };
    let is_year = |year: Option<u32>| matches!(year, Some(1900..=2099));
    let is_day_and_month = |at: usize| match (number(at, at + 2), number(at + 2, at + 4)) {
        (Some(a @ 1..=31), Some(b @ 1..=31)) => a.min(b) <= 12,
        _ => false,
    };
    let is_long = is_day_and_month(0) && is_year(number(4, 8))
        || is_year(number(0, 4)) && is_day_and_month(4);
    if is_long {
        Some((8, RULE))
    } else if is_day_and_month(0) && number(4, 6).is_some() {
        Some((6, RULE))
    } else {
        is_year(number(0, 4)).then_some((4, YEAR))
    }
}

#[cfg(test)]
#[path = "strength_tests.rs"]
mod tests;
