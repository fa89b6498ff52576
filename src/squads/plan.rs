//! A composition's document as those who add it up read it.
//! Promises to read what `compositions` has rendered, and no more of it than is needed.
//! Leaves rules for what may be in it to `compositions`.

use std::borrow::Cow;

use serde::Deserialize;

/// A composition.
#[derive(Debug, Clone, Deserialize)]
pub struct Plan<'a> {
    /// Its id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Its name.
    pub name: Cow<'a, str>,
    /// The kind of squad that it is to be.
    pub preset: Option<Cow<'a, str>>,
    /// Its subgroups.
    pub subgroups: Vec<Subgroup<'a>>,
}

/// A subgroup.
#[derive(Debug, Clone, Deserialize)]
pub struct Subgroup<'a> {
    /// Its name; may be empty.
    #[serde(borrow, default)]
    pub name: Cow<'a, str>,
    /// Its places.
    pub slots: Vec<Slot<'a>>,
}

/// A place in a subgroup.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Slot<'a> {
    /// Who takes it, by name.
    #[serde(borrow)]
    pub player: Option<Cow<'a, str>>,
    /// Who takes it, by the id in the team's roster.
    pub player_id: Option<Cow<'a, str>>,
    /// What they play, as a build.
    pub build_id: Option<Cow<'a, str>>,
    /// What they play, as a specialization.
    pub specialization: Option<u8>,
    /// What they are there for: an id of `GET /game/roles`.
    pub role: Option<Cow<'a, str>>,
}

impl<'a> Plan<'a> {
    /// Reads a document.
    pub fn parse(document: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(document)
    }

    /// All places with the numbers of their subgroup and of themselves, from 0.
    pub fn slots(&self) -> impl Iterator<Item = (usize, usize, &Slot<'a>)> {
        let subgroups = self.subgroups.iter().enumerate();
        subgroups.flat_map(|(group, subgroup)| {
            let slots = subgroup.slots.iter().enumerate();
            slots.map(move |(place, slot)| (group, place, slot))
        })
    }
}

impl Slot<'_> {
    /// Whether nobody is in it, and nothing is said of what they would play.
    pub const fn is_open(&self) -> bool {
        self.player.is_none()
            && self.player_id.is_none()
            && self.build_id.is_none()
            && self.specialization.is_none()
    }
}
