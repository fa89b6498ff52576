//! The values of the shared page and the templates that render them as HTML. The template engine
//! escapes; every drawing has a text alternative. `read` makes the values, `card` the preview image.

use askama::Template;

use crate::http::problem::Problem;

/// More would bury what is most important.
const SHORTFALLS_SHOWN: usize = 8;
/// And so many are on the page at all; so many warnings and edited scores, too.
const MOST: usize = 16;

#[derive(Debug, Default, Template)]
#[template(path = "page.html")]
pub struct PageView {
    pub url: String,
    /// The version in the URL of the preview image, so that each version is its own image.
    pub version: String,
    pub title: String,
    /// What it is for, such as `Zerg`.
    pub mode: &'static str,
    pub preset: Option<&'static str>,
    pub team: Option<String>,
    /// When it was last changed, RFC 3339.
    pub updated_at: String,
    /// Places that are not open.
    pub players: usize,
    pub open: usize,
    pub notes: String,
    pub tags: Vec<String>,
    pub shortfalls: Vec<ShortfallView>,
    pub warnings: Vec<String>,
    /// Scores that the team has edited, such as `Firebrand: stability 1 (default 3)`.
    pub edited: Vec<String>,
    /// How sure the defaults are, and the specializations of which that is so.
    pub sure: Vec<(&'static str, String)>,
    /// How many there are for each role, and should be.
    pub roles: Vec<ShownRoleCount>,
    pub squad: Vec<Bar>,
    /// In how many of its subgroups there is enough of what is done for allies.
    pub spread: Vec<Bar>,
    pub subgroups: Vec<ShownSubgroup>,
}

#[derive(Debug, Clone)]
pub struct ShortfallView {
    /// In few words: `stability in subgroup 2`.
    pub short: String,
    pub text: String,
}

/// A function of a subgroup or of the squad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    pub name: &'static str,
    pub have: u32,
    pub target: u32,
    /// In a subgroup: how many of them get enough from the others.
    pub others: Option<usize>,
}

impl Bar {
    /// How much of the target is there, in steps of 5 out of 100. Only all of it is 100, only
    /// nothing is 0.
    pub const fn step(&self) -> u32 {
        if self.have >= self.target {
            return 100;
        }
        if self.have == 0 {
            return 0;
        }
        let step = self.have * 20 / self.target * 5;
        if step == 0 { 5 } else { step }
    }

    /// The same in a word, since not everyone tells the colours apart.
    pub const fn word(&self) -> &'static str {
        match self.step() {
            0 => "none",
            100 => "enough",
            _ => "short",
        }
    }
}

#[derive(Debug, Clone)]
pub struct ShownRoleCount {
    /// The role's id, which is its icon's too.
    pub id: &'static str,
    pub name: &'static str,
    pub have: u32,
    /// Open places that are kept for it.
    pub open: u32,
    pub target: Option<u32>,
}

impl ShownRoleCount {
    pub const fn missing(&self) -> u32 {
        match self.target {
            Some(target) => target.saturating_sub(self.have),
            None => 0,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct ShownSubgroup {
    pub number: usize,
    pub name: String,
    pub slots: Vec<ShownSlot>,
    pub bars: Vec<Bar>,
}

impl ShownSubgroup {
    /// Places that are not open.
    pub fn players(&self) -> usize {
        self.slots.iter().filter(|slot| !slot.is_open()).count()
    }
}

#[derive(Debug, Clone, Default)]
pub struct ShownSlot {
    pub player: Option<String>,
    pub specialization: Option<&'static str>,
    pub profession: Option<&'static str>,
    pub role: Option<(&'static str, &'static str)>,
    pub note: String,
    pub build: ShownBuild,
}

impl ShownSlot {
    /// Whether nobody and nothing is planned for it, except a role.
    pub const fn is_open(&self) -> bool {
        self.player.is_none() && self.profession.is_none() && matches!(self.build, ShownBuild::None)
    }

    pub fn whose(&self) -> &str {
        let player = self.player.as_deref();
        player.or(self.specialization).unwrap_or("this place")
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ShownBuild {
    #[default]
    None,
    /// It is somebody's own, or gone.
    Private,
    /// Whoever sees the composition may see it.
    Shown {
        name: String,
        /// Its chat code, unless it is longer than any of the game's.
        code: Option<String>,
    },
}

impl PageView {
    /// One line for the preview: `30 players, Zerg. Lacks stability in subgroup 2`.
    pub fn summary(&self) -> String {
        let mut line = format!("{}, {}.", self.count(), self.mode);
        if self.players > 0 && self.shortfalls.is_empty() {
            line.push_str(" Lacks nothing.");
        }
        if !self.shortfalls.is_empty() {
            let more = match self.shortfalls.len() {
                rest @ 4.. => format!(" and {} more", rest - 3),
                _ => String::new(),
            };
            line = [&line, " Lacks ", &self.worst(3), &more, "."].concat();
        }
        line
    }

    /// How many players there are, such as `1 player`.
    pub fn count(&self) -> String {
        let plural = if self.players == 1 { "" } else { "s" };
        format!("{} player{plural}", self.players)
    }

    /// The first `most` shortfalls in few words.
    pub fn worst(&self, most: usize) -> String {
        let worst = self.shortfalls.iter().take(most);
        let worst: Vec<&str> = worst.map(|it| it.short.as_str()).collect();
        worst.join(", ")
    }

    /// The time of the last change for people, to the minute.
    pub fn updated(&self) -> String {
        let date = self.updated_at.get(..10).unwrap_or_default();
        let time = self.updated_at.get(11..16).unwrap_or_default();
        format!("{date} {time} UTC")
    }

    /// What is shown of what it lacks at once, and what is folded away.
    pub fn shortfalls_shown(&self) -> (&[ShortfallView], &[ShortfallView]) {
        let shortfalls = &self.shortfalls[..self.shortfalls.len().min(MOST)];
        shortfalls.split_at(shortfalls.len().min(SHORTFALLS_SHOWN))
    }

    pub const fn beyond(count: usize) -> usize {
        count.saturating_sub(MOST)
    }

    /// As much of a list as is shown.
    pub fn first(list: &[String]) -> &[String] {
        &list[..list.len().min(MOST)]
    }

    pub fn html(&self) -> Result<String, Problem> {
        self.render().map_err(Problem::internal)
    }
}

/// Truncates a text to `most` bytes of HTML, with an ellipsis where something is left out: a
/// page has fifty names and notes.
pub fn clip(text: &str, most: usize) -> String {
    let mut size = 0;
    let mut fits = |letter: char| {
        size += match letter {
            '<' | '>' | '&' | '"' | '\'' => "&#60;".len(),
            letter => letter.len_utf8(),
        };
        size <= most
    };
    match text.find(|letter| !fits(letter)) {
        None => text.to_owned(),
        Some(end) => [text[..end].trim_end(), "…"].concat(),
    }
}

#[derive(Template)]
#[template(path = "missing.html")]
struct Missing;

/// The page of a link that leads nowhere, be it withdrawn or made up.
pub fn missing() -> Result<String, Problem> {
    Missing.render().map_err(Problem::internal)
}

#[cfg(test)]
mod tests;
